// What was parsed in one compilation, kept for the next: a file that has not changed is not parsed again, and of one
// that has, neither are the items and rules that stand in it word for word as before.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dsl/diagnostic.hpp"
#include "dsl/syntax/ast.hpp"

namespace millrace::dsl {

class ParsedFiles {
 public:
  /// Adds a file to those of this compilation.
  FileId add(SourceMap& sources, std::string name, std::string text) const;

  /// As parse_file(); the file is one that add() has added.
  ast::File parse(const SourceMap& sources, FileId id, Diagnostics& diagnostics);

  /// Ends a compilation: these are what the next one finds.
  void keep(const SourceMap& sources, std::vector<ast::File> files);

  /// Items and rules, and whole files, that did not have to be parsed.
  std::size_t copied_pieces() const { return copied_pieces_; }
  std::size_t unchanged_files() const { return unchanged_files_; }

 private:
  struct Entry {
    std::shared_ptr<const std::string> text; // which the tree refers to
    ast::File file;
    std::vector<Span> findings; // whatever was said there has to be said again
  };

  std::map<std::string, Entry, std::less<>> kept_; // by name
  std::map<FileId, std::vector<Span>> found_;      // in this compilation
  std::size_t copied_pieces_ = 0;
  std::size_t unchanged_files_ = 0;
};

} // namespace millrace::dsl
