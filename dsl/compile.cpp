// Loading the closure of a root file, and the phases: parse, declare, check, seal.
#include "dsl/compile.hpp"

#include "dsl/check/declarations.hpp"
#include "dsl/check/definitions.hpp"
#include "dsl/check/lookups.hpp"
#include "dsl/check/reach.hpp"
#include "dsl/check/routers.hpp"
#include "dsl/check/runs.hpp"
#include "dsl/check/tables.hpp"
#include "dsl/check/test_blocks.hpp"
#include "dsl/diagnostic/render.hpp"
#include "dsl/index/rule_index.hpp"
#include "dsl/meaning.hpp"
#include "dsl/syntax/no_text.hpp"
#include "dsl/syntax/parser.hpp"
#include "dsl/syntax/text.hpp"

namespace millrace::dsl {
namespace {

constexpr std::size_t kMaxFiles = 1000;
constexpr std::size_t kMaxFileSize = std::size_t{64} << 20;
constexpr const char* kFixtures = "fixtures/";

/// `a/b/` of `a/b/c.rules`.
std::string folder_of(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string_view::npos ? "" : std::string(name.substr(0, slash + 1));
}

/// A path without `.` and `..`; nothing if it is absolute or leads out of where it starts.
std::optional<std::string> normal_path(std::string_view path) {
  std::vector<std::string_view> parts;
  if (path.empty() || path.front() == '/') {
    return std::nullopt;
  }
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t slash = std::min(path.find('/', at), path.size());
    const std::string_view part = path.substr(at, slash - at);
    at = slash + 1;
    if (part == "..") {
      if (parts.empty()) {
        return std::nullopt;
      }
      parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
  }
  std::string joined;
  for (const std::string_view part : parts) {
    joined += (joined.empty() ? "" : "/") + std::string(part);
  }
  return joined;
}

/// Loads and parses files, each once, in the order of their imports; then the CSV files of lookups.
class Closure {
 public:
  enum class Lookups { own_files, fixtures_first };
  using CsvFiles = std::map<std::pair<FileId, std::uint32_t>, FileId>;

  Closure(Compilation& out, const Loader& load, Lookups lookups, ParsedFiles& parsed)
      : out_(out), load_(load), lookups_(lookups), parsed_(parsed) {}

  std::vector<ast::File> run(std::string_view root) {
    base_ = folder_of(root);
    std::string why_not = "there is no rules file `" + std::string(root) + "`";
    auto text = read(std::string(root), why_not);
    if (!text) {
      const FileId file = out_.sources.add(std::string(root), "");
      out_.diagnostics.add(Code::import_not_found, {file, 0, 0}, why_not, "").help("name the root file of the rules");
      return {};
    }
    add(std::string(root.substr(base_.size())), std::move(*text), {});
    for (std::size_t i = 0; i < files_.size(); ++i) {
      // Imports of file i are appended; its items do not move.
      const std::vector<ast::Text> imports = imports_of(files_[i]);
      for (const ast::Text& import : imports) {
        if (out_.diagnostics.error_count() > Diagnostics::kMaxErrors) {
          break;
        }
        if (!follow(import, names_[i])) { // any name may stand in it
          files_[i].broken.push_back({ast::kAnyName, ast::kAnyName});
        }
      }
    }
    for (const ast::File& file : files_) {
      for (const ast::Item& item : file.items) {
        const auto* lookup = std::get_if<ast::Lookup>(&item.node);
        if (lookup != nullptr && lookup->csv && out_.diagnostics.error_count() <= Diagnostics::kMaxErrors) {
          load_csv(*lookup, file.id);
        }
      }
    }
    return std::move(files_);
  }

  CsvFiles csv_files() const { return csv_files_; }

  std::vector<RulesFile> listed() const {
    std::vector<RulesFile> list;
    for (FileId file = 0; file < out_.sources.size(); ++file) {
      list.push_back({std::string(out_.sources.name(file)), hash_of(out_.sources.text(file))});
    }
    return list;
  }

  /// Of names below the root's folder and texts, so that it does not depend on where the rules lie.
  std::string hash() const {
    std::map<std::string, std::string> parts;
    for (FileId file = 0; file < out_.sources.size(); ++file) {
      parts[names_[file]] = hash_of(out_.sources.text(file));
    }
    std::string all = names_.front() + "\n";
    for (const auto& [name, hash] : parts) {
      all += name + "\n" + hash + "\n";
    }
    return hash_of(all);
  }

 private:
  static std::vector<ast::Text> imports_of(const ast::File& file) {
    std::vector<ast::Text> imports;
    for (const ast::Item& item : file.items) {
      if (const auto* import = std::get_if<ast::Import>(&item.node)) {
        imports.push_back(import->file);
      }
    }
    return imports;
  }

