// The engine as a plugin in C++ sees it. A small value around the mr_host that create was given; valid until destroy
// returns.
#pragma once

#include <millrace/ext/claims.h>
#include <millrace/ext/draft/names.h>
#include <millrace/ext/draft/ruleset.h>
#include <millrace/ext/draft/streams.h>
#include <millrace/ext/metrics.h>
#include <millrace/text.hpp>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

// A metric by handle. Where the engine offers no metrics it does nothing.
class Metric {
 public:
  Metric() = default;
  Metric(const mr_host* host, const mr_host_metrics* calls, std::uint32_t handle)
      : host_(host), calls_(calls), handle_(handle) {}
  // [any] Counters and gauges: add. Histograms: observe.
  void add(double value = 1) const {
    if (calls_ != nullptr) {
      calls_->add(host_, handle_, value);
    }
  }
  // [any] Gauges.
  void set(double value) const {
    if (calls_ != nullptr) {
      calls_->set(host_, handle_, value);
    }
  }

 private:
  const mr_host* host_ = nullptr;
  const mr_host_metrics* calls_ = nullptr;
  std::uint32_t handle_ = 0;
};

class Host {
 public:
  using Field = std::pair<std::string_view, std::string_view>;

  explicit Host(const mr_host* host) : host_(host) {}
  const mr_host* raw() const noexcept { return host_; }

  std::string_view pipeline() const { return view(host_->pipeline); }
  std::string_view instance() const { return view(host_->instance); }
  std::string_view worker() const { return view(host_->worker); }
  std::string_view owner() const { return view(host_->owner); }

  // [any] NULL where the engine does not offer it.
  template <class Calls>
  const Calls* extension(const char* id) const {
    return static_cast<const Calls*>(host_->extension(host_, id));
  }
  const mr_host_claims* claims() const { return extension<mr_host_claims>(MR_CLAIMS); }
  const mr_host_names* names() const { return extension<mr_host_names>(MR_NAMES); }
  const mr_host_streams* streams() const { return extension<mr_host_streams>(MR_STREAMS); }
  const mr_host_ruleset* ruleset() const { return extension<mr_host_ruleset>(MR_RULESET); }

  // [any] Monotonic nanoseconds, UTC microseconds.
  std::int64_t now_ns() const { return host_->now_ns(host_); }
  std::int64_t time_us() const { return host_->time_us(host_); }

  // [any]
  void wake() const { host_->wake(host_, 0); }
  void wake_at(std::int64_t at_ns) const { host_->wake(host_, at_ns); }
  void failed(std::string_view text, std::int32_t detail = 0) const {
    mr_error error{};
    write_error(&error, text, detail);
    host_->failed(host_, &error);
  }

  // [any] routers: 0 is "not granted", or refused, with a text.
  std::uint32_t target(const mr_target& target, mr_error& error) const { return host_->target(host_, &target, &error); }

  // [any] sinks: once per accepted write.
  void complete(std::uint64_t delivery, std::uint32_t rest, std::span<const mr_outcome> exceptions = {},
                std::string_view text = {}, std::int32_t detail = 0) const {
    mr_error error{};
    write_error(&error, text, detail);
    host_->complete(host_, delivery, rest, exceptions.data(), exceptions.size(), &error);
  }

  // [any] An event sentence plus fields: host.warn("the broker closed the connection", {{"broker", name}}).
  void debug(std::string_view text, std::initializer_list<Field> fields = {}) const { log(MR_LOG_DEBUG, text, fields); }
  void info(std::string_view text, std::initializer_list<Field> fields = {}) const { log(MR_LOG_INFO, text, fields); }
  void warn(std::string_view text, std::initializer_list<Field> fields = {}) const { log(MR_LOG_WARN, text, fields); }
  void error(std::string_view text, std::initializer_list<Field> fields = {}) const { log(MR_LOG_ERROR, text, fields); }

  // Names carry their unit: "acked_total", "commit_seconds".
  Metric counter(const char* name, const char* help, std::initializer_list<Field> labels = {}) const {
    return metric(MR_COUNTER, name, help, labels, {});
  }
  Metric gauge(const char* name, const char* help, std::initializer_list<Field> labels = {}) const {
    return metric(MR_GAUGE, name, help, labels, {});
  }
  Metric histogram(const char* name, const char* help, std::span<const double> bounds,
                   std::initializer_list<Field> labels = {}) const {
    return metric(MR_HISTOGRAM, name, help, labels, bounds);
  }

 private:
  static std::vector<mr_pair> pairs(std::initializer_list<Field> fields) {
    std::vector<mr_pair> out;
    out.reserve(fields.size());
    for (const Field& field : fields) {
      out.push_back({str(field.first), str(field.second)});
    }
    return out;
  }
  void log(std::uint32_t level, std::string_view text, std::initializer_list<Field> fields) const {
    const std::vector<mr_pair> all = pairs(fields);
    host_->log(host_, level, str(text), all.data(), all.size());
  }
  Metric metric(std::uint32_t kind, const char* name, const char* help, std::initializer_list<Field> labels,
                std::span<const double> bounds) const {
    const auto* calls = extension<mr_host_metrics>(MR_METRICS);
    if (calls == nullptr) {
      return {};
    }
    const std::vector<mr_pair> all = pairs(labels);
    return {host_, calls, calls->metric(host_, kind, name, help, all.data(), all.size(), bounds.data(), bounds.size())};
  }

  const mr_host* host_;
};

} // namespace millrace
