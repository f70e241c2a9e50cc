// A fake engine for plugin tests. Host answers the [any] calls of one instance, records them, and checks that the
// plugin keeps the contract; Source, Sink and Router (below) drive an instance of each kind and add their own checks.
// What the plugin did wrong stands in violations(), each with the rule it breaks.
#pragma once

#include <millrace/ext/claims.h>
#include <millrace/ext/draft/names.h>
#include <millrace/ext/draft/ruleset.h>
#include <millrace/ext/draft/streams.h>
#include <millrace/ext/metrics.h>
#include <millrace/plugin.h>
#include <millrace/text.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace::testing {

// Text of a violation goes here; shared by the drivers of one instance.
class Violations {
 public:
  void add(std::string text) {
    const std::lock_guard lock(mutex_);
    texts_.push_back(std::move(text));
  }
  std::vector<std::string> all() const {
    const std::lock_guard lock(mutex_);
    return texts_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> texts_;
};

struct Outcome {
  std::uint32_t part = 0;
  std::uint32_t record = 0;
  std::uint32_t outcome = 0;
  std::string code, text, rule, path;
};

struct Completion {
  std::uint64_t delivery = 0;
  std::uint32_t rest = 0;
  std::vector<Outcome> exceptions;
  std::string error;
};

struct Claim {
  std::string stream;
  std::int32_t partition = 0;
  std::uint64_t own = 0;
  std::uint64_t own_mark = 0;
};

struct Release {
  std::string stream;
  std::int32_t partition = 0;
  bool lost = false;
};

struct Target {
  std::string sink, name;
  std::uint32_t form = 0, flags = 0;
  std::map<std::string, std::string> properties;
  const ArrowSchema* schema = nullptr;
};

// One per instance. All [any] calls are safe from any thread. The clock is the real one until set_now_ns is called.
class Host {
 public:
  explicit Host(std::string instance = "test") : instance_(std::move(instance)) {
    host_.context = this;
    host_.pipeline = str(pipeline_);
    host_.instance = str(instance_);
    host_.worker = str(worker_);
    host_.owner = str(owner_);
    host_.extension = &Host::extension;
    host_.log = [](const mr_host* host, std::uint32_t level, mr_str text, const mr_pair* fields, std::size_t count) {
      Host& self = of(host);
      std::string line = std::to_string(level) + " " + copy(text);
      for (const mr_pair& field : std::span(fields, count)) {
        line += " " + copy(field.key) + "=" + copy(field.value);
      }
      const std::lock_guard lock(self.mutex_);
      self.log_.push_back(std::move(line));
    };
    host_.now_ns = [](const mr_host* host) { return of(host).now_ns(); };
    host_.time_us = [](const mr_host* host) -> std::int64_t {
      Host& self = of(host);
      const std::lock_guard lock(self.mutex_);
      return self.time_us_.value_or(
          std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
              .count());
    };
    host_.wake = [](const mr_host* host, std::int64_t at_ns) {
      Host& self = of(host);
      const std::lock_guard lock(self.mutex_);
      self.wake_at_ = self.wake_at_ ? std::min(*self.wake_at_, at_ns) : at_ns;
      self.changed_.notify_all();
    };
    host_.target = [](const mr_host* host, const mr_target* target, mr_error* error) -> std::uint32_t {
      Host& self = of(host);
      const std::lock_guard lock(self.mutex_);
      if (self.refused_targets_.contains(copy(target->name))) {
        write_error(error, "target '" + copy(target->name) + "' is not granted");
        return 0;
      }
      Target kept{copy(target->sink), copy(target->name), target->form, target->flags, {}, target->schema};
      for (const mr_pair& pair : std::span(target->properties, target->property_count)) {
        kept.properties[copy(pair.key)] = copy(pair.value);
      }
      for (std::size_t i = 0; i < self.targets_.size(); ++i) {
        const Target& known = self.targets_[i];
        if (known.sink == kept.sink && known.name == kept.name && known.form == kept.form &&
            known.properties == kept.properties) {
          return static_cast<std::uint32_t>(i + 1);
        }
      }
      self.targets_.push_back(std::move(kept));
      return static_cast<std::uint32_t>(self.targets_.size());
    };
    host_.failed = [](const mr_host* host, const mr_error* error) {
      Host& self = of(host);
      const std::lock_guard lock(self.mutex_);
      self.failures_.emplace_back(error->text);
      self.changed_.notify_all();
    };
    host_.complete = [](const mr_host* host, std::uint64_t delivery, std::uint32_t rest, const mr_outcome* outcomes,
                        std::size_t count, const mr_error* error) {
      of(host).completed(delivery, rest, {outcomes, count}, error);
    };
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  const mr_host* get() const noexcept { return &host_; }
  Violations& violations() noexcept { return violations_; }

  // Injected time: from the first call on the clock stands still between calls.
  void set_now_ns(std::int64_t now) {
    const std::lock_guard lock(mutex_);
    now_ns_ = now;
  }
  void set_time_us(std::int64_t time) {
    const std::lock_guard lock(mutex_);
    time_us_ = time;
  }
  std::int64_t now_ns() const {
    const std::lock_guard lock(mutex_);
    return now_ns_.value_or(
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
            .count());
  }

  void refuse_target(const std::string& name) {
    const std::lock_guard lock(mutex_);
    refused_targets_.insert(name);
  }
  void set_streams(std::vector<std::string> streams) {
    const std::lock_guard lock(mutex_);
    streams_.assign(streams.begin(), streams.end());
  }
  // Whether the engine offers claims/1 (it does by default).
  void offer_claims(bool offer) { offer_claims_ = offer; }

  // Waits until `ready` holds after some call of the plugin; false when `limit` passed. The limit is a safety net, not
  // a pace.
  template <class Ready>
  bool wait(Ready ready, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, ready);
  }
  // True when a wake is due; forgets it.
  bool wait_wake(std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    std::unique_lock lock(mutex_);
    const bool woken = changed_.wait_for(lock, limit, [this] { return wake_at_.has_value(); });
    wake_at_.reset();
    return woken;
  }
  std::optional<std::int64_t> take_wake() {
    const std::lock_guard lock(mutex_);
    return std::exchange(wake_at_, std::nullopt);
  }
  // The completion of a delivery; empty when `limit` passed.
  std::optional<Completion> wait_complete(std::uint64_t delivery,
                                          std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, limit, [&] { return completions_.contains(delivery); })) {
      return std::nullopt;
    }
    return completions_.at(delivery);
  }
  std::optional<Claim> wait_claim(std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    return pop(claims_, limit);
  }
  std::optional<Release> wait_release(std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    return pop(releases_, limit);
  }

  std::vector<std::string> log() const {
    const std::lock_guard lock(mutex_);
    return log_;
  }
  bool logged(std::string_view part) const {
    const std::lock_guard lock(mutex_);
    for (const std::string& line : log_) {
      if (line.find(part) != std::string::npos) {
        return true;
      }
    }
    return false;
  }
  std::vector<std::string> failures() const {
    const std::lock_guard lock(mutex_);
    return failures_;
  }
  std::vector<Target> targets() const {
    const std::lock_guard lock(mutex_);
    return targets_;
  }
  // From now on there is millrace.names/1, and what the sink says by it.
  void offer_names() { offer_names_ = true; }
  std::set<std::string> names_there() const {
    const std::lock_guard lock(mutex_);
    return names_there_;
  }
  std::vector<std::string> declared_streams() const {
    const std::lock_guard lock(mutex_);
    return {streams_.begin(), streams_.end()};
  }
  std::vector<std::string> diagnostics() const {
    const std::lock_guard lock(mutex_);
    return diagnostics_;
  }
  // The value of a metric by name, or name{label=value,…}; 0 when it was never touched.
  double metric(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto found = metric_handles_.find(name);
    return found == metric_handles_.end() ? 0 : metric_values_[found->second - 1];
  }
  bool has_metric(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    return metric_handles_.contains(name);
  }

  // Sinks: which deliveries are open, so that `complete` can be checked. Used by the Sink driver.
  void opened(std::uint64_t delivery) {
    const std::lock_guard lock(mutex_);
    open_.insert(delivery);
  }
  void refused(std::uint64_t delivery) {
    const std::lock_guard lock(mutex_);
    open_.erase(delivery);
  }
  std::size_t open_deliveries() const {
    const std::lock_guard lock(mutex_);
    return open_.size();
  }

 private:
  static Host& of(const mr_host* host) { return *static_cast<Host*>(host->context); }

  void completed(std::uint64_t delivery, std::uint32_t rest, std::span<const mr_outcome> outcomes,
                 const mr_error* error) {
    Completion done{delivery, rest, {}, error == nullptr ? "" : error->text};
    if (rest < MR_RECORD_OK || rest > MR_RECORD_MOVED) {
      violations_.add("complete(" + std::to_string(delivery) + "): rest " + std::to_string(rest) + " is no outcome");
    }
    for (const mr_outcome& outcome : outcomes) {
      if (outcome.outcome < MR_RECORD_OK || outcome.outcome > MR_RECORD_STORED_DEAD) {
        violations_.add("complete(" + std::to_string(delivery) + "): outcome " + std::to_string(outcome.outcome) +
                        " is not one of a record");
      }
      done.exceptions.push_back({outcome.part, outcome.record, outcome.outcome, copy(outcome.reason.code),
                                 copy(outcome.reason.text), copy(outcome.reason.rule), copy(outcome.reason.path)});
    }
    const std::lock_guard lock(mutex_);
    if (open_.erase(delivery) == 0) {
      violations_.add("complete(" + std::to_string(delivery) + "): no such delivery is open (completed twice?)");
      return;
    }
    completions_.emplace(delivery, std::move(done));
    changed_.notify_all();
  }

  template <class Item>
  std::optional<Item> pop(std::deque<Item>& queue, std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, limit, [&] { return !queue.empty(); })) {
      return std::nullopt;
    }
    Item item = std::move(queue.front());
    queue.pop_front();
    return item;
  }

  static const void* extension(const mr_host* host, const char* id) {
    static constexpr mr_host_claims claims{
        [](const mr_host* of_host, mr_str stream, std::int32_t partition, std::uint64_t own, std::uint64_t own_mark) {
          Host& self = of(of_host);
          const std::lock_guard lock(self.mutex_);
          self.claims_.push_back({copy(stream), partition, own, own_mark});
          self.changed_.notify_all();
        },
        [](const mr_host* of_host, mr_str stream, std::int32_t partition, std::uint32_t lost) {
          Host& self = of(of_host);
          const std::lock_guard lock(self.mutex_);
          self.releases_.push_back({copy(stream), partition, lost != 0});
          self.changed_.notify_all();
        }};
    static constexpr mr_host_streams streams{[](const mr_host* of_host, const mr_str* declared, std::size_t count) {
                                               Host& self = of(of_host);
                                               const std::lock_guard lock(self.mutex_);
                                               for (const mr_str stream : std::span(declared, count)) {
                                                 self.streams_.push_back(copy(stream));
                                               }
                                             },
                                             [](const mr_host* of_host, mr_str* out, std::size_t max) -> std::size_t {
                                               Host& self = of(of_host);
                                               const std::lock_guard lock(self.mutex_);
                                               for (std::size_t i = 0; i < self.streams_.size() && i < max; ++i) {
                                                 out[i] = str(self.streams_[i]);
                                               }
                                               return self.streams_.size();
                                             }};
    static constexpr mr_host_ruleset ruleset{[](const mr_host* of_host, const mr_diagnostic* diagnostic) {
      Host& self = of(of_host);
      const std::lock_guard lock(self.mutex_);
      self.diagnostics_.push_back(copy(diagnostic->rendered));
    }};
    static constexpr mr_host_metrics metrics{
        [](const mr_host* of_host, std::uint32_t, const char* name, const char*, const mr_pair* labels,
           std::size_t count, const double*, std::size_t) -> std::uint32_t {
          Host& self = of(of_host);
          std::string key = name;
          for (std::size_t i = 0; i < count; ++i) {
            key += (i == 0 ? "{" : ",") + copy(labels[i].key) + "=" + copy(labels[i].value);
          }
          key += count == 0 ? "" : "}";
          const std::lock_guard lock(self.mutex_);
          const auto [found, added] =
              self.metric_handles_.emplace(key, static_cast<std::uint32_t>(self.metric_values_.size() + 1));
          if (added) {
            self.metric_values_.push_back(0);
          }
          return found->second;
        },
        [](const mr_host* of_host, std::uint32_t handle, double value) {
          Host& self = of(of_host);
          const std::lock_guard lock(self.mutex_);
          if (handle > 0 && handle <= self.metric_values_.size()) {
            self.metric_values_[handle - 1] += value;
            self.changed_.notify_all();
          }
        },
        [](const mr_host* of_host, std::uint32_t handle, double value) {
          Host& self = of(of_host);
          const std::lock_guard lock(self.mutex_);
          if (handle > 0 && handle <= self.metric_values_.size()) {
            self.metric_values_[handle - 1] = value;
            self.changed_.notify_all();
          }
        }};
    if (std::strcmp(id, MR_CLAIMS) == 0) {
      return of(host).offer_claims_ ? &claims : nullptr;
    }
    static constexpr mr_host_names names{[](const mr_host* of_host, const mr_str* there, std::size_t count) {
      Host& self = of(of_host);
      const std::lock_guard lock(self.mutex_);
      for (const mr_str& name : std::span(there, count)) {
        self.names_there_.insert(copy(name));
      }
    }};
    if (std::strcmp(id, MR_NAMES) == 0) {
      return of(host).offer_names_ ? &names : nullptr;
    }
    if (std::strcmp(id, MR_STREAMS) == 0) {
      return &streams;
    }
    if (std::strcmp(id, MR_RULESET) == 0) {
      return &ruleset;
    }
    if (std::strcmp(id, MR_METRICS) == 0) {
      return &metrics;
    }
    return nullptr;
  }

  std::string pipeline_ = "test";
  std::string worker_ = "test/0";
  std::string owner_ = "host:1:test/0";
  std::string instance_;
  mr_host host_{};
  Violations violations_;
  std::atomic<bool> offer_claims_ = true;
  std::atomic<bool> offer_names_ = false;

  mutable std::mutex mutex_; // guards all below
  std::condition_variable changed_;
  std::optional<std::int64_t> now_ns_;
  std::optional<std::int64_t> time_us_;
  std::optional<std::int64_t> wake_at_;
  std::vector<std::string> log_;
  std::vector<std::string> failures_;
  std::vector<std::string> diagnostics_;
  std::vector<Target> targets_;
  std::set<std::string> refused_targets_;
  std::set<std::string> names_there_;
  std::deque<std::string> streams_; // texts stay where they are while more are declared
  std::deque<Claim> claims_;
  std::deque<Release> releases_;
  std::set<std::uint64_t> open_;
  std::map<std::uint64_t, Completion> completions_;
  std::map<std::string, std::uint32_t> metric_handles_;
  std::vector<double> metric_values_;
};

} // namespace millrace::testing
