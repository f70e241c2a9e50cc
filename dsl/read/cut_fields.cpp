#include "dsl/read/cut_fields.hpp"

#include <string>
#include <utility>

#include "dsl/read/json_text.hpp"

namespace millrace::dsl {

CutFields::CutFields(const Shape& shape, std::span<const Index> fields) : nodes_(shape.fields.size()) {
  std::vector<bool> touched(nodes_.size(), false);
  for (const Index field : fields) {
    nodes_[field].cut = true;
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

Index CutFields::find(const Node& node, std::string_view key, Arena& scratch) {
  if (key.find('\\') == std::string_view::npos) {
    return node.keys.find(key);
  }
  return node.keys.find(unescape(key, scratch).value_or(""));
}

const std::uint32_t* behind_value(std::string_view text, const std::uint32_t* at) {
  int depth = 0;
  do {
    const char c = text[*at++];
    depth += c == '{' || c == '[' ? 1 : 0;
    depth -= c == '}' || c == ']' ? 1 : 0;
  } while (depth > 0);
  return at;
}

} // namespace millrace::dsl
