// What is run as rules would write it: `lower(app.id)`, `device.os in ("android", "ios")`. For people who ask why.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "dsl/program.hpp"

namespace millrace::dsl {

class NodeText {
 public:
  /// Nodes are those of one shape.
  NodeText(const Program& program, Index shape) : program_(program), shape_(program.shapes[shape]) {}

  std::string of(Index node) const;
  /// `"purchase", "refund"`, the last two joined by `or` if that is wanted; of a long set how many there are.
  std::string items(Index set, bool with_or) const;

 private:
  std::string operand(Index node) const; // in parentheses if it is more than a name, a literal or a call
  std::string infix(const Node& node, const char* sign) const;
  std::string suffix(const Node& node, const char* text) const;
  std::string list(const Node& node, const char* between) const;
  std::string call(const Node& node) const;

  const Program& program_;
  const Shape& shape_;
};

/// The value as a rule would write it, cut where it is long; "missing" if it is absent.
std::string value_text(const Value& value);

/// At most so many bytes of it, and then a mark that there is more.
std::string shortened(std::string_view text, std::size_t most);

} // namespace millrace::dsl
