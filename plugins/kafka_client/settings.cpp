#include "plugins/kafka_client/settings.hpp"

#include <millrace/failure.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <numeric>

namespace millrace::kafka_client {
namespace {

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = std::exchange(row[j + 1], std::min({replaced, row[j] + 1, row[j + 1] + 1}));
    }
  }
  return row[b.size()];
}

// Passwords pass through here, so a value is shown only where the name says that it is none.
bool is_secret(std::string_view name) {
  static constexpr std::array<std::string_view, 7> kParts = {"password", "secret",      "key.pem",           "token",
                                                             "username", "jaas.config", "oauthbearer.config"};
  return std::ranges::any_of(kParts, [&](std::string_view part) { return name.find(part) != std::string_view::npos; });
}

void set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> text{};
  const rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text.data(), text.size());
  if (result == RD_KAFKA_CONF_UNKNOWN) {
    const std::string near = nearest_setting(name);
    throw invalid("settings: librdkafka has no setting '" + name + "'" +
                  (near.empty() ? "" : "; did you mean '" + near + "'?"));
  }
  if (result != RD_KAFKA_CONF_OK) {
    throw invalid("settings: " + name +
                  (is_secret(name) ? " has a value that librdkafka refuses" : " = '" + value + "': " + text.data()));
  }
}

void log(const rd_kafka_t* client, int level, const char*, const char* text) {
  const Host& host = *static_cast<const Host*>(rd_kafka_opaque(client));
  if (level <= 4) {
    host.warn("librdkafka: " + std::string(text));
  } else if (level <= 6) {
    host.info("librdkafka: " + std::string(text));
  } else {
    host.debug("librdkafka: " + std::string(text));
  }
}

} // namespace

std::string nearest(std::string_view name, const std::vector<std::string_view>& known) {
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 4) + 1;
  for (const std::string_view each : known) {
    if (const std::size_t d = distance(name, each); d < best_distance) {
      best_distance = d;
      best = each;
    }
  }
  return std::string(best);
}

std::string nearest_setting(std::string_view name) {
  const Conf conf(rd_kafka_conf_new());
  std::size_t count = 0;
  const char** all = rd_kafka_conf_dump(conf.get(), &count);
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < count; i += 2) {
    names.emplace_back(all[i]);
  }
  std::string best = nearest(name, names);
  rd_kafka_conf_dump_free(all, count);
  return best;
}

Conf make_conf(std::span<const Shipped> shipped, std::span<const Refused> refused, const Given& given,
               const Host& logger) {
  Conf conf(rd_kafka_conf_new());
  // Nobody asked for a client's own figures to be sent to the brokers, and their last push holds a stop up by a second.
  // Known since librdkafka 2.5.
  rd_kafka_conf_set(conf.get(), "enable.metrics.push", "false", nullptr, 0);
  for (const Shipped& setting : shipped) {
    set(conf.get(), std::string(setting.name), setting.value);
  }
  for (const auto& [name, value] : given) {
    const auto no = std::ranges::find(refused, name, &Refused::name);
    if (no != refused.end()) {
      throw invalid("settings: '" + name + "' cannot be set: " + std::string(no->why));
    }
    const auto own = std::ranges::find(shipped, name, &Shipped::name);
    if (own != shipped.end() && !own->why.empty() && own->value != value) {
      throw invalid("settings: " + name + " = '" + value + "' is refused, it stays '" + own->value +
                    "': " + std::string(own->why));
    }
    set(conf.get(), name, value);
  }
  rd_kafka_conf_set_opaque(conf.get(), const_cast<Host*>(&logger));
  rd_kafka_conf_set_log_cb(conf.get(), &log);
  return conf;
}

} // namespace millrace::kafka_client
