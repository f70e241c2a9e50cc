// Some fields of a shape, as a walk over the tokens of an event meets them: for writing the event without them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "dsl/program.hpp"
#include "dsl/read/key_table.hpp"
#include "dsl/values/arena.hpp"

namespace millrace::dsl {

class CutFields {
 public:
  struct Node {
    KeyTable keys; // of what is cut, and of what is around it
    bool cut = false;
  };

  CutFields(const Shape& shape, std::span<const Index> fields);

  const Node& operator[](Index index) const { return nodes_[index]; }
  /// The field of this name below the node, if it is one of those or holds one; `key` as it stands between its quotes.
  static Index find(const Node& node, std::string_view key, Arena& scratch);

 private:
  std::vector<Node> nodes_;
};

/// The token behind the value that begins at `at`, in the text of tokens that a Reader has found to be JSON.
const std::uint32_t* behind_value(std::string_view text, const std::uint32_t* at);

} // namespace millrace::dsl
