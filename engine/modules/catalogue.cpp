#include "engine/modules/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <tuple>

#include "engine/modules/validate.hpp"

namespace millrace::modules {
namespace {

// The numbers of "1.12.0-rc1", enough to tell which is higher.
std::vector<unsigned> numbers(std::string_view version) {
  std::vector<unsigned> out;
  const char* at = version.data();
  const char* const end = at + version.size();
  while (at < end) {
    unsigned number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc{}) {
      break;
    }
    out.push_back(number);
    if (next == end || *next != '.') {
      break;
    }
    at = next + 1;
  }
  return out;
}

auto order(const Plugin& plugin) { return std::make_tuple(plugin.table->kind, std::string_view(plugin.table->name)); }

} // namespace

std::string Plugin::title() const { return fmt::format("{} {}", table->name, module->version); }

Catalogue Catalogue::load(std::span<const std::filesystem::path> folders) {
  Catalogue catalogue;
  for (const std::filesystem::path& folder : folders) {
    catalogue.load_folder(folder);
  }
  return catalogue;
}

void Catalogue::load_folder(const std::filesystem::path& folder) {
  std::error_code failed;
  std::vector<std::filesystem::path> files;
  for (std::filesystem::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    if (at->path().extension() == ".so" && !at->path().filename().string().starts_with('.')) {
      files.push_back(at->path());
    }
  }
  if (failed) {
    refused_.push_back({folder,
                        fmt::format("plugin folder {}: {}; make it, or name another one in `plugins` of [engine]",
                                    folder.string(), failed.message()),
                        true});
    return;
  }
  std::sort(files.begin(), files.end());
  for (const std::filesystem::path& file : files) {
    try {
      add(modules::load(file));
    } catch (const ModuleError& error) {
      refused_.push_back({file, error.what(), false});
    }
  }
}

void Catalogue::add(const Module& module) {
  for (const mr_plugin* plugin : std::span(module.table->plugins, module.table->plugin_count)) {
    add(Plugin{plugin, module.table, module.file});
  }
}

void Catalogue::add(const Plugin& plugin) {
  const auto at = std::lower_bound(plugins_.begin(), plugins_.end(), plugin,
                                   [](const Plugin& left, const Plugin& right) { return order(left) < order(right); });
  if (at == plugins_.end() || order(*at) != order(plugin)) {
    plugins_.insert(at, plugin);
    return;
  }
  const bool higher = at->file.parent_path() == plugin.file.parent_path() &&
                      numbers(at->module->version) < numbers(plugin.module->version);
  hidden_.push_back(higher ? std::exchange(*at, plugin) : plugin);
}

void Catalogue::keep(const Catalogue& running, const std::function<bool(const Plugin&)>& newer) {
  for (const Plugin& plugin : running.plugins_) {
    const auto at = std::ranges::find_if(plugins_, [&](const Plugin& other) { return order(other) == order(plugin); });
    if (at == plugins_.end()) {
      add(plugin); // its file is gone, which code that runs does not mind
    } else if (at->table != plugin.table && !newer(plugin)) {
      hidden_.push_back(std::exchange(*at, plugin));
      std::erase_if(hidden_, [&](const Plugin& other) { return other.table == plugin.table; });
    }
  }
}

const Plugin* Catalogue::find(std::uint32_t kind, std::string_view name) const {
  const auto at = std::find_if(plugins_.begin(), plugins_.end(), [&](const Plugin& plugin) {
    return plugin.table->kind == kind && plugin.table->name == name;
  });
  return at == plugins_.end() ? nullptr : &*at;
}

std::vector<std::string> Catalogue::names(std::uint32_t kind) const {
  std::vector<std::string> out;
  for (const Plugin& plugin : plugins_) {
    if (plugin.table->kind == kind) {
      out.emplace_back(plugin.table->name);
    }
  }
  return out;
}

std::vector<std::filesystem::path> default_folders(const std::filesystem::path& executable) {
  const std::filesystem::path root = executable.parent_path().parent_path();
  std::vector<std::filesystem::path> out;
  for (const std::filesystem::path& folder : {root / "plugins", root / "lib/millrace/plugins"}) {
    std::error_code ignored;
    if (std::filesystem::is_directory(folder, ignored)) {
      out.push_back(folder);
    }
  }
  return out;
}

} // namespace millrace::modules
