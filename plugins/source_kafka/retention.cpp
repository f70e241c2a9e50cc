#include "plugins/source_kafka/retention.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace millrace::source_kafka {
namespace {

constexpr std::int64_t kMinuteNs = 60'000'000'000;
constexpr std::int64_t kAskEveryNs = 5 * kMinuteNs;
constexpr std::int64_t kAskAgainNs = kMinuteNs; // after an answer without all that was asked for
constexpr int kTimeoutMs = 10'000;

using Resource = std::unique_ptr<rd_kafka_ConfigResource_t, kafka_client::Releases<rd_kafka_ConfigResource_destroy>>;

} // namespace

void Retention::look_after(const std::set<std::string>& topics, std::int64_t now_ns) {
  const bool all_known = std::ranges::all_of(topics, [this](const auto& topic) { return known_.contains(topic); });
  if (asking_ || topics.empty() || (all_known && now_ns < ask_at_ns_)) {
    return;
  }
  asking_ = true;
  ask(topics);
}

void Retention::ask(const std::set<std::string>& topics) {
  std::vector<Resource> resources;
  std::vector<rd_kafka_ConfigResource_t*> asked;
  for (const std::string& topic : topics) {
    known_.try_emplace(topic);
    asked.push_back(resources.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str())).get());
  }
  const kafka_client::AdminOptions options(rd_kafka_AdminOptions_new(client_, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS));
  std::array<char, 128> text{};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), kTimeoutMs, text.data(), text.size());
  rd_kafka_DescribeConfigs(client_, asked.data(), asked.size(), options.get(), queue_);
}

void Retention::take(rd_kafka_event_t* event, std::int64_t now_ns) {
  asking_ = false;
  any_refused_ = false;
  if (const rd_kafka_resp_err_t error = rd_kafka_event_error(event); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    refused(rd_kafka_event_error_string(event));
  } else {
    std::size_t count = 0;
    const rd_kafka_ConfigResource_t** answered =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &count);
    for (const rd_kafka_ConfigResource_t* topic : std::span(answered, count)) {
      take_topic(*topic);
    }
    told_ = told_ && any_refused_;
  }
  ask_at_ns_ = now_ns + (any_refused_ ? kAskAgainNs : kAskEveryNs);
}

void Retention::take_topic(const rd_kafka_ConfigResource_t& answered) {
  const std::string topic = rd_kafka_ConfigResource_name(&answered);
  if (rd_kafka_ConfigResource_error(&answered) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* text = rd_kafka_ConfigResource_error_string(&answered);
    refused("topic '" + topic + "': " +
            (text == nullptr ? kafka_client::text_of(rd_kafka_ConfigResource_error(&answered)) : std::string(text)));
    return;
  }
  std::size_t count = 0;
  const rd_kafka_ConfigEntry_t** entries = rd_kafka_ConfigResource_configs(&answered, &count);
  std::map<std::string, std::string, std::less<>> settings;
  for (const rd_kafka_ConfigEntry_t* entry : std::span(entries, count)) {
    if (const char* value = rd_kafka_ConfigEntry_value(entry); value != nullptr) {
      settings.emplace(rd_kafka_ConfigEntry_name(entry), value);
    }
  }
  known_[topic] = retention_of(settings);
}

// What was known stays: a cluster that does not answer for a while does not change its topics by that.
void Retention::refused(const std::string& text) {
  any_refused_ = true;
  if (!std::exchange(told_, true)) {
    host_.warn(
        "the cluster does not tell how long topics keep their records, so `millrace_retention_left_seconds` is "
        "not known; the right DESCRIBE_CONFIGS on them lets it",
        {{"reason", text}});
  }
}

std::optional<std::int64_t> Retention::of(std::string_view topic) const {
  const auto found = known_.find(topic);
  return found == known_.end() ? std::nullopt : found->second;
}

std::optional<std::int64_t> retention_of(const std::map<std::string, std::string, std::less<>>& settings) {
  const auto policy = settings.find("cleanup.policy");
  const auto retention = settings.find("retention.ms");
  if (retention == settings.end() || (policy != settings.end() && policy->second.find("delete") == std::string::npos)) {
    return std::nullopt;
  }
  const std::string& text = retention->second;
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && out >= 0 ? std::optional(out) : std::nullopt;
}

double seconds_left(std::int64_t retention_ms, std::int64_t record_ms, std::int64_t now_ms) {
  return std::max(
      0.0, (static_cast<double>(record_ms) + static_cast<double>(retention_ms) - static_cast<double>(now_ms)) * 1e-3);
}

} // namespace millrace::source_kafka
