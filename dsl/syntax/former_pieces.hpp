// The items and rules of a file as it was parsed before, to be found by their text and copied to where it stands now.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <unordered_map>

#include "dsl/syntax/ast.hpp"

namespace millrace::dsl {

class FormerPieces {
 public:
  /// All three are to outlive it. Pieces in which something was found are left out.
  FormerPieces(const ast::File& file, std::string_view text, std::span<const Span> findings);

  /// If the text at this place was an item or a rule: `node`, which is to be part of `to`, is what it was. `text` is
  /// the whole of the new file.
  bool copy(std::string_view text, Span at, ast::File& to, ast::ItemNode& node);
  bool copy(std::string_view text, Span at, ast::File& to, ast::Rule& node);

  std::size_t copied() const { return copied_; }

 private:
  void add(const std::vector<ast::Rule>& rules, std::span<const Span> findings);

  const ast::File& file_;
  std::string_view text_;
  std::unordered_map<std::string_view, const ast::Item*> items_; // but routers and fragments
  std::unordered_map<std::string_view, const ast::Rule*> rules_; // but groups
  std::size_t copied_ = 0;
};

} // namespace millrace::dsl