  /// The name below the root's folder of what `from` names; nothing if it leads out of it, which is reported.
  std::optional<std::string> below_root(const ast::Text& path, const std::string& from, Code code) {
    auto name = normal_path(folder_of(from) + std::string(path.text));
    if (!name || path.text.empty() || path.text.front() == '/') {
      out_.diagnostics
          .add(code, path.span, "`" + std::string(path.text) + "` leads out of the folder of the rules",
               "not below the root file")
          .help("paths are relative, and stay in the folder of the root file or below it");
      return std::nullopt;
    }
    return name;
  }

  /// False if it cannot be read, which is reported.
  bool follow(const ast::Text& import, const std::string& from) {
    const auto name = below_root(import, from, Code::import_not_found);
    if (!name) {
      return false;
    }
    if (std::find(names_.begin(), names_.end(), *name) != names_.end()) {
      return true;
    }
    if (files_.size() == kMaxFiles) {
      out_.diagnostics.add(Code::import_not_found, import.span, "more than 1,000 files", "one too many")
          .help("join files that belong together");
      return false;
    }
    auto text = load(*name, import.span, Code::import_not_found);
    if (text) {
      add(*name, std::move(*text), import.span);
    }
    return text.has_value();
  }

  /// `why_not` is replaced where the file is there and cannot be read.
  std::optional<std::string> read(const std::string& name, std::string& why_not) const {
    try {
      return load_(name);
    } catch (const Unreadable& error) {
      why_not = "`" + name + "` cannot be read: " + error.what();
      return std::nullopt;
    }
  }

  std::optional<std::string> load(const std::string& name, Span named_at, Code code) {
    const std::string absent = "there is no file `" + base_ + name + "`";
    std::string why_not = absent;
    auto text = read(base_ + name, why_not);
    if (!text && why_not != absent) {
      out_.diagnostics.add(code, named_at, why_not, "named here").help("let the user who runs this read it");
    } else if (!text) {
      auto& diagnostic = out_.diagnostics.add(code, named_at, why_not, "not found");
      const Span before_quote{named_at.file, named_at.end - 1, named_at.end - 1};
      std::string ignored;
      if (code == Code::import_not_found && read(base_ + name + ".rules", ignored)) {
        diagnostic.help("there is `" + base_ + name + ".rules`",
                        Fix{{{before_quote, ".rules"}}, Applicability::machine, "fix: insert `.rules`"});
      } else {
        diagnostic.help("the path is relative to the file that it stands in");
      }
    }
    return text;
  }

  void load_csv(const ast::Lookup& lookup, FileId file) {
    const std::pair<FileId, std::uint32_t> place{file, lookup.csv->span.begin};
    if (lookups_ == Lookups::fixtures_first) {
      const std::string name = kFixtures + std::string(lookup.name.text) + ".csv";
      std::string ignored;
      if (auto text = read(base_ + name, ignored)) {
        return add_csv(place, name, std::move(*text), lookup.csv->span);
      }
    }
    const auto name = below_root(*lookup.csv, names_[file], Code::csv_not_found);
    if (!name) {
      return;
    }
    if (const auto known = std::find(names_.begin(), names_.end(), *name); known != names_.end()) {
      csv_files_[place] = static_cast<FileId>(known - names_.begin());
    } else if (auto text = load(*name, lookup.csv->span, Code::csv_not_found)) {
      add_csv(place, *name, std::move(*text), lookup.csv->span);
    }
  }

  void add_csv(std::pair<FileId, std::uint32_t> place, const std::string& name, std::string text, Span named_at) {
    if (text.size() > kMaxFileSize) {
      out_.diagnostics.add(Code::csv_not_found, named_at, "`" + base_ + name + "` is larger than 64 MiB", "too large")
          .help("split the lookup");
      return;
    }
    const FileId file = out_.sources.add(base_ + name, std::move(text));
    names_.push_back(name);
    if (const auto bad = first_no_text(out_.sources.text(file))) {
      out_.diagnostics.add(Code::not_utf8, {file, bad->at, bad->at + 1}, bad->what, bad->there).help(bad->way_out);
      return;
    }
    csv_files_[place] = file;
  }

  void add(const std::string& name, std::string text, Span import) {
    const bool too_large = text.size() > kMaxFileSize;
    const FileId file = parsed_.add(out_.sources, base_ + name, too_large ? "" : std::move(text));
    if (too_large) {
      out_.diagnostics
          .add(Code::import_not_found, file == 0 ? Span{0, 0, 0} : import,
               "`" + base_ + name + "` is larger than 64 MiB", "too large")
          .help("split it");
    }
    names_.push_back(name);
    files_.push_back(parsed_.parse(out_.sources, file, out_.diagnostics));
  }

