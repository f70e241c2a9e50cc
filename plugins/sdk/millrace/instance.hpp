// What sources, routers and sinks have in common: how a class becomes the life-cycle functions of the contract's table.
// A class needs a constructor (Host, const Config&) that does no outside I/O, and may have: fields, flags, start,
// drain, stop, interrupt, check, apply, reload. A missing one does nothing.
#pragma once

#include <millrace/ext/check.h>
#include <millrace/ext/draft/apply.h>
#include <millrace/ext/reload.h>
#include <millrace/config.hpp>
#include <millrace/guarded.hpp>
#include <millrace/host.hpp>

#include <cstring>
#include <memory>
#include <span>
#include <string>

namespace millrace::detail {

// The instance and its host side by side; `self` of the contract points here.
template <class Plugin>
struct Instance {
  Instance(const mr_host* engine, const Config& config) : host(engine), plugin(Host(engine), config) {}
  Instance(const mr_host* engine, const Plugin& model) : host(engine), plugin(Host(engine), model) {}
  template <class Files>
  Instance(const mr_host* engine, const Config& config, const Files& files)
      : host(engine), plugin(Host(engine), config, files) {}
  const mr_host* host;
  Plugin plugin;
};

template <class Plugin>
Instance<Plugin>& of(void* self) noexcept {
  return *static_cast<Instance<Plugin>*>(self);
}

template <class Plugin>
constexpr std::span<const mr_field> fields_of() {
  if constexpr (requires { Plugin::fields; }) {
    return Plugin::fields;
  } else {
    return {};
  }
}

template <class Plugin>
constexpr std::uint32_t flags_of() {
  if constexpr (requires { Plugin::flags; }) {
    return Plugin::flags;
  } else {
    return 0;
  }
}

template <class Plugin>
mr_status create(const mr_host* host, const mr_value* config, void** self, mr_error* error) {
  return guarded(error, MR_INVALID, [&] {
    *self = std::make_unique<Instance<Plugin>>(host, Config(config, fields_of<Plugin>())).release();
    return MR_OK;
  });
}

template <class Plugin>
mr_status start(void* self, mr_error* error) {
  return guarded(error, MR_FATAL, [&] {
    if constexpr (requires(Plugin & plugin) { plugin.start(); }) {
      of<Plugin>(self).plugin.start();
    }
    return MR_OK;
  });
}

template <class Plugin>
void drain(void* self) {
  if constexpr (requires(Plugin & plugin) { plugin.drain(); }) {
    guarded(of<Plugin>(self).host, [&] { of<Plugin>(self).plugin.drain(); });
  }
}

template <class Plugin>
void stop(void* self) {
  if constexpr (requires(Plugin & plugin) { plugin.stop(); }) {
    guarded(of<Plugin>(self).host, [&] { of<Plugin>(self).plugin.stop(); });
  }
}

template <class Plugin>
void destroy(void* self) {
  delete &of<Plugin>(self);
}

template <class Plugin>
void interrupt(void* self) {
  if constexpr (requires(Plugin & plugin) { plugin.interrupt(); }) {
    guarded(of<Plugin>(self).host, [&] { of<Plugin>(self).plugin.interrupt(); });
  }
}

// void check(std::span<const mr_target>, std::int64_t deadline_ns, const mr_findings&); throws transient() when out of
// reach.
template <class Plugin>
inline constexpr mr_plugin_check kCheck = {[](void* self, const mr_target* targets, std::size_t count,
                                              std::int64_t deadline_ns, const mr_findings* findings,
                                              mr_error* error) -> mr_status {
  return guarded(error, MR_FATAL, [&] {
    of<Plugin>(self).plugin.check(std::span(targets, count), deadline_ns, *findings);
    return MR_OK;
  });
}};

// void apply(std::span<const mr_target>, bool run, std::int64_t deadline_ns, const mr_steps&, const mr_findings&);
template <class Plugin>
inline constexpr mr_plugin_apply kApply = {[](void* self, const mr_target* targets, std::size_t count,
                                              std::uint32_t run, std::int64_t deadline_ns, const mr_steps* steps,
                                              const mr_findings* findings, mr_error* error) -> mr_status {
  return guarded(error, MR_FATAL, [&] {
    of<Plugin>(self).plugin.apply(std::span(targets, count), run != 0, deadline_ns, *steps, *findings);
    return MR_OK;
  });
}};

// void reload(const Config&); throws Failure(MR_REJECTED, …) when the values need a new instance.
template <class Plugin>
inline constexpr mr_plugin_reload kReload = {[](void* self, const mr_value* config, mr_error* error) -> mr_status {
  return guarded(error, MR_FATAL, [&] {
    of<Plugin>(self).plugin.reload(Config(config, fields_of<Plugin>()));
    return MR_OK;
  });
}};

// The extensions that any kind may have.
template <class Plugin>
const void* common_extension(const char* id) {
  if constexpr (requires(Plugin & plugin, const mr_findings& findings) {
                  plugin.check(std::span<const mr_target>(), std::int64_t{}, findings);
                }) {
    if (std::strcmp(id, MR_CHECK) == 0) {
      return &kCheck<Plugin>;
    }
  }
  if constexpr (requires(Plugin & plugin, const mr_steps& steps, const mr_findings& findings) {
                  plugin.apply(std::span<const mr_target>(), true, std::int64_t{}, steps, findings);
                }) {
    if (std::strcmp(id, MR_APPLY) == 0) {
      return &kApply<Plugin>;
    }
  }
  if constexpr (requires(Plugin & plugin, const Config& config) { plugin.reload(config); }) {
    if (std::strcmp(id, MR_RELOAD) == 0) {
      return &kReload<Plugin>;
    }
  }
  return nullptr;
}

template <class Plugin>
constexpr mr_plugin plugin_table(std::uint32_t kind, const char* name, const char* doc,
                                 const void* (*extension)(const char*)) {
  mr_plugin table{};
  table.kind = kind;
  table.flags = flags_of<Plugin>();
  table.name = name;
  table.doc = doc;
  table.fields = fields_of<Plugin>().data();
  table.field_count = fields_of<Plugin>().size();
  table.extension = extension;
  table.create = &create<Plugin>;
  table.start = &start<Plugin>;
  table.drain = &drain<Plugin>;
  table.stop = &stop<Plugin>;
  table.destroy = &destroy<Plugin>;
  table.interrupt = &interrupt<Plugin>;
  return table;
}

} // namespace millrace::detail
