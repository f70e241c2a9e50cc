// Loading the closure of a root file, and the phases: parse, declare, check, seal.
#include "dsl/compile.hpp"

#include "dsl/check/declarations.hpp"
#include "dsl/check/definitions.hpp"
#include "dsl/check/routers.hpp"
#include "dsl/check/tables.hpp"
#include "dsl/check/test_blocks.hpp"
#include "dsl/diagnostic/render.hpp"
#include "dsl/index/rule_index.hpp"
#include "dsl/meaning.hpp"
#include "dsl/syntax/parser.hpp"

namespace millrace::dsl {
namespace {

constexpr std::size_t kMaxFiles = 1000;
constexpr std::size_t kMaxFileSize = std::size_t{64} << 20;

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

/// Loads and parses files, each once, in the order of their imports.
class Closure {
 public:
  Closure(Compilation& out, const Loader& load) : out_(out), load_(load) {}

  std::vector<ast::File> run(std::string_view root) {
    base_ = folder_of(root);
    auto text = load_(root);
    if (!text) {
      const FileId file = out_.sources.add(std::string(root), "");
      out_.diagnostics
          .add(Code::import_not_found, {file, 0, 0}, "there is no rules file `" + std::string(root) + "`", "")
          .help("name the root file of the rules");
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
        follow(import, names_[i]);
      }
    }
    return std::move(files_);
  }

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

  void follow(const ast::Text& import, const std::string& from) {
    const auto refuse = [&](std::string headline, std::string label) -> Diagnostic& {
      return out_.diagnostics.add(Code::import_not_found, import.span, std::move(headline), std::move(label));
    };
    const auto name = normal_path(folder_of(from) + std::string(import.text));
    if (!name || import.text.empty() || import.text.front() == '/') {
      refuse("`" + std::string(import.text) + "` leads out of the folder of the rules", "not below the root file")
          .help("imports are relative, and stay in the folder of the root file or below it");
      return;
    }
    if (std::find(names_.begin(), names_.end(), *name) != names_.end()) {
      return;
    }
    if (files_.size() == kMaxFiles) {
      refuse("more than 1,000 files", "one too many").help("join files that belong together");
      return;
    }
    auto text = load_(base_ + *name);
    if (!text) {
      refuse("there is no file `" + base_ + *name + "`", "not found")
          .help("the path is relative to the file that it stands in");
      return;
    }
    add(*name, std::move(*text), import.span);
  }

  void add(const std::string& name, std::string text, Span import) {
    const bool too_large = text.size() > kMaxFileSize;
    const FileId file = out_.sources.add(base_ + name, too_large ? "" : std::move(text));
    if (too_large) {
      out_.diagnostics
          .add(Code::import_not_found, file == 0 ? Span{0, 0, 0} : import,
               "`" + base_ + name + "` is larger than 64 MiB", "too large")
          .help("split it");
    }
    names_.push_back(name);
    files_.push_back(parse_file(out_.sources, file, out_.diagnostics));
  }

  Compilation& out_;
  const Loader& load_;
  std::string base_;               // folder of the root
  std::vector<std::string> names_; // below it, by file
  std::vector<ast::File> files_;
};

bool all_readable(const std::vector<ast::File>& files) {
  return !files.empty() && std::all_of(files.begin(), files.end(), [](const ast::File& file) { return file.readable; });
}

} // namespace

std::string Compilation::text() const { return render_text(diagnostics, sources); }
std::string Compilation::json() const { return render_json(diagnostics, sources); }

Compilation compile(std::string_view root, const Loader& load) {
  Compilation out;
  Closure closure(out, load);
  const std::vector<ast::File> files = closure.run(root);
  if (!all_readable(files)) {
    return out; // names that stand in what cannot be read are not known, so nothing can be said of the rest
  }
  auto ruleset = std::make_shared<Ruleset>();
  check::Context context{out.sources, files, out.diagnostics, ruleset->program, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
  check::declare_all(context);
  check::check_routers(context);
  check::check_tables(context);
  check::check_unused(context);
  ruleset->tests = check::check_tests(context);
  if (out.diagnostics.has_errors()) {
    return out;
  }
  ruleset->program.seal();
  for (Router& router : ruleset->program.routers) {
    router.index = build_index(ruleset->program, router);
  }
  ruleset->files = closure.listed();
  ruleset->hash = closure.hash();
  ruleset->meanings = meanings_of(ruleset->program);
  out.ruleset = std::move(ruleset);
  return out;
}

std::vector<std::string> files_of(std::string_view root, const Loader& load) {
  Compilation read;
  std::vector<std::string> names;
  if (Closure(read, load).run(root).empty()) {
    return names;
  }
  for (FileId file = 0; file < read.sources.size(); ++file) {
    names.emplace_back(read.sources.name(file));
  }
  return names;
}

} // namespace millrace::dsl
