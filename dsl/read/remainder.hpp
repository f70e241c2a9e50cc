// What is left of an event when some of its fields are taken out: `unmapped`.
#pragma once

#include <span>
#include <string_view>

#include "dsl/read/cut_fields.hpp"
#include "dsl/read/structure.hpp"
#include "dsl/values/arena.hpp"

namespace millrace::dsl {

class Remainder {
 public:
  /// `fields` of the shape are taken out, with all that is in them.
  Remainder(const Shape& shape, std::span<const Index> fields) : fields_(shape, fields) {}

  /// The event without them, made in the arena. Members keep their order and their text; objects that are emptied by it
  /// go too. The structure is one that a Reader has found to be JSON.
  std::string_view write(const Structure& structure, Arena& arena) const;

 private:
  class Walk;

  CutFields fields_;
};

} // namespace millrace::dsl
