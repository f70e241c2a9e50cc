// Cutting a piece into tokens once more, for its message.
#include "dsl/grammar/failure_tokens.hpp"

#include <algorithm>
#include <array>

namespace millrace::dsl::grammar {

FailureTokens::FailureTokens(const Failure& failure) : failure_(failure) {
  const char* const last = failure.piece.data() + failure.piece.size();
  begin_.text = failure.piece.substr(0, 0);
  end_.text = failure.piece.substr(failure.piece.size());
  bool after_matches = false;
  for (const char* at = skip_blank(failure.piece.data(), last); at < last; at = skip_blank(at, last)) {
    const Lexeme lexeme = read_lexeme(at, last, after_matches && at != failure.at);
    if (at <= failure.at) {
      found_ = tokens_.size();
    }
    tokens_.push_back(lexeme);
    after_matches = lexeme.kind == TokenKind::word && lexeme.text == "matches";
    at += lexeme.text.size();
  }
  if (failure.at >= last) {
    found_ = tokens_.size();
  }
}

const Lexeme& FailureTokens::behind(std::size_t count) const {
  return found_ + count < tokens_.size() ? tokens_[found_ + count] : end_;
}

const Lexeme& FailureTokens::before(std::size_t count) const {
  return count <= found_ && found_ - count < tokens_.size() ? tokens_[found_ - count] : begin_;
}

std::string_view FailureTokens::clause() const {
  const std::size_t own = failure_.at_new_line && found_ > 0 ? found_ - 1 : found_;
  if (own >= tokens_.size()) {
    return item();
  }
  std::size_t first = own;
  const auto on_one_line = [&](std::size_t left, std::size_t right) {
    const char* const begin = tokens_[left].text.data();
    return std::find(begin, tokens_[right].text.data(), '\n') == tokens_[right].text.data();
  };
  constexpr std::array<std::string_view, 5> kClauses = {"key", "header", "partition", "timestamp", "omit"};
  const bool in_table = item() == "table";
  const auto is_clause = [&](std::string_view word) {
    return !in_table && std::find(kClauses.begin(), kClauses.end(), word) != kClauses.end();
  };
  while (first > 0 && !is_clause(tokens_[first].text) && on_one_line(first - 1, own)) {
    --first;
  }
  return tokens_[first].text;
}

bool FailureTokens::inside() const {
  const auto end = tokens_.begin() + static_cast<std::ptrdiff_t>(std::min(found_, tokens_.size()));
  return std::find_if(tokens_.begin(), end, [](const Lexeme& token) { return token.text == "{"; }) != end;
}

} // namespace millrace::dsl::grammar
