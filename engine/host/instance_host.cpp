#include "engine/host/instance_host.hpp"

#include <fmt/format.h>
#include <millrace/ext/claims.h>
#include <millrace/ext/draft/names.h>
#include <millrace/ext/draft/ruleset.h>
#include <millrace/ext/draft/streams.h>
#include <millrace/ext/metrics.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

#include "engine/modules/text.hpp"

namespace millrace::host {
namespace {

using modules::view;
mr_str str(const std::string& text) { return {text.data(), text.size()}; }

void say(mr_error* error, std::string_view text) {
  if (error == nullptr) {
    return;
  }
  error->detail = 0;
  const std::size_t size = std::min(text.size(), sizeof(error->text) - 1);
  std::memcpy(error->text, text.data(), size);
  error->text[size] = '\0';
}

} // namespace

// None of them lets an exception out: what cannot be done for lack of memory is not done.
struct InstanceHost::Calls {
  static InstanceHost& of(const mr_host* host) { return *static_cast<InstanceHost*>(host->context); }

  template <class Call>
  static void quietly(Call call) {
    try {
      call();
    } catch (const std::exception&) {
    }
  }

  static const void* extension(const mr_host* host, const char* id) {
    static constexpr mr_host_metrics kMetrics{metric, add, set};
    static constexpr mr_host_claims kClaims{claim, release};
    static constexpr mr_host_streams kStreams{declare, list};
    static constexpr mr_host_ruleset kRuleset{diagnose};
    static constexpr mr_host_names kNames{there};
    const std::uint32_t kind = of(host).identity_.kind;
    if (id == nullptr) {
      return nullptr;
    }
    const std::string_view wanted = id;
    if (wanted == MR_METRICS) {
      return &kMetrics;
    }
    if (wanted == MR_CLAIMS && kind == MR_SOURCE) {
      return &kClaims;
    }
    if (wanted == MR_STREAMS && kind != MR_SINK) {
      return &kStreams;
    }
    if (wanted == MR_NAMES && kind == MR_SINK && of(host).surroundings_.targets != nullptr) {
      return &kNames;
    }
    return wanted == MR_RULESET && kind == MR_ROUTER ? &kRuleset : nullptr;
  }

  static void log(const mr_host* host, std::uint32_t level, mr_str text, const mr_pair* fields, std::size_t count) {
    quietly([&] {
      InstanceHost& self = of(host);
      std::vector<std::string> values;
      std::vector<LogField> masked;
      values.reserve(count);
      for (const mr_pair& field : std::span(fields, fields == nullptr ? 0 : count)) {
        values.push_back(self.masked(view(field.value)));
        masked.push_back({view(field.key), values.back()});
      }
      self.log(std::clamp<std::uint32_t>(level, MR_LOG_DEBUG, MR_LOG_ERROR), self.masked(view(text)), masked);
    });
  }

  static std::int64_t now_ns(const mr_host* host) { return of(host).services_.clock.now_ns(); }
  static std::int64_t time_us(const mr_host* host) { return of(host).services_.clock.time_us(); }

  static void wake(const mr_host* host, std::int64_t at_ns) {
    InstanceHost& self = of(host);
    if (self.identity_.kind != MR_SOURCE) {
      self.misused("wake", "a source");
    } else if (self.surroundings_.flow != nullptr) {
      self.surroundings_.flow->wake(at_ns);
    }
  }

  static std::uint32_t target(const mr_host* host, const mr_target* wanted, mr_error* error) {
    InstanceHost& self = of(host);
    try {
      if (self.use_ == nullptr || wanted == nullptr) {
        say(error, "only a router names targets");
        return 0;
      }
      const Targets::Granted granted = self.surroundings_.targets->name(*wanted, *self.use_);
      if (granted.id == 0) {
        say(error, granted.error);
      } else if (self.surroundings_.flow != nullptr) {
        self.surroundings_.flow->named(granted.id, *granted.target);
      }
      return granted.id;
    } catch (const std::exception& problem) {
      say(error, problem.what());
      return 0;
    }
  }

  static void failed(const mr_host* host, const mr_error* error) {
    InstanceHost& self = of(host);
    if (self.surroundings_.flow != nullptr && error != nullptr) {
      self.surroundings_.flow->failed(*error);
    }
  }

  static void complete(const mr_host* host, std::uint64_t delivery, std::uint32_t rest, const mr_outcome* outcomes,
                       std::size_t count, const mr_error* error) {
    InstanceHost& self = of(host);
    if (self.identity_.kind != MR_SINK) {
      self.misused("complete", "a sink");
    } else if (self.surroundings_.flow != nullptr) {
      self.surroundings_.flow->complete(delivery, rest, outcomes, count, error);
    }
  }

