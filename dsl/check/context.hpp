// Everything that the checks share: the trees, who has which name, and the program that is being made. One ruleset's
// names are seen from all its files, whatever the order.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dsl/check/uses.hpp"
#include "dsl/diagnostic.hpp"
#include "dsl/diagnostic/nearest.hpp"
#include "dsl/program.hpp"
#include "dsl/syntax/ast.hpp"

namespace millrace::dsl::check {

struct EventInfo {
  const ast::Event* event = nullptr;
  const ast::File* tree = nullptr;
  Span name;
  Index shape = kNone;
  std::vector<Span> declared_at; // by field; undeclared ones are not in it
  std::vector<bool> free_below;  // by field; whether undeclared names are admitted below it
  std::vector<std::pair<Index, const ast::Field*>> required_when; // fields that say so
  std::map<Index, std::string> left_out; // of a topic's events: "route `r` at f:1", by the field that it omits
};

struct DefInfo {
  const ast::Def* def = nullptr;
  const ast::File* tree = nullptr;
  bool used = false;
  bool open = false; // its body is being checked: using it now is a cycle
};

struct LetInfo {
  const ast::Let* let = nullptr;
  const ast::File* tree = nullptr;
};

struct LookupInfo {
  const ast::Lookup* lookup = nullptr;
  const ast::File* tree = nullptr;
  Index index = kNone;
};

struct FragmentInfo {
  const ast::Fragment* fragment = nullptr;
  const ast::File* tree = nullptr;
  bool included = false;
};

struct TopicInfo {
  const ast::Topic* topic = nullptr;
  Index index = kNone;
};

struct RouterInfo {
  const ast::Router* router = nullptr;
  const ast::File* tree = nullptr;
  Index index = kNone;
  std::vector<const ast::Rule*> rules; // by their index in the lowered router
};

struct TableInfo {
  const ast::Table* table = nullptr;
  const ast::File* tree = nullptr;
  Index index = kNone;
};

/// By name; iteration goes by name too, so that two runs say the same in the same order.
template <typename Info>
using Names = std::map<std::string, Info, std::less<>>;

struct Context {
  const SourceMap& sources;
  const std::vector<ast::File>& files;
  Diagnostics& diagnostics;
  Program& program;

  Names<EventInfo> events;
  Names<DefInfo> defs;
  Names<LetInfo> lets;
  Names<LookupInfo> lookups;
  Names<FragmentInfo> fragments;
  Names<TopicInfo> topics;
  Names<RouterInfo> routers;
  Names<TableInfo> tables; // by qualified name

  /// Topic names as Kafka's metrics have them, with the name and place that they come from.
  std::map<std::string, std::pair<std::string, Span>> metric_names;

  /// The CSV files of lookups, by the file that names them and where it does; those that could be read.
  std::map<std::pair<FileId, std::uint32_t>, FileId> csv_files;

  /// "event click", "def x": items that did not parse or check. What speaks of them is left alone.
  std::set<std::string, std::less<>> poisoned;

  /// Where names are put down as they are resolved; none: nobody asks.
  Uses* uses = nullptr;
  void use(Span at, Span definition, bool exact = true) const {
    if (uses != nullptr) {
      uses->add(Use{at, definition, exact});
    }
  }

  void poison(std::string_view kind, std::string_view name) { poisoned.insert(key(kind, name)); }
  bool is_poisoned(std::string_view kind, std::string_view name) const {
    return poisoned.contains(key(kind, name)) || poisoned.contains(key(kind, ast::kAnyName)) ||
           poisoned.contains(key(ast::kAnyName, ast::kAnyName));
  }
  /// Whether anything of the kind did not parse.
  bool is_any_poisoned(std::string_view kind) const {
    const auto first = poisoned.lower_bound(key(kind, ""));
    return (first != poisoned.end() && first->starts_with(key(kind, ""))) ||
           poisoned.contains(key(ast::kAnyName, ast::kAnyName));
  }

  std::string place(Span span) const { return sources.place(span); }
  std::string text(Span span) const { return std::string(sources.text(span)); }

 private:
  static std::string key(std::string_view kind, std::string_view name) {
    return std::string(kind) + " " + std::string(name);
  }
};

std::string ticked(std::string_view text);
/// "`a`, `b` and `c`"
std::string enumerate(const std::vector<std::string>& names);
/// "a country", "an order_id"
std::string with_article(std::string_view noun);

template <typename Info>
std::vector<std::string> names_of(const Names<Info>& names) {
  std::vector<std::string> list;
  for (const auto& entry : names) {
    list.push_back(entry.first);
  }
  return list;
}

/// Adds "is there one named … near by" with its fix, if there is one.
void suggest(Diagnostic& diagnostic, Span span, std::string_view name, const std::vector<std::string>& candidates);

/// The number that the token says, if it is one of at most `most`.
std::optional<std::int64_t> whole_number(std::string_view token, std::int64_t most);

} // namespace millrace::dsl::check
