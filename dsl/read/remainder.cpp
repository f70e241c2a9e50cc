#include "dsl/read/remainder.hpp"

#include <algorithm>

#include "dsl/read/json_text.hpp"

namespace millrace::dsl {

Remainder::Remainder(const Shape& shape, std::span<const Index> fields) : nodes_(shape.fields.size()) {
  std::vector<bool> touched(nodes_.size(), false);
  for (const Index field : fields) {
    nodes_[field].taken_out = true;
    for (Index at = field; at != kNone; at = shape.fields[at].parent) {
      touched[at] = true;
    }
  }
  for (Index i = 0; i < nodes_.size(); ++i) {
    std::vector<std::pair<std::string, Index>> keys;
    for (const Index child : shape.fields[i].children) {
      if (touched[child]) {
        keys.emplace_back(shape.fields[child].name, child);
      }
    }
    nodes_[i].keys = KeyTable(keys);
  }
}

class Remainder::Walk {
 public:
  Walk(const std::vector<Node>& nodes, const Structure& structure)
      : nodes_(nodes), text_(structure.text()), next_(structure.begin()) {}

  /// At `{`; writes what is left of the object. False, with nothing written, if that is nothing but there was
  /// something.
  bool object(Index index, char*& out) {
    const Node& node = nodes_[index];
    char* const begin = out;
    ++next_;
    *out++ = '{';
    if (text_[*next_] == '}') {
      ++next_;
      *out++ = '}';
      return true;
    }
    char* const members = out;
    do {
      member(node, out, members);
    } while (text_[*next_++] == ',');
    if (out == members && index != 0) {
      out = begin;
      return false;
    }
    *out++ = '}';
    return true;
  }

 private:
  void member(const Node& node, char*& out, const char* members) {
    const std::string_view key = text_.substr(next_[0], next_[1] - next_[0]); // with quotes, maybe white space
    const std::size_t end_quote = key.rfind('"');
    next_ += 2;
    const Index child = find(node, key.substr(1, end_quote - 1));
    if (child != kNone && nodes_[child].taken_out) {
      skip();
      return;
    }
    char* const begin = out;
    if (out != members) {
      *out++ = ',';
    }
    out = std::copy(key.begin(), key.begin() + static_cast<std::ptrdiff_t>(end_quote) + 1, out);
    *out++ = ':';
    if (child != kNone && text_[*next_] == '{') {
      if (!object(child, out)) {
        out = begin;
      }
      return;
    }
    const std::size_t first = *next_;
    skip();
    std::string_view value = text_.substr(first, *next_ - first);
    value = value.substr(0, value.find_last_not_of(" \n\t\r") + 1);
    out = std::copy(value.begin(), value.end(), out);
  }

  Index find(const Node& node, std::string_view key) {
    if (key.find('\\') == std::string_view::npos) {
      return node.keys.find(key);
    }
    return node.keys.find(unescape(key, scratch_).value_or(""));
  }

  /// Behind the value that begins here.
  void skip() {
    int depth = 0;
    do {
      const char c = text_[*next_++];
      depth += c == '{' || c == '[' ? 1 : 0;
      depth -= c == '}' || c == ']' ? 1 : 0;
    } while (depth > 0);
  }

  const std::vector<Node>& nodes_;
  Arena scratch_;
  std::string_view text_;
  const std::uint32_t* next_;
};

std::string_view Remainder::write(const Structure& structure, Arena& arena) const {
  char* const begin = arena.allocate(structure.text().size());
  char* out = begin;
  Walk(nodes_, structure).object(0, out);
  arena.shrink(out);
  return {begin, static_cast<std::size_t>(out - begin)};
}

} // namespace millrace::dsl
