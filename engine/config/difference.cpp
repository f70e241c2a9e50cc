#include "engine/config/difference.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::config {
namespace {

using Out = std::vector<std::string>;

void compare(const Engine& before, const Engine& after, Out& out) {
  const auto setting = [&](const char* name, bool same) {
    if (!same) {
      out.push_back(fmt::format("{} of [engine]", name));
    }
  };
  setting("admin", before.admin == after.admin);
  setting("admin_token", before.admin_token == after.admin_token);
  setting("plugins", before.plugins == after.plugins);
  setting("state", before.state == after.state);
  setting("start_with", before.start_with == after.start_with);
  setting("watch", before.watch == after.watch);
  setting("watch_quiet", before.watch_quiet == after.watch_quiet);
  setting("memory", before.memory_bytes == after.memory_bytes);
  setting("log_level", before.log_level == after.log_level);
  setting("log_format", before.log_format == after.log_format);
  setting("stop_deadline", before.stop_deadline == after.stop_deadline);
  setting("write_deadline", before.write_deadline == after.write_deadline);
  setting("revoke_deadline", before.revoke_deadline == after.revoke_deadline);
  setting("check_deadline", before.check_deadline == after.check_deadline);
}

void compare(const Pipeline& before, const Pipeline& after, Out& out) {
  const auto setting = [&](const std::string& name, bool same) {
    if (!same) {
      out.push_back(fmt::format("{} of pipeline '{}'", name, after.name));
    }
  };
  setting("workers", before.workers == after.workers);
  setting("delivery_events", before.delivery_events == after.delivery_events);
  setting("delivery_bytes", before.delivery_bytes == after.delivery_bytes);
  setting("retry_first", before.retry_first == after.retry_first);
  setting("retry_most", before.retry_most == after.retry_most);
  setting("targets", before.targets == after.targets);
  setting("invalid", before.refuse_invalid == after.refuse_invalid);
  setting(after.source.label(), before.source == after.source);
  setting(after.router.label(), before.router == after.router);
  for (const Instance& sink : after.sinks) {
    const auto same_name = std::ranges::find(before.sinks, sink.name, &Instance::name);
    if (same_name == before.sinks.end()) {
      out.push_back(fmt::format("{} of pipeline '{}' (new)", sink.label(), after.name));
    } else {
      setting(sink.label(), *same_name == sink);
    }
  }
  for (const Instance& sink : before.sinks) {
    if (std::ranges::find(after.sinks, sink.name, &Instance::name) == after.sinks.end()) {
      out.push_back(fmt::format("{} of pipeline '{}' (gone)", sink.label(), after.name));
    }
  }
}

} // namespace

std::vector<std::string> differences(const Config& before, const Config& after) {
  Out out;
  compare(before.engine, after.engine, out);
  for (const Pipeline& pipeline : after.pipelines) {
    const auto same_name = std::ranges::find(before.pipelines, pipeline.name, &Pipeline::name);
    if (same_name == before.pipelines.end()) {
      out.push_back(fmt::format("pipeline '{}' (new)", pipeline.name));
    } else {
      compare(*same_name, pipeline, out);
    }
  }
  for (const Pipeline& pipeline : before.pipelines) {
    if (std::ranges::find(after.pipelines, pipeline.name, &Pipeline::name) == after.pipelines.end()) {
      out.push_back(fmt::format("pipeline '{}' (gone)", pipeline.name));
    }
  }
  return out;
}

} // namespace millrace::config
