// Open texts, and what the compiler says of the roots that they belong to. What names mean is in names.cpp, what may
// be written next in completion.cpp.
#include "dsl/editor/workspace.hpp"

#include <algorithm>
#include <set>

#include "dsl/editor/moved.hpp"
#include "dsl/editor/root.hpp"
#include "dsl/format/format.hpp"

namespace millrace::dsl::editor {
namespace {

/// Positions in the files of one compilation; the lines of a file are counted when something is found in it.
class Places {
 public:
  explicit Places(const SourceMap& sources) : sources_(sources) {}

  Range range(Span span) {
    auto& lines = lines_[span.file];
    if (!lines) {
      lines.emplace(sources_.text(span.file));
    }
    return lines->range(span.begin, span.end);
  }
  Place place(Span span) { return {std::string(sources_.name(span.file)), range(span)}; }

 private:
  const SourceMap& sources_;
  std::map<FileId, std::optional<Lines>> lines_;
};

std::string message_of(const Diagnostic& diagnostic) {
  std::string text = diagnostic.headline;
  if (!diagnostic.primary.text.empty()) {
    text += "\n" + diagnostic.primary.text;
  }
  for (const Help& help : diagnostic.helps) {
    text += "\nhelp: " + help.text;
  }
  for (const std::string& note : diagnostic.notes) {
    text += "\nnote: " + note;
  }
  return text;
}

Finding finding_of(const Diagnostic& diagnostic, Places& places) {
  Finding finding;
  finding.range = places.range(diagnostic.primary.span);
  finding.code = name_of(diagnostic.code);
  finding.is_error = diagnostic.is_error();
  finding.message = message_of(diagnostic);
  for (const Label& label : diagnostic.secondary) {
    finding.related.emplace_back(places.place(label.span), label.text);
  }
  return finding;
}

/// Found when each rule by itself is right.
bool is_of_all_rules(const Diagnostic& diagnostic) {
  return diagnostic.code == Code::unreachable_rule || diagnostic.code == Code::impossible_rule ||
         diagnostic.code == Code::delivered_twice || diagnostic.code == Code::many_compared;
}

/// Where places of one state of the files are in a later one.
class Movement {
 public:
  Movement(const SourceMap& from, const SourceMap& to) : from_(from), to_(to) {}

  /// Nothing: its text has changed, or its file is gone.
  std::optional<Diagnostic> moved(Diagnostic diagnostic) {
    bool there = move(diagnostic.primary.span);
    for (Label& label : diagnostic.secondary) {
      there = move(label.span) && there;
    }
    for (Help& help : diagnostic.helps) {
      help.fix.reset(); // what it would edit may be another text
    }
    return there ? std::optional(std::move(diagnostic)) : std::nullopt;
  }

 private:
  bool move(Span& span) {
    const FileId from = span.file;
    auto known = files_.find(from);
    for (FileId to = 0; known == files_.end() && to < to_.size(); ++to) {
      if (to_.name(to) == from_.name(from)) {
        known = files_.emplace(from, std::pair(to, Moved(from_.text(from), to_.text(to)))).first;
      }
    }
    const auto moved = known == files_.end() ? std::nullopt : known->second.second.span(span.begin, span.end);
    if (moved) {
      span = {known->second.first, moved->first, moved->second};
    }
    return moved.has_value();
  }