  Compilation& out_;
  const Loader& load_;
  const Lookups lookups_;
  ParsedFiles& parsed_;
  std::string base_;               // folder of the root
  std::vector<std::string> names_; // below it, by file
  std::vector<ast::File> files_;   // rules; CSV files have the numbers behind them
  CsvFiles csv_files_;
};

bool all_readable(const std::vector<ast::File>& files) {
  return !files.empty() && std::all_of(files.begin(), files.end(), [](const ast::File& file) { return file.readable; });
}

} // namespace

std::string Compilation::text(Colours colours) const { return render_text(diagnostics, sources, colours); }
std::string Compilation::json() const { return render_json(diagnostics, sources); }

namespace {

enum class Reach { checked, not_checked };

struct Asked {
  Reach reach = Reach::checked;
  Depth depth = Depth::complete;
  check::Uses* uses = nullptr;
};

/// Nothing, if there are errors.
std::shared_ptr<const Ruleset> ruleset_of(const std::vector<ast::File>& files, const Closure& closure, Compilation& out,
                                          const Asked& asked) {
  auto ruleset = std::make_shared<Ruleset>();
  check::Context context{
      out.sources,         files, out.diagnostics, ruleset->program, {}, {}, {}, {}, {}, {}, {}, {}, {},
      closure.csv_files(), {},    asked.uses};
  check::declare_all(context);
  check::declare_lookups(context);
  if (asked.uses != nullptr) {
    check::collect_declared(context, *asked.uses);
  }
  check::check_routers(context);
  check::check_tables(context);
  check::check_unused(context);
  ruleset->tests = check::check_tests(context);
  if (asked.depth == Depth::checked) {
    return nullptr;
  }
  if (!out.diagnostics.has_errors() && asked.reach == Reach::checked) {
    check::check_reach(context);
  }
  if (out.diagnostics.has_errors()) {
    return nullptr;
  }
  check::warn_of_runs(context);
  ruleset->program.seal();
  ruleset->costs = index_rules(ruleset->program);
  check::warn_of_crowds(context, ruleset->costs);
  ruleset->files = closure.listed();
  ruleset->hash = closure.hash();
  ruleset->meanings = meanings_of(ruleset->program);
  return ruleset;
}

Compilation compile(std::string_view root, const Loader& load, Closure::Lookups lookups, const Asked& asked,
                    ParsedFiles& parsed) {
  Compilation out;
  Closure closure(out, load, lookups, parsed);
  std::vector<ast::File> files = closure.run(root);
  if (all_readable(files)) { // else names are missing, so that nothing can be said of the rest
    out.ruleset = ruleset_of(files, closure, out, asked);
  }
  parsed.keep(out.sources, std::move(files));
  return out;
}

} // namespace

Compilation compile(std::string_view root, const Loader& load, ParsedFiles& parsed) {
  return compile(root, load, Closure::Lookups::own_files, Asked{}, parsed);
}

Compilation diagnose(std::string_view root, const Loader& load, ParsedFiles& parsed, Depth depth, check::Uses* uses) {
  return compile(root, load, Closure::Lookups::own_files, Asked{Reach::checked, depth, uses}, parsed);
}

Compilation compile(std::string_view root, const Loader& load) {
  ParsedFiles parsed;
  return compile(root, load, parsed);
}

Compilation compile_with_unreachable(std::string_view root, const Loader& load) {
  ParsedFiles parsed;
  return compile(root, load, Closure::Lookups::own_files, Asked{Reach::not_checked, Depth::complete, nullptr}, parsed);
}

Compilation compile_with_fixtures(std::string_view root, const Loader& load) {
  ParsedFiles parsed;
  return compile(root, load, Closure::Lookups::fixtures_first, Asked{}, parsed);
}

std::string fixture_of(std::string_view root, std::string_view lookup) {
  return folder_of(root) + kFixtures + std::string(lookup) + ".csv";
}

std::vector<std::string> files_of(std::string_view root, const Loader& load) {
  Compilation read;
  std::vector<std::string> names;
  ParsedFiles parsed;
  if (Closure(read, load, Closure::Lookups::own_files, parsed).run(root).empty()) {
    return names;
  }
  for (FileId file = 0; file < read.sources.size(); ++file) {
    names.emplace_back(read.sources.name(file));
  }
  return names;
}

ParsedClosure parse_closure(std::string_view root, const Loader& load) {
  Compilation read;
  ParsedFiles parsed;
  std::vector<ast::File> files = Closure(read, load, Closure::Lookups::own_files, parsed).run(root);
  return {std::move(read.sources), std::move(files)};
}

} // namespace millrace::dsl
