#include "dsl/editor/cursor.hpp"

#include <algorithm>
#include <array>

#include "dsl/syntax/text.hpp"

namespace millrace::dsl::editor {
namespace {

constexpr std::array<std::string_view, 10> kItems = {"import", "let",   "def",    "lookup", "event",
                                                     "topic",  "rules", "router", "table",  "test"};

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::vector<Token> without_comments(std::string_view text) {
  std::vector<Token> tokens = tokenize(text);
  std::erase_if(tokens, [](const Token& token) { return token.kind == TokenKind::comment; });
  return tokens;
}

bool in_comment(std::string_view text) {
  const std::vector<Token> tokens = tokenize(text);
  return tokens.size() > 1 && tokens[tokens.size() - 2].kind == TokenKind::comment &&
         tokens[tokens.size() - 2].end == text.size();
}

} // namespace

std::string bare(std::string_view token) {
  if (token.starts_with('"')) {
    const bool closed = token.size() > 1 && token.ends_with('"');
    const auto text = decode_text(token.substr(1, token.size() - (closed ? 2 : 1)));
    return std::holds_alternative<std::string>(text) ? std::get<std::string>(text) : std::string();
  }
  if (token.starts_with('`')) {
    return std::string(token.substr(1, token.size() - (token.size() > 1 && token.ends_with('`') ? 2 : 1)));
  }
  return std::string(token);
}

Cursor::Cursor(std::string_view text, std::uint32_t offset)
    : tokens_(0, text.substr(0, offset), without_comments(text.substr(0, offset))), begin_(offset) {
  const std::string_view before = text.substr(0, offset);
  std::size_t count = tokens_.size() - 1; // without the end
  if (count > 0 && tokens_[count - 1].end == offset) {
    const Token& last = tokens_[count - 1];
    const bool open_text = last.kind == TokenKind::text && last.flaw == TokenFlaw::unfinished_text;
    const bool open_name = last.kind == TokenKind::quoted_name && last.flaw == TokenFlaw::unfinished_name;
    if (open_text || open_name || last.kind == TokenKind::word) {
      writing_ = open_text ? Writing::text : Writing::word;
      begin_ = last.begin + (open_text ? 1 : 0);
      prefix_ = before.substr(begin_);
      --count;
    } else if (last.kind == TokenKind::number || last.kind == TokenKind::regex) {
      writing_ = Writing::nothing;
    }
  }
  if (in_comment(before.substr(before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1))) {
    writing_ = Writing::nothing;
  }
  count_ = count;
  find_item();
  const std::size_t line = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  first_on_line_ = count_ == 0 || tokens_[index(0)].end <= line;
  find_blocks();
}

/// The last item that begins at the left edge; only what stands behind it counts, whatever is open before.
void Cursor::find_item() {
  for (std::size_t i = count_; i-- > 0;) {
    const bool at_edge = tokens_[i].first_on_line && tokens_[i].line_indent == 0;
    if (at_edge && std::find(kItems.begin(), kItems.end(), tokens_.text(i)) != kItems.end()) {
      first_ = i;
      count_ -= i;
      item_ = tokens_.text(i);
      return;
    }
  }
}

Block Cursor::block_of(std::size_t brace) const {
  if (blocks_.empty()) {
    constexpr std::pair<std::string_view, Block> kBlocks[] = {
        {"event", Block::event},  {"topic", Block::topic}, {"lookup", Block::lookup}, {"router", Block::router},
        {"rules", Block::router}, {"table", Block::table}, {"test", Block::test}};
    for (const auto& [word, block] : kBlocks) {
      if (item_ == word) {
        return block;
      }
    }
    return Block::json;
  }
  switch (blocks_.back().kind) {
    case Block::event:
      return Block::event;
    case Block::body:
      return Block::to;
    case Block::router:
    case Block::group:
      break;
    default:
      return Block::json;
  }
  for (std::size_t i = brace; i-- > first_;) {
    if (tokens_.is(i, "to") && tokens_.is(i + 1, "topic")) {
      return Block::to;
    }
    if (begins_rule(tokens_, i) || tokens_.is(i, "otherwise")) {
      return tokens_.is(i, "group") ? Block::group : Block::body;
    }
  }
  return Block::body;
}

void Cursor::find_blocks() {
  for (std::size_t i = first_; i < first_ + count_; ++i) {
    if (tokens_.is(i, "{")) {
      std::size_t name = i;
      while (name > first_ && (tokens_.is(name - 1, ":") || tokens_.is(name - 1, "?"))) {
        --name;
      }
      const bool named = in(Block::event) || (!blocks_.empty() && name != i);
      blocks_.push_back({block_of(i), named ? bare(tokens_.text(name - 1)) : std::string()});
    } else if (tokens_.is(i, "}") && !blocks_.empty()) {
      blocks_.pop_back();
    }
  }
}

std::string_view Cursor::back(std::size_t i) const { return i < count_ ? tokens_.text(index(i)) : std::string_view(); }
bool Cursor::is_name(std::size_t i) const {
  return i < count_ &&
         (tokens_.is_name(index(i)) || (i + 1 < count_ && is(i + 1, ".") && tokens_[index(i)].kind == TokenKind::word));
}
bool Cursor::is_text(std::size_t i) const { return i < count_ && tokens_.is_text(index(i)); }

Cursor::Path Cursor::path(std::size_t i) const {
  Path path;
  for (std::size_t at = i; is_name(at); at += 2) {
    path.text = bare(back(at)) + (path.text.empty() ? "" : "." + path.text);
    path.length = at + 1 - i;
    if (!is(at + 1, ".")) {
      break;
    }
  }
  return path;
}

std::string Cursor::item_name() const { return count_ > 1 ? bare(back(count_ - 2)) : std::string(); }

std::string Cursor::behind(std::string_view word) const {
  for (std::size_t i = count_; i-- > 1;) {
    if (is(i, word)) {
      return bare(back(i - 1));
    }
  }
  return "";
}

std::string Cursor::inside() const {
  std::string path;
  for (const Open& open : blocks_) {
    path += (path.empty() || open.name.empty() ? "" : ".") + open.name;
  }
  return path;
}

std::size_t Cursor::before_parenthesis() const {
  std::size_t closed = 0;
  for (std::size_t i = 0; i < count_ && !is_one_of(back(i), {"{", "}"}); ++i) {
    if (is(i, ")") || is(i, "]")) {
      ++closed;
    } else if (is(i, "(") || is(i, "[")) {
      if (closed == 0) {
        return i + 1;
      }
      --closed;
    }
  }
  return SIZE_MAX;
}

std::vector<std::string> Cursor::variables() const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count_; ++i) {
    if ((is(i, "some") || is(i, "every")) && i >= 2 && is(i - 2, "in")) {
      names.push_back(bare(back(i - 1)));
    }
    if (is_one_of(back(i), {"when", "{", "}"})) {
      break;
    }
  }
  const bool has_parameters = item_ == "def" && count_ > 2 && back(count_ - 3) == "(";
  for (std::size_t i = count_; has_parameters && i-- > 1 && !is(i, "=");) {
    if (is(i - 1, ":") && is_name(i)) {
      names.push_back(bare(back(i)));
    }
  }
  return names;
}

} // namespace millrace::dsl::editor
