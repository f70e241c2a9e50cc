#include "engine/modules/validate.hpp"

#include <fmt/format.h>
#include <millrace/ext/check.h>
#include <millrace/ext/claims.h>
#include <millrace/ext/draft/apply.h>
#include <millrace/ext/draft/explain.h>
#include <millrace/ext/draft/records.h>
#include <millrace/ext/draft/rules_files.h>
#include <millrace/ext/draft/ruleset.h>
#include <millrace/ext/draft/streams.h>
#include <millrace/ext/positions.h>
#include <millrace/ext/reload.h>

#include <algorithm>
#include <set>
#include <span>

namespace millrace::modules {
namespace {

using Breaches = std::vector<std::string>;

constexpr std::uint32_t kSourceFlags = MR_BLOCKS | MR_REPLAYS;
constexpr std::uint32_t kRouterFlags = MR_BLOCKS;
constexpr std::uint32_t kSinkFlags = MR_BLOCKS | MR_ORDERED | MR_TAKES_MESSAGES | MR_TAKES_ROWS;
constexpr std::uint32_t kFieldFlags = MR_REQUIRED | MR_SECRET | MR_LIST | MR_PATH;

bool empty(const char* text) { return text == nullptr || *text == '\0'; }

// Names stand in configuration files, metrics and logs: lower-case words.
bool is_name(const char* text) {
  if (empty(text) || *text < 'a' || *text > 'z') {
    return false;
  }
  return std::string_view(text).find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

struct Function {
  const char* name;
  bool set;
};

void need(Breaches& out, const std::string& who, std::initializer_list<Function> functions) {
  for (const Function& function : functions) {
    if (!function.set) {
      out.push_back(
          fmt::format("{}: the function {} is NULL; every function of the table has to be there", who, function.name));
    }
  }
}

void check_fields(Breaches& out, const std::string& who, const mr_field* fields, std::size_t count);

void check_field(Breaches& out, const std::string& who, const mr_field& field) {
  const std::string name = fmt::format("{}: field '{}'", who, field.name);
  if (field.type < MR_BOOL || field.type > MR_MAP) {
    out.push_back(fmt::format("{} has the unknown type {}", name, field.type));
    return;
  }
  if ((field.flags & ~kFieldFlags) != 0) {
    out.push_back(fmt::format("{} has unknown flags ({:#x})", name, field.flags & ~kFieldFlags));
  }
  if ((field.flags & MR_REQUIRED) != 0 && field.default_text != nullptr) {
    out.push_back(fmt::format("{} is required and has a default; it can be only one of the two", name));
  }
  if ((field.flags & MR_PATH) != 0 && field.type != MR_STRING) {
    out.push_back(fmt::format("{} is a path and no MR_STRING", name));
  }
  if (empty(field.doc)) {
    out.push_back(fmt::format("{} has no doc; the reference page is made of it", name));
  }
  const bool has_fields = field.fields != nullptr && field.field_count > 0;
  if (has_fields != (field.type == MR_TABLE)) {
    out.push_back(fmt::format("{}: `fields` belongs to MR_TABLE, and MR_TABLE needs it", name));
  }
  if (has_fields) {
    check_fields(out, name, field.fields, field.field_count);
  }
}

void check_fields(Breaches& out, const std::string& who, const mr_field* fields, std::size_t count) {
  if (fields == nullptr && count > 0) {
    out.push_back(fmt::format("{}: declares {} fields and gives none", who, count));
    return;
  }
  std::set<std::string_view> seen;
  for (const mr_field& field : std::span(fields, count)) {
    if (!is_name(field.name)) {
      out.push_back(fmt::format("{}: a field is named '{}'; names are lower-case words like max_bytes", who,
                                empty(field.name) ? "" : field.name));
      continue;
    }
    if (!seen.insert(field.name).second) {
      out.push_back(fmt::format("{}: field '{}' is declared twice", who, field.name));
    }
    check_field(out, who, field);
  }
}

template <class Table>
const Table* extension(const mr_plugin& plugin, const char* id) {
  return static_cast<const Table*>(plugin.extension(id));
}

void check_extensions(Breaches& out, const std::string& who, const mr_plugin& plugin) {
  if (const auto* claims = extension<mr_source_claims>(plugin, MR_CLAIMS)) {
    if (plugin.kind != MR_SOURCE) {
      out.push_back(fmt::format("{}: only a source has {}", who, MR_CLAIMS));
    }
    need(out, who + ", " MR_CLAIMS,
         {{"start_at", claims->start_at != nullptr},
          {"moved", claims->moved != nullptr},
          {"released", claims->released != nullptr}});
  }
  if (const auto* positions = extension<mr_sink_positions>(plugin, MR_POSITIONS)) {
    if (plugin.kind != MR_SINK || (plugin.flags & MR_BLOCKS) == 0) {
      out.push_back(fmt::format("{}: {} belongs to a sink with MR_BLOCKS, as its claim waits for the outside system",
                                who, MR_POSITIONS));
    }
    need(out, who + ", " MR_POSITIONS,
         {{"claim", positions->claim != nullptr},
          {"release", positions->release != nullptr},
          {"still", positions->still != nullptr}});
  }
  if (const auto* check = extension<mr_plugin_check>(plugin, MR_CHECK)) {
    need(out, who + ", " MR_CHECK, {{"check", check->check != nullptr}});
  }
  if (const auto* reload = extension<mr_plugin_reload>(plugin, MR_RELOAD)) {
    need(out, who + ", " MR_RELOAD, {{"reload", reload->reload != nullptr}});
  }
  if (const auto* apply = extension<mr_plugin_apply>(plugin, MR_APPLY)) {
    need(out, who + ", " MR_APPLY, {{"apply", apply->apply != nullptr}});
  }
  if (const auto* ruleset = extension<mr_router_ruleset>(plugin, MR_RULESET)) {
    need(out, who + ", " MR_RULESET,
         {{"hash", ruleset->hash != nullptr},
          {"items", ruleset->items != nullptr},
          {"tests", ruleset->tests != nullptr},
          {"twin", ruleset->twin != nullptr}});
  }
  if (const auto* files = extension<mr_router_rules_files>(plugin, MR_RULES_FILES)) {
    need(out, who + ", " MR_RULES_FILES,
         {{"files", files->files != nullptr},
          {"steps", files->steps != nullptr},
          {"create_from", files->create_from != nullptr}});
  }
  if (const auto* explain = extension<mr_router_explain>(plugin, MR_EXPLAIN)) {
    need(out, who + ", " MR_EXPLAIN,
         {{"explain", explain->explain != nullptr},
          {"compare", explain->compare != nullptr},
          {"compare_event", explain->compare_event != nullptr},
          {"compare_count", explain->compare_count != nullptr},
          {"compare_tell", explain->compare_tell != nullptr},
          {"compare_end", explain->compare_end != nullptr}});
  }
  if (const auto* records = extension<mr_plugin_records>(plugin, MR_RECORDS)) {
    need(out, who + ", " MR_RECORDS,
         {{"write", records->write != nullptr},
          {"put_new", records->put_new != nullptr},
          {"read", records->read != nullptr},
          {"forget", records->forget != nullptr}});
  }
  if (const auto* streams = extension<mr_source_streams>(plugin, MR_STREAMS)) {
    need(out, who + ", " MR_STREAMS, {{"changed", streams->changed != nullptr}});
  }
}

std::uint32_t flags_of(std::uint32_t kind) {
  return kind == MR_SOURCE ? kSourceFlags : kind == MR_ROUTER ? kRouterFlags : kSinkFlags;
}

void check_kind(Breaches& out, const std::string& who, const mr_plugin& plugin) {
  const bool right = (plugin.source != nullptr) == (plugin.kind == MR_SOURCE) &&
                     (plugin.router != nullptr) == (plugin.kind == MR_ROUTER) &&
                     (plugin.sink != nullptr) == (plugin.kind == MR_SINK);
  if (!right) {
    out.push_back(fmt::format("{}: of the tables source, router and sink exactly the one of its kind is set", who));
    return;
  }
  if (plugin.source != nullptr) {
    need(out, who, {{"poll", plugin.source->poll != nullptr}, {"settle", plugin.source->settle != nullptr}});
  }
  if (plugin.router != nullptr) {
    need(out, who, {{"route", plugin.router->route != nullptr}});
  }
  if (plugin.sink == nullptr) {
    return;
  }
  need(out, who,
       {{"bind", plugin.sink->bind != nullptr},
        {"unbind", plugin.sink->unbind != nullptr},
        {"write", plugin.sink->write != nullptr},
        {"max_in_flight", plugin.sink->max_in_flight != nullptr}});
  if ((plugin.flags & (MR_TAKES_MESSAGES | MR_TAKES_ROWS)) == 0) {
    out.push_back(fmt::format("{}: takes neither messages nor rows; set MR_TAKES_MESSAGES or MR_TAKES_ROWS", who));
  }
}

void check_plugin(Breaches& out, const mr_plugin& plugin) {
  if (plugin.kind < MR_SOURCE || plugin.kind > MR_SINK) {
    out.push_back(fmt::format("plugin '{}' has the unknown kind {}; 1 is a source, 2 a router, 3 a sink",
                              empty(plugin.name) ? "" : plugin.name, plugin.kind));
    return;
  }
  if (!is_name(plugin.name)) {
    out.push_back(fmt::format("a {} is named '{}'; names are lower-case words like kafka", kind_word(plugin.kind),
                              empty(plugin.name) ? "" : plugin.name));
    return;
  }
  const std::string who = fmt::format("{} '{}'", kind_word(plugin.kind), plugin.name);
  if (const std::uint32_t unknown = plugin.flags & ~flags_of(plugin.kind); unknown != 0) {
    out.push_back(fmt::format("{}: has flags ({:#x}) that a {} does not have", who, unknown, kind_word(plugin.kind)));
  }
  if (empty(plugin.doc)) {
    out.push_back(fmt::format("{}: has no doc; the reference page begins with it", who));
  }
  need(out, who,
       {{"extension", plugin.extension != nullptr},
        {"create", plugin.create != nullptr},
        {"start", plugin.start != nullptr},
        {"drain", plugin.drain != nullptr},
        {"stop", plugin.stop != nullptr},
        {"destroy", plugin.destroy != nullptr},
        {"interrupt", plugin.interrupt != nullptr}});
  check_kind(out, who, plugin);
  check_fields(out, who, plugin.fields, plugin.field_count);
  if (plugin.extension != nullptr) {
    check_extensions(out, who, plugin);
  }
}

} // namespace

std::string_view kind_word(std::uint32_t kind) {
  switch (kind) {
    case MR_SOURCE:
      return "source";
    case MR_ROUTER:
      return "router";
    case MR_SINK:
      return "sink";
    default:
      return "?";
  }
}

std::vector<std::string> breaches(const mr_module& module) {
  Breaches out;
  if (empty(module.name) || empty(module.version)) {
    out.push_back("the module has no name or no version; both stand in mr_module");
  }
  if (module.plugins == nullptr || module.plugin_count == 0) {
    out.push_back("the module holds no plugin");
    return out;
  }
  for (const mr_plugin* plugin : std::span(module.plugins, module.plugin_count)) {
    if (plugin == nullptr) {
      out.push_back("the list of plugins has a NULL in it");
    } else {
      check_plugin(out, *plugin);
    }
  }
  return out;
}

} // namespace millrace::modules
