#include "plugins/sink_kafka/sink.hpp"

#include "plugins/sink_kafka/topics.hpp"

#include <millrace/failure.hpp>
#include <millrace/targets.hpp>

#include <algorithm>
#include <string>

namespace millrace::sink_kafka {
namespace {

// One try of start. The engine tries again with backoff, and the connection is made in the background meanwhile.
constexpr std::chrono::milliseconds kStartLimit(1'000);

void check_name(std::string_view topic) {
  const bool legal =
      !topic.empty() && topic.size() <= 249 && topic != "." && topic != ".." && std::ranges::all_of(topic, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-';
      });
  if (!legal) {
    throw invalid("'" + std::string(topic) +
                  "' is no name of a topic: letters, digits, '.', '_' and '-', at most 249 of them");
  }
}

Partitioner partitioner_for(const mr_target& target) {
  const std::string_view name = property(target, kPartitioner).value_or(kDefaultPartitioner);
  const std::optional<Partitioner> found = partitioner_of(name);
  if (!found) {
    throw invalid("topic '" + copy(target.name) + "': there is no partitioner '" + std::string(name) + "'; there are " +
                  std::string(kPartitioners));
  }
  return *found;
}

} // namespace

Sink::Sink(Host host, const Config& config)
    : host_(host), settings_(read_settings(config)), post_(settings_, host_), maker_(settings_, host_) {
  producer_conf(settings_, false, host_); // so that a wrong setting is found without a broker
}

void Sink::start() {
  say_what_is_there();
  post_.start(kStartLimit);
}

// Topics that are there count among those of which there may be `at most N`.
void Sink::say_what_is_there() {
  const mr_host_names* const names = host_.names();
  if (names == nullptr) {
    return;
  }
  const std::int64_t limit_ns = std::chrono::nanoseconds(kStartLimit).count();
  const std::vector<std::string> all = list_topics(settings_, host_, host_.now_ns() + limit_ns);
  maker_.know(all);
  std::vector<mr_str> texts;
  for (const std::string& name : all) {
    texts.push_back(str(name));
  }
  names->there(host_.raw(), texts.data(), texts.size());
}

void Sink::bind(std::uint32_t id, const mr_target& target) {
  check_name(view(target.name));
  if (property(target, kAtMost)) {
    maker_.want(wanted_of(target));
  }
  post_.bind(id, copy(target.name), partitioner_for(target));
  bound_.insert(id);
}

void Sink::unbind(std::uint32_t id) {
  bound_.erase(id);
  post_.unbind(id);
}

void Sink::write(const mr_delivery& delivery) {
  for (const mr_part& part : std::span(delivery.parts, delivery.part_count)) {
    if (part.count != 0 && part.messages == nullptr) {
      throw fatal("delivery " + std::to_string(delivery.id) + " holds rows; a topic takes messages");
    }
    if (!bound_.contains(part.target)) {
      throw fatal("delivery " + std::to_string(delivery.id) + " names target " + std::to_string(part.target) +
                  ", which is not bound");
    }
  }
  post_.accept(delivery);
}

void Sink::stop() {
  post_.stop(settings_.flush_timeout);
  maker_.stop();
}

void Sink::interrupt() { post_.hurry(); }

void Sink::check(std::span<const mr_target> targets, std::int64_t deadline_ns, const mr_findings& findings) {
  check_topics(cluster_, settings_, host_, targets, deadline_ns, findings);
}

void Sink::apply(std::span<const mr_target> targets, bool run, std::int64_t deadline_ns, const mr_steps& steps,
                 const mr_findings& findings) {
  apply_topics(settings_, host_, targets, run, deadline_ns, steps, findings);
}

} // namespace millrace::sink_kafka
