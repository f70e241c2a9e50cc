#include "engine/config/again.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <system_error>

#include "engine/config/nearest.hpp"
#include "engine/modules/validate.hpp"

namespace millrace::config {
namespace {

using modules::Catalogue;
using modules::Plugin;

std::string label(const Plugin& plugin) {
  return fmt::format("{}.{}", modules::kind_word(plugin.table->kind), plugin.table->name);
}

bool is_file(const Plugin& plugin, const std::filesystem::path& path) {
  std::error_code failed;
  return !plugin.file.empty() && plugin.file == std::filesystem::weakly_canonical(path, failed);
}

// Throws why nothing became of an upgrade, if nothing did.
void expect_newer(const Catalogue& before, const Catalogue& after, const std::string& upgrade,
                  const std::function<bool(const Plugin&)>& wanted) {
  std::vector<std::string> known;
  const Plugin* same = nullptr;
  for (const Plugin& plugin : before.plugins()) {
    known.push_back(label(plugin));
    if (!wanted(plugin)) {
      continue;
    }
    if (after.find(plugin.table->kind, plugin.table->name)->table != plugin.table) {
      return;
    }
    same = &plugin;
  }
  if (same == nullptr) {
    std::vector<std::string> names = known;
    for (const Plugin& plugin : before.plugins()) {
      names.emplace_back(plugin.table->name);
    }
    throw NothingNewer(fmt::format("no plugin '{}' is loaded{} There are: {}", upgrade, did_you_mean(upgrade, names),
                                   fmt::join(known, ", ")));
  }
  for (const modules::Refusal& refusal : after.refused()) {
    if (is_file(*same, refusal.path)) {
      throw NothingNewer(refusal.text);
    }
  }
  throw NothingNewer(
      fmt::format("{} {} in {} is the newest in its folder; put a newer one beside it, under a name of "
                  "its own ({}-VERSION.so){}",
                  modules::kind_word(same->table->kind), same->title(), same->file.string(), same->file.stem().string(),
                  after.refused().empty() ? "" : "; not taken: " + after.refused().front().text));
}

} // namespace

Config load_again(const Config& running, const std::string& upgrade, const std::filesystem::path& executable) {
  const auto wanted = [&](const Plugin& plugin) {
    return !upgrade.empty() && (upgrade == plugin.table->name || upgrade == label(plugin) ||
                                upgrade == plugin.module->name || upgrade == plugin.file.filename().string());
  };
  // Before anything looks at a table of one that is no longer sound.
  if (const std::vector<std::string> damaged = modules::written_over(); !damaged.empty()) {
    throw WrittenOver(fmt::format("{}", fmt::join(damaged, "\n")));
  }
  return load(running.file, executable, process_variable, [&](Catalogue& catalogue) {
    catalogue.keep(running.catalogue, wanted);
    if (!upgrade.empty()) {
      expect_newer(running.catalogue, catalogue, upgrade, wanted);
    }
  });
}

std::vector<std::string> replaced_files(const Config& running, const Config& read) {
  std::vector<std::string> out;
  for (const modules::Refusal& refusal : read.catalogue.refused()) {
    const auto runs = [&](const Plugin& plugin) { return is_file(plugin, refusal.path); };
    if (std::ranges::any_of(running.catalogue.plugins(), runs)) {
      out.push_back(refusal.text);
    }
  }
  return out;
}

} // namespace millrace::config
