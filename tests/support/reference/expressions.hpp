// A tree walk over the nodes of a checked program: what an expression is, and whether a condition holds, for one event.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "dsl/evaluate.hpp"
#include "tests/support/reference/value.hpp"

namespace millrace::reference {

/// A field of an event.
struct Slot {
  enum class Is { missing, null, present } is = Is::missing;
  Value value;
};

/// What a source knows of an event, kept.
struct Circumstances {
  std::string topic;
  std::int64_t received_at = 0;
  std::vector<std::pair<std::string, std::string>> headers;
};

struct Scene {
  std::shared_ptr<const Json> json;
  const dsl::Shape* shape = nullptr;
  std::vector<Slot> slots; // by Shape::fields
  Circumstances from;
};

class Expressions {
 public:
  Expressions(const dsl::Program& program, const Scene& scene) : program_(program), scene_(scene) {}

  Value value(dsl::Index node);
  bool holds(dsl::Index node);

 private:
  Value inner(const dsl::Node& node);
  Value calculated(const dsl::Node& node);
  Value called(const dsl::Node& node, dsl::Function function);
  Value looked_up(const dsl::Node& node);
  bool is_null(const dsl::Node& node);
  bool compared(const dsl::Node& node);
  bool in_set(const dsl::Node& node, bool wanted);
  bool in_list(const dsl::Node& node, bool wanted);
  bool text_test(const dsl::Node& node);
  bool quantified(const dsl::Node& node);
  Value without_case(const Value& value, const dsl::Node& node) const;

  const dsl::Program& program_;
  const Scene& scene_;
  std::array<Value, 2> elements_;
};

/// The JSON of `json` without the fields of the set; objects that become empty go too if `emptied` says so.
std::string without_fields(const dsl::Shape& shape, const std::vector<dsl::Index>& fields, const Json& json,
                           bool emptied);

} // namespace millrace::reference
