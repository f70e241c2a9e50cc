// What a name means: hover, definition, references, rename, and the outline of a file.
#include <algorithm>
#include <set>

#include "dsl/check/declarations.hpp"
#include "dsl/editor/functions.hpp"
#include "dsl/editor/moved.hpp"
#include "dsl/editor/root.hpp"
#include "dsl/editor/words.hpp"
#include "dsl/syntax/lexer.hpp"
#include "dsl/syntax/text.hpp"

namespace millrace::dsl::editor {

using check::Definition;
using check::NameKind;
using check::Use;

/// A place that means something.
struct Workspace::Spot {
  std::shared_ptr<const Names> names;
  Use use;
  const Definition* definition = nullptr; // of `names`
  std::string root;
  bool is_now = false; // the names are those of the texts as they are
};

namespace {

constexpr std::size_t kMostShownLines = 12;

const Use* use_at(const Names& names, FileId file, std::uint32_t offset) {
  const Use* best = nullptr;
  const auto first = std::lower_bound(names.all.begin(), names.all.end(), file,
                                      [](const Use& use, FileId wanted) { return use.at.file < wanted; });
  for (auto use = first; use != names.all.end() && use->at.file == file && use->at.begin <= offset; ++use) {
    const bool behind_a_better_one = use->at.end == offset && best != nullptr && best->at.end > offset;
    if (use->at.end >= offset && !behind_a_better_one && (best == nullptr || use->at != best->at)) {
      best = &*use;
    }
  }
  return best;
}

/// A text in the place of another one there: in quotes, in backticks or bare.
std::string written_like(std::string_view there, NameKind kind, const std::string& name) {
  if (there.starts_with('"')) {
    return quote_text(name);
  }
  const bool hides = kind == NameKind::field && (name == "meta" || name == "payload" || name == "unmapped");
  return hides ? "`" + name + "`" : as_name(name);
}

std::string first_lines(std::string_view text) {
  std::size_t end = 0;
  for (std::size_t line = 0; line < kMostShownLines; ++line) {
    const std::size_t next = text.find('\n', end);
    if (next == std::string_view::npos) {
      return std::string(text);
    }
    end = next + 1;
  }
  return std::string(text.substr(0, end)) + "…";
}

/// Up to the first brace of a router, fragment, event or table, which have too much in them.
std::string head_of(std::string_view text) {
  const std::size_t brace = text.find('{');
  return brace == std::string_view::npos ? first_lines(text) : std::string(text.substr(0, brace)) + "{ … }";
}

/// The text without the indentation that its first line has in the file.
std::string without_indent(std::string_view file, Span span) {
  const std::size_t line =
      file.rfind('\n', span.begin) == std::string_view::npos ? 0 : file.rfind('\n', span.begin) + 1;
  const std::string_view indent = file.substr(line, file.find_first_not_of(" \t", line) - line);
  std::string text;
  for (std::string_view rest = file.substr(span.begin, span.size()); !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    std::string_view part = rest.substr(0, end);
    part.remove_prefix(!text.empty() && part.starts_with(indent) ? indent.size() : 0);
    text += part;
    rest.remove_prefix(end);
  }
  return text;
}

std::string code_of(const Names& names, const Definition& definition) {
  const std::string text = without_indent(names.sources.text(definition.whole.file), definition.whole);
  switch (definition.kind) {
    case NameKind::field:
      return as_path(definition.name) + (definition.optional ? "?: " : ": ") + definition.type;
    case NameKind::variable:
      return definition.name + ": " + definition.type;
    case NameKind::router:
    case NameKind::fragment:
      return head_of(text);
    case NameKind::rule:
      return head_of(text);
    case NameKind::event:
    case NameKind::topic:
    case NameKind::let:
    case NameKind::def:
    case NameKind::parameter:
    case NameKind::lookup:
    case NameKind::lookup_column:
    case NameKind::table:
    case NameKind::column:
      return first_lines(text);
  }
  return text;
}

/// "field of event `click`, may be missing"
std::string role_of(const Definition& definition) {
  const std::string of = definition.of.empty() ? "" : " `" + definition.of + "`";
  switch (definition.kind) {
    case NameKind::field:
      return "field of event" + of + (definition.optional ? ", may be missing" : ", always there");
    case NameKind::event:
      return "event";
    case NameKind::topic:
      return of.empty() ? "topic" : "topic of event" + of;
    case NameKind::let:
      return "constant";
    case NameKind::def:
      return "definition, written out where it is used";
    case NameKind::parameter:
      return "parameter of" + of;
    case NameKind::variable:
      return "element of a list";
    case NameKind::lookup:
      return "lookup";
    case NameKind::lookup_column:
      return "column of lookup" + of;
    case NameKind::fragment:
      return "rules for event" + of;
    case NameKind::router:
      return "router for event" + of;
    case NameKind::rule:
      return definition.type + " of" + of;
    case NameKind::table:
      return of.empty() ? "table" : "table of event" + of;
    case NameKind::column:
      return "column of table" + of;
  }
  return "";
}

/// The words at the offset that are no text and no comment.
std::optional<Span> word_at(std::string_view text, std::uint32_t offset) {
  std::uint32_t begin = offset;
  std::uint32_t end = offset;
  while (begin > 0 && is_word_char(text[begin - 1])) {
    --begin;
  }
  while (end < text.size() && is_word_char(text[end])) {
    ++end;
  }
  return begin == end ? std::nullopt : std::optional(Span{0, begin, end});
}

} // namespace

/// Looks into the names as they are, and where the place could not be read, into those of the last good state.
std::optional<Workspace::Spot> Workspace::spot(const std::string& file, Position position) {
  const std::optional<std::string> text = loader()(file);
  if (!text) {
    return std::nullopt;
  }
  const std::uint32_t offset = Lines(*text).offset(position);
  const Known known = names(file);
  for (const auto& names : {known.now, known.before}) {
    const auto found = names == nullptr ? decltype(names->files.begin())() : names->files.find(file);
    if (names == nullptr || found == names->files.end()) {
      continue;
    }
    const std::string_view then = names->sources.text(found->second);
    const auto moved =
        then == *text ? std::optional(std::pair(offset, offset)) : Moved(*text, then).span(offset, offset);
    const Use* use = moved ? use_at(*names, found->second, moved->first) : nullptr;
    const Definition* definition = use == nullptr ? nullptr : names->uses.definition(use->definition);
    if (definition != nullptr) {
      return Spot{names, *use, definition, root_for(file).name, names == known.now};
    }
  }
  return std::nullopt;
}

/// Nothing: the text there has changed since.
std::optional<Place> Workspace::place_now(const Names& names, Span span) const {
  const std::string name(names.sources.name(span.file));
  const std::string_view then = names.sources.text(span.file);
  const std::string* now = text_of(name);
  if (now == nullptr || *now == then) {
    return Place{name, Lines(then).range(span.begin, span.end)};
  }
  const auto moved = Moved(then, *now).span(span.begin, span.end);
  return moved ? std::optional(Place{name, Lines(*now).range(moved->first, moved->second)}) : std::nullopt;
}

std::vector<Place> Workspace::places_of(const Spot& spot, bool with_declaration) {
  std::vector<Place> places;
  for (const Use& use : spot.names->all) {
    const bool wanted = use.definition == spot.definition->at && (with_declaration || use.at != use.definition);
    if (auto place = wanted ? place_now(*spot.names, use.at) : std::nullopt) {
      places.push_back(std::move(*place));
    }
  }
  return places;
}

std::optional<Hover> Workspace::hover(const std::string& file, Position position) {
  const std::optional<std::string> text = loader()(file);
  if (!text) {
    return std::nullopt;
  }
  if (const auto spot = this->spot(file, position)) {
    const Definition& definition = *spot->definition;
    std::string markdown = "```millrace\n" + code_of(*spot->names, definition) + "\n```\n" + role_of(definition);
    const std::string about = comment_above(spot->names->sources.text(definition.at.file), definition.whole.begin);
    markdown += about.empty() ? "" : "\n\n" + about;
    const auto place = place_now(*spot->names, spot->use.at);
    return Hover{place ? place->range : Range{position, position}, std::move(markdown)};
  }
  const Lines lines(*text);
  const auto word = word_at(*text, lines.offset(position));
  const std::string_view rest = word ? std::string_view(*text).substr(word->end) : std::string_view();
  const FunctionDoc* doc = word && rest.starts_with('(')
                               ? find_function_doc(std::string_view(*text).substr(word->begin, word->size()))
                               : nullptr;
  if (doc == nullptr) {
    return std::nullopt;
  }
  return Hover{lines.range(word->begin, word->end),
               "```millrace\n" + std::string(doc->signature) + "\n```\n" + std::string(doc->about)};
}

std::vector<Place> Workspace::definition(const std::string& file, Position position) {
  const auto spot = this->spot(file, position);
  if (!spot) {
    return {};
  }
  std::vector<Place> places;
  for (const Use& use : spot->names->all) { // one place may mean fields of several events
    const auto place = use.at == spot->use.at ? place_now(*spot->names, use.definition) : std::nullopt;
    if (place) {
      places.push_back(*place);
    }
  }
  return places;
}

std::vector<Place> Workspace::references(const std::string& file, Position position, bool with_declaration) {
  const auto spot = this->spot(file, position);
  return spot ? places_of(*spot, with_declaration) : std::vector<Place>();
}

// ---- rename

std::optional<Renamable> Workspace::renamable(const std::string& file, Position position) {
  const auto spot = this->spot(file, position);
  if (!spot || !spot->use.exact) {
    return std::nullopt;
  }
  const auto place = place_now(*spot->names, spot->use.at);
  const std::string& name = spot->definition->name;
  const bool nested = spot->definition->kind == NameKind::field || spot->definition->kind == NameKind::table;
  return place ? std::optional(Renamable{place->range, nested ? name.substr(name.rfind('.') + 1) : name})
               : std::nullopt;
}

Workspace::Renamed Workspace::rename(const std::string& file, Position position, const std::string& new_name) {
  const auto spot = this->spot(file, position);
  if (!spot) {
    return {{}, "there is no name here"};
  }
  if (!spot->is_now || spot->names->has_errors) {
    const Known known = names(file);
    return {{},
            "not every use of a name is known while the rules have errors" +
                (known.now != nullptr ? "; the first is at " + known.now->first_error : std::string())};
  }
  return refused_or_edits(*spot, new_name);
}

Workspace::Renamed Workspace::refused_or_edits(const Spot& spot, const std::string& new_name) {
  const Definition& definition = *spot.definition;
  const std::string quoted = "`" + new_name + "`";
  if (new_name.empty() || new_name.find_first_of("`\n\r") != std::string::npos) {
    return {{}, quoted + " is no name: it is empty, or has a backtick or a line break in it"};
  }
  if (definition.kind == NameKind::topic) {
    if (const std::string problem = check::topic_name_problem(new_name); !problem.empty()) {
      return {{}, quoted + " is no name of a topic: " + problem};
    }
  }
  Renamed renamed;
  std::set<Span, bool (*)(const Span&, const Span&)> places(
      [](const Span& a, const Span& b) { return std::pair(a.file, a.begin) < std::pair(b.file, b.begin); });
  for (const Use& use : spot.names->all) {
    if (use.definition != definition.at) {
      continue;
    }
    if (!use.exact) {
      return {{},
              "`" + definition.name + "` is filled in at " + spot.names->sources.place(use.at) +
                  ", where its name is not written out; change that place first"};
    }
    places.insert(use.at);
  }
  for (const Use& use : spot.names->all) {
    if (places.contains(use.at) && use.definition != definition.at) {
      const Definition* other = spot.names->uses.definition(use.definition);
      return {
          {},
          "at " + spot.names->sources.place(use.at) + " the name also means " +
              (other == nullptr ? "something else" : "the " + role_of(*other).substr(0, role_of(*other).find(','))) +
              "; give that place a name of its own first"};
    }
  }
  for (const Span at : places) {
    const auto place = place_now(*spot.names, at);
    const std::string text = written_like(spot.names->sources.text(at), definition.kind, new_name);
    if (place && text != spot.names->sources.text(at)) {
      renamed.edits[place->file].push_back({place->range, text});
    }
  }
  if (std::string problem = what_is_wrong(spot, renamed.edits); !problem.empty()) {
    return {{}, quoted + " cannot be the name: " + problem};
  }
  return renamed;
}

/// Compiles the rules as they would be: a new name that clashes, or takes the place of another, is found there.
std::string Workspace::what_is_wrong(const Spot& spot, const FileEdits& edits) {
  const auto load = [&](std::string_view name) -> std::optional<std::string> {
    std::optional<std::string> text = loader()(name);
    const auto changed = edits.find(std::string(name));
    if (!text || changed == edits.end()) {
      return text;
    }
    const std::string before = *text;
    const Lines lines(before);
    for (auto edit = changed->second.rbegin(); edit != changed->second.rend(); ++edit) { // from the end
      const std::uint32_t begin = lines.offset(edit->range.begin);
      text->replace(begin, lines.offset(edit->range.end) - begin, edit->text);
    }
    return text;
  };
  ParsedFiles parsed;
  check::Uses uses;
  const Compilation made = diagnose(spot.root, load, parsed, Depth::checked, &uses);
  for (const Diagnostic& diagnostic : made.diagnostics.sorted()) {
    if (diagnostic.is_error()) {
      return diagnostic.headline + " (" + made.sources.place(diagnostic.primary.span) + ")";
    }
  }
  return uses.all().size() == spot.names->all.size() ? "" : "some place would mean another thing than now";
}

// ---- outline

namespace {

std::string detail_of(const Definition& definition) {
  const bool typed = definition.kind == NameKind::field || definition.kind == NameKind::column ||
                     definition.kind == NameKind::lookup_column || definition.kind == NameKind::rule;
  return typed ? definition.type + (definition.kind == NameKind::field && definition.optional ? ", optional" : "")
         : definition.of.empty() || definition.kind == NameKind::parameter ? ""
                                                                           : "for " + definition.of;
}

/// By where they stand in each other.
std::vector<Symbol> tree_of(const std::vector<std::pair<Symbol, Span>>& flat, std::size_t& at, std::uint32_t end) {
  std::vector<Symbol> list;
  while (at < flat.size() && flat[at].second.begin < end) {
    Symbol symbol = flat[at].first;
    const std::uint32_t inside = flat[at].second.end;
    ++at;
    symbol.inside = tree_of(flat, at, inside);
    list.push_back(std::move(symbol));
  }
  return list;
}

} // namespace

std::vector<Symbol> Workspace::symbols(const std::string& file) {
  const Known known = names(file);
  const auto& names = known.now != nullptr ? known.now : known.before;
  if (names == nullptr || !names->files.contains(file)) {
    return {};
  }
  const FileId id = names->files.find(file)->second;
  std::vector<std::pair<Symbol, Span>> flat;
  for (const Definition& definition : names->uses.definitions()) {
    const bool shown = definition.kind != NameKind::parameter && definition.kind != NameKind::variable;
    const auto whole = shown && definition.at.file == id ? place_now(*names, definition.whole) : std::nullopt;
    const auto name = whole ? place_now(*names, definition.at) : std::nullopt;
    if (!name) {
      continue;
    }
    const std::string own =
        definition.kind == NameKind::field ? definition.name.substr(definition.name.rfind('.') + 1) : definition.name;
    flat.emplace_back(Symbol{own, detail_of(definition), definition.kind, whole->range, name->range, {}},
                      definition.whole);
  }
  std::stable_sort(flat.begin(), flat.end(), [](const auto& a, const auto& b) {
    return std::pair(a.second.begin, b.second.end) < std::pair(b.second.begin, a.second.end);
  });
  std::size_t at = 0;
  return tree_of(flat, at, UINT32_MAX);
}

} // namespace millrace::dsl::editor