  static std::uint32_t metric(const mr_host* host, std::uint32_t kind, const char* name, const char* help,
                              const mr_pair* labels, std::size_t label_count, const double* bounds,
                              std::size_t bound_count) {
    std::uint32_t handle = 0;
    quietly([&] {
      InstanceHost& self = of(host);
      Labels all{{"pipeline", self.identity_.pipeline},
                 {"worker", self.identity_.worker},
                 {"instance", self.identity_.instance}};
      for (const mr_pair& label : std::span(labels, label_count)) {
        all.emplace_back(view(label.key), self.masked(view(label.value)));
      }
      std::string why;
      handle = self.services_.metrics.metric(kind, name == nullptr ? "" : name, help == nullptr ? "" : help,
                                             std::move(all), std::span(bounds, bound_count), &why);
      if (handle == 0) {
        const LogField field{"why", why};
        self.log(MR_LOG_WARN, "a metric of the plugin is not counted", std::span(&field, 1));
        return;
      }
      const std::lock_guard lock(self.mutex_);
      if (!self.metrics_.insert(handle).second) {
        self.services_.metrics.release(handle);
      }
    });
    return handle;
  }
  static void add(const mr_host* host, std::uint32_t handle, double value) {
    of(host).services_.metrics.add(handle, value);
  }
  static void set(const mr_host* host, std::uint32_t handle, double value) {
    of(host).services_.metrics.set(handle, value);
  }

  static void claim(const mr_host* host, mr_str stream, std::int32_t partition, std::uint64_t own,
                    std::uint64_t own_mark) {
    if (FlowCalls* const flow = of(host).surroundings_.flow) {
      flow->claim(stream, partition, own, own_mark);
    }
  }
  static void release(const mr_host* host, mr_str stream, std::int32_t partition, std::uint32_t lost) {
    if (FlowCalls* const flow = of(host).surroundings_.flow) {
      flow->release(stream, partition, lost != 0);
    }
  }

  static void declare(const mr_host* host, const mr_str* streams, std::size_t count) {
    InstanceHost& self = of(host);
    if (self.identity_.kind != MR_ROUTER) {
      self.misused("declare of " MR_STREAMS, "a router");
      return;
    }
    quietly([&] {
      const std::lock_guard lock(self.mutex_);
      for (const mr_str& stream : std::span(streams, count)) {
        self.declared_.emplace_back(view(stream));
      }
    });
  }
  static std::size_t list(const mr_host* host, mr_str* streams, std::size_t max) {
    const Streams* const known = of(host).surroundings_.streams;
    return known == nullptr ? 0 : known->list(streams, max);
  }

  static void there(const mr_host* host, const mr_str* names, std::size_t count) {
    InstanceHost& self = of(host);
    quietly([&] {
      std::vector<std::string_view> all;
      for (const mr_str& name : std::span(names, count)) {
        all.push_back(view(name));
      }
      const std::string_view instance = self.identity_.instance; // "sink.events"
      self.surroundings_.targets->there(instance.substr(instance.find('.') + 1), all);
    });
  }

  static void diagnose(const mr_host* host, const mr_diagnostic* diagnostic) {
    InstanceHost& self = of(host);
    quietly([&] {
      const std::lock_guard lock(self.mutex_);
      self.diagnostics_.push_back({diagnostic->severity, diagnostic->line, diagnostic->column,
                                   std::string(view(diagnostic->code)), std::string(view(diagnostic->file)),
                                   std::string(view(diagnostic->headline)), std::string(view(diagnostic->rendered))});
    });
  }
};

InstanceHost::InstanceHost(Identity identity, const Services& services, const Surroundings& surroundings,
                           Secrets secrets)
    : identity_(std::move(identity)), services_(services), surroundings_(surroundings), secrets_(std::move(secrets)) {
  if (identity_.kind == MR_ROUTER && surroundings_.targets != nullptr) {
    use_ = std::make_unique<Targets::Use>(*surroundings_.targets);
  }
  abi_.context = this;
  abi_.pipeline = str(identity_.pipeline);
  abi_.instance = str(identity_.instance);
  abi_.worker = str(identity_.worker);
  abi_.owner = str(identity_.owner);
  abi_.extension = Calls::extension;
  abi_.log = Calls::log;
  abi_.now_ns = Calls::now_ns;
  abi_.time_us = Calls::time_us;
  abi_.wake = Calls::wake;
  abi_.target = Calls::target;
  abi_.failed = Calls::failed;
  abi_.complete = Calls::complete;
}

InstanceHost::~InstanceHost() {
  for (const std::uint32_t handle : metrics_) {
    services_.metrics.release(handle);
  }
}

void InstanceHost::log(std::uint32_t level, std::string_view sentence, std::span<const LogField> fields) {
  services_.log.write(level, {identity_.worker, identity_.instance}, sentence, fields);
}

void InstanceHost::misused(std::string_view call, std::string_view whose) {
  Calls::quietly(
      [&] { log(MR_LOG_ERROR, fmt::format("the plugin broke its contract: {} is a call of {}", call, whose)); });
}

std::vector<Diagnostic> InstanceHost::diagnostics() const {
  const std::lock_guard lock(mutex_);
  return diagnostics_;
}

std::vector<std::string> InstanceHost::declared_streams() const {
  const std::lock_guard lock(mutex_);
  return declared_;
}

} // namespace millrace::host
