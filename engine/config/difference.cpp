#include "engine/config/difference.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::config {
namespace {

using Out = std::vector<Difference>;

constexpr const char* kOpenedOnce = "the admin address is opened once, when the engine starts";
constexpr const char* kWatchedOnce = "folders are watched from the start of the engine on";

void compare(const Engine& before, const Engine& after, Out& out) {
  const auto setting = [&](const char* name, bool same, const char* restart = "") {
    if (!same) {
      out.push_back({fmt::format("{} of [engine]", name), restart});
    }
  };
  setting("admin", before.admin == after.admin, kOpenedOnce);
  setting("admin_token", before.admin_token == after.admin_token, kOpenedOnce);
  setting("plugins", before.plugins == after.plugins);
  setting("state", before.state == after.state,
          "the receipts and rulesets of this engine are kept in the folder before");
  setting("start_with", before.start_with == after.start_with);
  setting("watch", before.watch == after.watch, kWatchedOnce);
  setting("watch_quiet", before.watch_quiet == after.watch_quiet, kWatchedOnce);
  setting("memory", before.memory_bytes == after.memory_bytes);
  setting("log_level", before.log_level == after.log_level);
  setting("log_format", before.log_format == after.log_format, "one log would have lines of two formats");
  setting("stop_deadline", before.stop_deadline == after.stop_deadline);
  setting("write_deadline", before.write_deadline == after.write_deadline);
  setting("revoke_deadline", before.revoke_deadline == after.revoke_deadline);
  setting("check_deadline", before.check_deadline == after.check_deadline);
}

void compare(const Pipeline& before, const Pipeline& after, Out& out) {
  const auto setting = [&](const std::string& name, bool same) {
    if (!same) {
      out.push_back({fmt::format("{} of pipeline '{}'", name, after.name)});
    }
  };
  setting("workers", before.workers == after.workers);
  setting("delivery_events", before.delivery_events == after.delivery_events);
  setting("delivery_bytes", before.delivery_bytes == after.delivery_bytes);
  setting("retry_first", before.retry_first == after.retry_first);
  setting("retry_most", before.retry_most == after.retry_most);
  setting("targets", before.targets == after.targets);
  setting("invalid", before.refuse_invalid == after.refuse_invalid);
  const auto instance = [&](const Instance& was, const Instance& is) {
    const bool plugin = was.plugin.table != is.plugin.table;
    setting(
        plugin ? fmt::format("{} (plugin {} -> {})", is.label(), was.plugin.title(), is.plugin.title()) : is.label(),
        was == is);
  };
  instance(before.source, after.source);
  instance(before.router, after.router);
  for (const Instance& sink : after.sinks) {
    const auto same_name = std::ranges::find(before.sinks, sink.name, &Instance::name);
    if (same_name == before.sinks.end()) {
      out.push_back({fmt::format("{} of pipeline '{}' (new)", sink.label(), after.name)});
    } else {
      instance(*same_name, sink);
    }
  }
  for (const Instance& sink : before.sinks) {
    if (std::ranges::find(after.sinks, sink.name, &Instance::name) == after.sinks.end()) {
      out.push_back({fmt::format("{} of pipeline '{}' (gone)", sink.label(), after.name)});
    }
  }
}

} // namespace

std::vector<Difference> differences(const Config& before, const Config& after) {
  Out out;
  compare(before.engine, after.engine, out);
  for (const Pipeline& pipeline : after.pipelines) {
    const auto same_name = std::ranges::find(before.pipelines, pipeline.name, &Pipeline::name);
    if (same_name == before.pipelines.end()) {
      out.push_back({fmt::format("pipeline '{}' (new)", pipeline.name)});
    } else {
      compare(*same_name, pipeline, out);
    }
  }
  for (const Pipeline& pipeline : before.pipelines) {
    if (std::ranges::find(after.pipelines, pipeline.name, &Pipeline::name) == after.pipelines.end()) {
      out.push_back({fmt::format("pipeline '{}' (gone)", pipeline.name)});
    }
  }
  return out;
}

Engine without_restart(const Engine& before, const Engine& after) {
  Engine out = after;
  out.admin = before.admin;
  out.admin_token = before.admin_token;
  out.state = before.state;
  out.watch = before.watch;
  out.watch_at = before.watch_at;
  out.watch_quiet = before.watch_quiet;
  out.log_format = before.log_format;
  return out;
}

} // namespace millrace::config
