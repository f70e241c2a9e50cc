#include "dsl/syntax/parsed_files.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "dsl/syntax/former_pieces.hpp"
#include "dsl/syntax/parser.hpp"

namespace millrace::dsl {

FileId ParsedFiles::add(SourceMap& sources, std::string name, std::string text) const {
  const auto former = kept_.find(name);
  if (former != kept_.end() && *former->second.text == text) {
    return sources.add(std::move(name), former->second.text); // so that the tree is one of this text
  }
  return sources.add(std::move(name), std::move(text));
}

ast::File ParsedFiles::parse(const SourceMap& sources, FileId id, Diagnostics& diagnostics) {
  const auto kept = kept_.find(sources.name(id));
  Entry* const former = kept == kept_.end() ? nullptr : &kept->second;
  std::vector<Span>& findings = found_[id];
  if (former != nullptr && former->text == sources.shared_text(id) && former->file.id == id &&
      former->findings.empty()) {
    ++unchanged_files_;
    return std::move(former->file);
  }
  std::optional<FormerPieces> pieces;
  if (former != nullptr) {
    pieces.emplace(former->file, *former->text, former->findings);
  }
  const std::size_t before = diagnostics.all().size();
  ast::File file = parse_file(sources, id, diagnostics, pieces ? &*pieces : nullptr);
  for (std::size_t i = before; i < diagnostics.all().size(); ++i) {
    findings.push_back(diagnostics.all()[i].primary.span);
  }
  if (diagnostics.is_full()) {
    findings.push_back({id, 0, static_cast<std::uint32_t>(sources.text(id).size())}); // and who knows where
  }
  copied_pieces_ += pieces ? pieces->copied() : 0;
  return file;
}

void ParsedFiles::keep(const SourceMap& sources, std::vector<ast::File> files) {
  // While somebody types a text that has not been closed, nothing of its file is known, nor what it imports: what was
  // there before will be there again.
  const bool all_readable =
      std::all_of(files.begin(), files.end(), [](const ast::File& file) { return file.readable; });
  std::map<std::string, Entry, std::less<>> before = std::exchange(kept_, {});
  for (ast::File& file : files) {
    const FileId id = file.id;
    const std::string name(sources.name(id));
    if (file.readable) {
      kept_[name] = {sources.shared_text(id), std::move(file), std::move(found_[id])};
    }
  }
  if (!all_readable) {
    kept_.merge(before);
  }
  found_.clear();
}

} // namespace millrace::dsl
