// `omit`: an event without some of its fields, otherwise byte for byte as it came. (`unmapped`, which leaves no white
// space and no emptied objects, is in remainder.hpp.)
#pragma once

#include <span>
#include <string_view>

#include "dsl/read/cut_fields.hpp"
#include "dsl/read/structure.hpp"
#include "dsl/values/arena.hpp"

namespace millrace::dsl {

class Omission {
 public:
  /// `fields` of the shape are cut out, with all that is in them.
  Omission(const Shape& shape, std::span<const Index> fields) : fields_(shape, fields) {}

  /// The event itself where it has none of them, else made in the arena. A member goes with the comma that it no longer
  /// needs; objects that are emptied stay. The structure is one that a Reader has found to be JSON.
  std::string_view write(const Structure& structure, Arena& arena) const;

 private:
  class Walk;

  CutFields fields_;
};

} // namespace millrace::dsl
