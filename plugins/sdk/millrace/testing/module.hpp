// Loads a plugin's shared object the way the engine does, for tests: one symbol, never unloaded.
#pragma once

#include <dlfcn.h>
#include <millrace/plugin.h>

#include <span>
#include <stdexcept>
#include <string>

namespace millrace::testing {

inline const mr_module& load_module(const std::string& path) {
  void* object = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (object == nullptr) {
    throw std::runtime_error("cannot load '" + path + "': " + dlerror());
  }
  const auto* module = static_cast<const mr_module*>(dlsym(object, MR_MODULE_SYMBOL));
  if (module == nullptr) {
    throw std::runtime_error("'" + path + "' does not export " MR_MODULE_SYMBOL);
  }
  return *module;
}

inline const mr_plugin& find_plugin(const mr_module& module, std::uint32_t kind) {
  for (const mr_plugin* plugin : std::span(module.plugins, module.plugin_count)) {
    if (plugin->kind == kind) {
      return *plugin;
    }
  }
  throw std::runtime_error(std::string("module '") + module.name + "' has no plugin of that kind");
}

} // namespace millrace::testing
