// What stands inside the quotes of a text literal: escapes, and the holes of an interpolated one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "dsl/syntax/ast.hpp"

namespace millrace::dsl {

struct TextError {
  std::uint32_t offset = 0; // into the raw text
  std::uint32_t length = 1;
  std::string what;
};

/// The text that `raw` stands for; braces stand for themselves.
std::variant<std::string, TextError> decode_text(std::string_view raw);

/// `{a.b}` in a topic name, header or key.
struct Hole {
  std::vector<ast::Step> steps;
  Span span; // without the braces
};
using TextPart = std::variant<std::string, Hole>;

/// Constant parts and holes in turn; `{{` and `}}` are braces. The parts' names are views into the source.
std::variant<std::vector<TextPart>, TextError> split_holes(const ast::Text& text);

/// The first byte that belongs to no character.
std::optional<std::uint32_t> first_bad_utf8(std::string_view text);

/// True if the text holds something like `{name}`, which means nothing where holes are not filled.
bool looks_like_hole(std::string_view raw);

/// A text literal for `text`, with quotes and escapes.
std::string quote_text(std::string_view text);

} // namespace millrace::dsl