  const SourceMap& from_;
  const SourceMap& to_;
  std::map<FileId, std::pair<FileId, Moved>> files_;
};

bool touch(Range a, Range b) { return a.begin <= b.end && b.begin <= a.end; }

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Between two texts that differ in white space alone; else everything is one edit.
std::vector<TextEdit> space_edits(std::string_view from, std::string_view to) {
  const Lines lines(from);
  std::vector<TextEdit> edits;
  std::size_t a = 0;
  std::size_t b = 0;
  while (a < from.size() || b < to.size()) {
    const std::size_t gap_a = a;
    const std::size_t gap_b = b;
    for (; a < from.size() && is_blank(from[a]); ++a) {
    }
    for (; b < to.size() && is_blank(to[b]); ++b) {
    }
    if (from.substr(gap_a, a - gap_a) != to.substr(gap_b, b - gap_b)) {
      edits.push_back({lines.range(static_cast<std::uint32_t>(gap_a), static_cast<std::uint32_t>(a)),
                       std::string(to.substr(gap_b, b - gap_b))});
    }
    for (; a < from.size() && b < to.size() && from[a] == to[b] && !is_blank(from[a]); ++a, ++b) {
    }
    const bool before_space = (a < from.size() && is_blank(from[a])) || (b < to.size() && is_blank(to[b]));
    if (!before_space && (a < from.size() || b < to.size())) {
      return {{lines.range(0, static_cast<std::uint32_t>(from.size())), std::string(to)}};
    }
  }
  return edits;
}

} // namespace

bool Finding::operator==(const Finding& other) const {
  const auto same = [](const auto& a, const auto& b) {
    return a.first.file == b.first.file && a.first.range == b.first.range && a.second == b.second;
  };
  return range == other.range && code == other.code && is_error == other.is_error && message == other.message &&
         std::equal(related.begin(), related.end(), other.related.begin(), other.related.end(), same);
}

Workspace::Workspace(Loader disk, RootOf root_of) : disk_(std::move(disk)), root_of_(std::move(root_of)) {}
Workspace::~Workspace() = default;

Loader Workspace::loader() const {
  return [this](std::string_view name) -> std::optional<std::string> {
    const std::string* text = text_of(name);
    return text != nullptr ? std::optional(*text) : disk_(name);
  };
}

const std::string* Workspace::text_of(std::string_view file) const {
  const auto found = open_.find(file);
  return found == open_.end() ? nullptr : &found->second;
}

// ---- documents

void Workspace::open(const std::string& file, std::string text) {
  open_[file] = std::move(text);
  root_names_.erase(file);
  note_changed();
}

bool Workspace::change(const std::string& file, const std::vector<Change>& changes) {
  const auto found = open_.find(file);
  if (found == open_.end()) {
    return false;
  }
  std::string& text = found->second;
  for (const Change& change : changes) {
    if (!change.range) {
      text = change.text;
      continue;
    }
    const Lines lines(text);
    const std::uint32_t begin = lines.offset(change.range->begin);
    const std::uint32_t end = std::max(begin, lines.offset(change.range->end));
    text.replace(begin, end - begin, change.text);
  }
  note_changed();
  return true;
}

void Workspace::close(const std::string& file) {
  open_.erase(file);
  root_names_.erase(file);
  note_changed();
}

void Workspace::reload() {
  root_names_.clear();
  note_changed();
}

/// A compilation whose files are what they were is left as it is, see is_current().
void Workspace::note_changed() {
  for (const auto& [name, root] : roots_) {
    root->looked_at = false;
  }
}

// ---- compilations

bool Workspace::is_current(Root& root) const {
  if (root.looked_at) {
    return true;
  }
  const SourceMap& sources = root.last.sources;
  for (FileId file = 0; file < sources.size(); ++file) { // before any file is read
    const std::string* open = text_of(sources.name(file));
    if (open != nullptr && *open != sources.text(file)) {
      return false;
    }
  }
  for (FileId file = 0; file < sources.size(); ++file) {
    if (!is_open(sources.name(file)) && disk_(sources.name(file)) != std::string(sources.text(file))) {
      return false;
    }
  }
  // A file that was missing may be there by now.
  const bool was_missing = std::any_of(
      root.last.diagnostics.all().begin(), root.last.diagnostics.all().end(), [](const Diagnostic& diagnostic) {
        return diagnostic.code == Code::import_not_found || diagnostic.code == Code::csv_not_found;
      });
  root.looked_at = !was_missing;
  return root.looked_at;
}

Workspace::Root& Workspace::root_for(const std::string& file) {
  std::string name = file;
  if (is_open(file)) {
    auto known = root_names_.find(file);
    if (known == root_names_.end()) {
      known = root_names_.emplace(file, root_of_(file, loader())).first;
    }
    name = known->second;
  }
  std::unique_ptr<Root>& root = roots_[name];
  if (!root) {
    root = std::make_unique<Root>();
    root->name = name;
  }
  return *root;
}

void Workspace::forget_unused_roots() {
  std::set<std::string, std::less<>> used;
  for (const auto& [file, text] : open_) {
    used.insert(root_for(file).name);
  }
  std::erase_if(roots_, [&](const auto& entry) { return !used.contains(entry.first); });
}

void Workspace::compile(Root& root, Depth depth, bool with_names) {
  const bool current = root.compiled && is_current(root);
  const bool deep_enough = current && (root.complete || depth == Depth::checked);
  if (deep_enough && (root.named || !with_names)) {
    return;
  }
  depth = current && root.complete ? Depth::complete : depth; // so that nothing is lost that is known
  auto names = with_names ? std::make_shared<Names>() : nullptr;
  root.last = diagnose(root.name, loader(), root.parsed, depth, names ? &names->uses : nullptr);
  root.last.ruleset.reset(); // nobody runs it
  root.compiled = true;
  root.complete = depth == Depth::complete;
  root.looked_at = true;
  root.named = with_names;
  if (root.complete) {
    const std::vector<Diagnostic> all = root.last.diagnostics.sorted();
    root.of_all_rules.clear();
    std::copy_if(all.begin(), all.end(), std::back_inserter(root.of_all_rules), is_of_all_rules);
    root.of_all_rules_in = root.of_all_rules.empty() ? SourceMap() : root.last.sources;
  }
  if (!with_names) {
    return;
  }
  root.now = nullptr;
  names->all = names->uses.all();
  if (names->all.empty()) {
    return;
  }
  names->sources = root.last.sources;
  for (FileId file = 0; file < names->sources.size(); ++file) {
    names->files.emplace(names->sources.name(file), file);
  }
  for (const Diagnostic& diagnostic : root.last.diagnostics.sorted()) {
    const bool hides_names = diagnostic.is_error() && !is_of_all_rules(diagnostic);
    if (hides_names && !names->has_errors) {
      names->has_errors = true;
      names->first_error = names->sources.place(diagnostic.primary.span) + ": " + diagnostic.headline;
    }
  }
  root.now = names;
  if (!names->has_errors) {
    root.before = names;
  }
}

Workspace::Known Workspace::names(const std::string& file) {
  Root& root = root_for(file);
  compile(root, Depth::checked, true);
  return {root.now, root.before};
}

// ---- findings

std::vector<FileFindings> Workspace::findings(Depth depth) {
  forget_unused_roots();
  std::map<std::string, std::vector<Finding>> by_file;
  for (const auto& [name, root] : roots_) {
    // What names mean is put down at first, so that it is known when nothing can be read, and then in quiet moments,
    // not while somebody waits for what is wrong.
    compile(*root, depth, depth == Depth::complete || !root->compiled);
    const SourceMap& sources = root->last.sources;
    for (FileId file = 0; file < sources.size(); ++file) {
      by_file[std::string(sources.name(file))];
    }
    Places places(sources);
    std::vector<Diagnostic> all = root->last.diagnostics.sorted();
    if (!root->complete && !root->last.diagnostics.has_errors()) {
      Movement movement(root->of_all_rules_in, sources);
      for (const Diagnostic& diagnostic : root->of_all_rules) {
        if (auto moved = movement.moved(diagnostic)) {
          all.push_back(std::move(*moved));
        }
      }
    }
    for (const Diagnostic& diagnostic : all) {
      std::vector<Finding>& list = by_file[std::string(sources.name(diagnostic.primary.span.file))];
      Finding finding = finding_of(diagnostic, places);
      if (std::find(list.begin(), list.end(), finding) == list.end()) { // two roots may say the same of one file
        list.push_back(std::move(finding));
      }
    }
  }
  std::vector<FileFindings> files;
  for (auto& [file, findings] : by_file) {
    files.push_back({file, std::move(findings)});
  }
  return files;
}

std::vector<Action> Workspace::actions(const std::string& file, Range range) {
  Root& root = root_for(file);
  compile(root, Depth::checked, false);
  std::vector<Action> actions;
  Places places(root.last.sources);
  for (const Diagnostic& diagnostic : root.last.diagnostics.sorted()) {
    const Span at = diagnostic.primary.span;
    if (root.last.sources.name(at.file) != file || !touch(places.range(at), range)) {
      continue;
    }
    for (const Help& help : diagnostic.helps) {
      if (!help.fix) {
        continue;
      }
      Action action{help.text, help.fix->applicability == Applicability::machine, {}, finding_of(diagnostic, places)};
      for (const Edit& edit : help.fix->edits) {
        action.edits[std::string(root.last.sources.name(edit.span.file))].push_back(
            {places.range(edit.span), edit.replacement});
      }
      actions.push_back(std::move(action));
    }
  }
  return actions;
}

std::vector<TextEdit> Workspace::format(const std::string& file) const {
  const std::string* text = text_of(file);
  if (text == nullptr) {
    return {};
  }
  SourceMap sources;
  Diagnostics diagnostics;
  const std::optional<std::string> wanted = format_text(sources, file, *text, diagnostics);
  return wanted ? space_edits(*text, *wanted) : std::vector<TextEdit>();
}

} // namespace millrace::dsl::editor
