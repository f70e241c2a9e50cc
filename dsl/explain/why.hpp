// Why a condition holds for an event or does not: the parts of it that decided, with the values that they saw.
#pragma once

#include <string>

#include "dsl/evaluate/expression.hpp"
#include "dsl/explain/node_text.hpp"

namespace millrace::dsl {

class Why {
 public:
  /// All of it outlives the call; nodes are those of `shape`.
  Why(const Program& program, Index shape, const Expressions& expressions, const Scene& scene)
      : program_(program), text_(program, shape), expressions_(expressions), scene_(scene) {}

  /// "type is "crash", not "purchase" or "refund"", "crash.fatal is true".
  std::string of(Index condition) const;
  /// "`lower(app.id)` is "maps" (app.id is "Maps")"; of a field "app.id is missing".
  std::string value(Index node) const;
  /// Which of the things that a value is made of are missing: "device.model is missing"; empty if none is.
  std::string missing(Index node) const;

 private:
  Value seen(Index node) const { return expressions_.value(node, scene_); }
  bool is_constant(Index node) const { return program_.nodes[node].op == Op::constant; }
  std::string present(Index node) const;
  std::string all_of(const Node& node) const;
  std::string any_of(const Node& node) const;
  std::string compared(const Node& node, bool holds) const;
  std::string listed(const Node& node, bool holds) const;
  std::string tested(const Node& node, bool does, const char* does_it, const char* it, const std::string& what) const;
  std::string quantified(Index index) const;
  std::string sampled(const Node& node) const;
  void inputs(Index node, std::vector<Index>& found) const;

  const Program& program_;
  NodeText text_;
  const Expressions& expressions_;
  const Scene& scene_;
};

} // namespace millrace::dsl
