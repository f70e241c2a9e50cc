// Values and conditions over one event. Section 4 of the language is why there is no third truth value here: the
// compiler lets no test stand whose answer would depend on one.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "dsl/evaluate.hpp"
#include "dsl/read/reader.hpp"
#include "dsl/read/remainder.hpp"
#include "dsl/read/structure.hpp"

namespace millrace::dsl {

/// What an expression may read. All of it outlives the call.
struct Scene {
  const Reader* fields = nullptr;
  const Structure* event = nullptr;
  Meta meta;
};

class Expressions {
 public:
  Expressions(const Program& program, Arena& arena);

  /// Which of the program's nodes belong to a shape is the caller's knowledge.
  Value value(Index node, const Scene& scene) const;
  /// Leaves nothing in the arena, however many rules ask.
  bool test(Index node, const Scene& scene) const {
    const Arena::Scope scope(arena_);
    return holds(node, scene);
  }

  /// How a quantifier came to its answer: which item of how many settled it, if one did. That item is then what
  /// `element` stands for, so that its condition can be asked further.
  struct Quantified {
    bool is_list = false;
    std::size_t items = 0;
    std::optional<std::size_t> settled_by;
  };
  Quantified quantify(Index node, const Scene& scene) const;

  /// The value as text for a key, a header or a part of a name; absent if it has none.
  std::optional<std::string_view> text(Index node, const Scene& scene) const;

 private:
  /// The operand where it lies, or in `made` if it has to be made.
  [[gnu::always_inline]] const Value& operand(Index node, const Scene& scene, Value& made) const {
    const Node& n = nodes_[node];
    if (n.op == Op::field) {
      return scene.fields->value(n.a);
    }
    if (n.op == Op::constant) {
      return program_.constants[n.a];
    }
    return made_operand(node, scene, made);
  }
  const Value& made_operand(Index node, const Scene& scene, Value& made) const;
  bool holds(Index node, const Scene& scene) const;
  bool presence_test(const Node& node, const Scene& scene) const;
  bool truth_test(Index node, const Scene& scene, bool wanted) const;
  std::optional<std::strong_ordering> order(const Node& node, const Scene& scene) const;
  bool all(const Node& node, const Scene& scene) const;
  bool any(const Node& node, const Scene& scene) const;
  bool equal(const Node& node, const Scene& scene, bool wanted) const;
  bool in_set(const Node& node, const Scene& scene, bool wanted) const;
  bool in_list(const Node& node, const Scene& scene, bool wanted) const;
  bool in_lookup(const Node& node, const Scene& scene, bool wanted) const;
  bool text_test(const Node& node, const Scene& scene) const;
  bool matches(const Node& node, const Scene& scene, bool wanted) const;
  bool is_kind(const Node& node, const Scene& scene, bool wanted) const;
  bool is_null(const Node& node, const Scene& scene) const;
  bool quantified(const Node& node, const Scene& scene) const;
  bool sampled(const Node& node, const Scene& scene, bool wanted) const;
  const Value& folded(const Value& value, std::uint8_t detail, Value& made) const;
  Value header(std::string_view name, const Meta& meta) const;
  Value calculate(const Node& node, const Scene& scene) const;
  Value call(Function function, const Node& node, const Scene& scene) const;
  Value member(const Node& node, const Scene& scene) const;
  Value item(const Node& node, const Scene& scene) const;
  Value looked_up(const Node& node, const Scene& scene) const;

  const Program& program_;
  const Node* nodes_;
  Arena& arena_;
  std::vector<std::unique_ptr<Remainder>> remainders_; // by field set; only where `unmapped` is used
  mutable std::vector<Value> arguments_;               // of the calls that are being made
  mutable std::array<Value, 2> elements_;              // that the outer and the inner quantifier are at
};

} // namespace millrace::dsl
