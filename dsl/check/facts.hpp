// What is known to be present where an expression stands: the slots of fields, and of what the source knows of an
// event.
#pragma once

#include <algorithm>
#include <vector>

#include "dsl/program.hpp"

namespace millrace::dsl::check {

/// Slots beyond the fields of an event: `meta.topic`, and from `kMetaHeaders` on `meta.headers["…"]` by number of text.
inline constexpr Index kMetaTopic = 0x7fff'ffffU;
inline constexpr Index kMetaHeaders = 0x8000'0000U;

/// A small sorted set. A conjunction adds facts, a disjunction keeps what all its branches know.
class Facts {
 public:
  Facts() = default;

  bool knows(Index slot) const { return std::binary_search(slots_.begin(), slots_.end(), slot); }

  void add(Index slot) {
    const auto at = std::lower_bound(slots_.begin(), slots_.end(), slot);
    if (at == slots_.end() || *at != slot) {
      slots_.insert(at, slot);
    }
  }

  void add(const Facts& more) {
    for (const Index slot : more.slots_) {
      add(slot);
    }
  }

  /// Keeps only what the other knows too.
  void keep_common(const Facts& other) {
    std::erase_if(slots_, [&](Index slot) { return !other.knows(slot); });
  }

 private:
  std::vector<Index> slots_;
};

} // namespace millrace::dsl::check
