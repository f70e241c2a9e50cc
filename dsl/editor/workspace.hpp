// The rules files that somebody has open in an editor, over those on disk, and what the compiler says of them. Does no
// I/O itself: files are read through a Loader, and who asks says which root a file belongs to.
//
//   Workspace workspace(read_file, root_of);
//   workspace.open("rules/ads.rules", text);
//   for (const FileFindings& file : workspace.findings(Depth::checked)) { … }
//
// Files have the names by which the root's compilation knows them. One thread at a time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/check/uses.hpp"
#include "dsl/compile.hpp"
#include "dsl/editor/positions.hpp"

namespace millrace::dsl::editor {

struct Change {
  std::optional<Range> range; // none: all of it
  std::string text;
};

struct Place {
  std::string file;
  Range range;
};

struct TextEdit {
  Range range;
  std::string text;
};
using FileEdits = std::map<std::string, std::vector<TextEdit>>; // by file

/// A diagnostic as an editor shows it.
struct Finding {
  Range range;
  std::string code;
  bool is_error = true;
  std::string message; // with the helps and notes
  std::vector<std::pair<Place, std::string>> related;
  bool operator==(const Finding&) const;
};

struct FileFindings {
  std::string file;
  std::vector<Finding> findings;
};

/// A fix that one of the findings offers.
struct Action {
  std::string title;
  bool preferred = false; // the one right answer
  FileEdits edits;
  Finding finding; // which it mends
};

/// Something that a file declares, and what it declares inside.
struct Symbol {
  std::string name;
  std::string detail;
  check::NameKind kind = check::NameKind::event;
  Range whole;
  Range name_range;
  std::vector<Symbol> inside;
};

struct Hover {
  Range range;
  std::string markdown;
};

/// Where a rename would be made, and what stands there.
struct Renamable {
  Range range;
  std::string name;
};

/// What the names of one compilation mean. Texts are those of that compilation.
struct Names {
  SourceMap sources;
  check::Uses uses;
  std::vector<check::Use> all; // of uses
  std::map<std::string, FileId, std::less<>> files;
  bool has_errors = false; // because of which some use may be missing
  std::string first_error; // with its place
};

/// Finds the root that imports a file, or names the file itself. Files that are open are to be read through the loader.
using RootOf = std::function<std::string(const std::string& file, const Loader& load)>;

class Workspace {
 public:
  Workspace(Loader disk, RootOf root_of);
  ~Workspace();

  void open(const std::string& file, std::string text);
  /// False: the file is not open.
  bool change(const std::string& file, const std::vector<Change>& changes);
  void close(const std::string& file);
  /// Files on disk may be others now.
  void reload();

  const std::string* text_of(std::string_view file) const; // of an open one
  bool is_open(std::string_view file) const { return text_of(file) != nullptr; }

  /// What is wrong with the files of every root that has one open, sorted by name; those without findings too. What has
  /// not changed since is not compiled again.
  std::vector<FileFindings> findings(Depth depth);

  std::vector<Action> actions(const std::string& file, Range range);
  std::vector<Symbol> symbols(const std::string& file);
  /// Nothing: it does not parse, or is in the one style already.
  std::vector<TextEdit> format(const std::string& file) const;

  std::optional<Hover> hover(const std::string& file, Position position);
  std::vector<Place> definition(const std::string& file, Position position);
  std::vector<Place> references(const std::string& file, Position position, bool with_declaration);
  std::optional<Renamable> renamable(const std::string& file, Position position);
  struct Renamed {
    FileEdits edits;
    std::string refusal; // not empty: why it cannot be
  };
  Renamed rename(const std::string& file, Position position, const std::string& new_name);

  /// The names that are known around a file: of its text as it is now, as far as it can be read, and of the last one
  /// without errors before that. Either may be absent.
  struct Known {
    std::shared_ptr<const Names> now;
    std::shared_ptr<const Names> before;
  };
  Known names(const std::string& file);

  Loader loader() const;

 private:
  struct Root;
  struct Spot;

  Root& root_for(const std::string& file);
  void compile(Root& root, Depth depth, bool with_names);
  bool is_current(Root& root) const;
  void note_changed();
  void forget_unused_roots();
  std::optional<Spot> spot(const std::string& file, Position position);
  std::optional<Place> place_now(const Names& names, Span span) const;
  std::vector<Place> places_of(const Spot& spot, bool with_declaration);
  Renamed refused_or_edits(const Spot& spot, const std::string& new_name);
  std::string what_is_wrong(const Spot& spot, const FileEdits& edits);

  Loader disk_;
  RootOf root_of_;
  std::map<std::string, std::string, std::less<>> open_;       // texts
  std::map<std::string, std::string, std::less<>> root_names_; // of open files
  std::map<std::string, std::unique_ptr<Root>, std::less<>> roots_;
};

} // namespace millrace::dsl::editor
