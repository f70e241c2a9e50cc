// What is known where an expression stands: which fields, and what the source knows of an event, are present, and
// which computed values are.
#pragma once

#include <algorithm>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "dsl/program.hpp"

namespace millrace::dsl::check {

/// Slots beyond the fields of an event: `meta.topic`; from `kMetaHeaders` on `meta.headers["…"]` by number of text;
/// from `kTerms` on what else can be known of a value, as Terms numbers it.
inline constexpr Index kMetaTopic = 0x7fff'ffffU;
inline constexpr Index kMetaHeaders = 0x8000'0000U;
inline constexpr Index kTerms = 0xc000'0000U;

/// A value that may be absent although everything in it is present: a quotient, an element, a row of a lookup.
struct Term {
  std::string written;    // as `exists` takes it
  std::string why;        // it may be absent
  Index alias_of = kNone; // of a parameter: what is absent in the argument
};

class Terms {
 public:
  /// The same key gives the same slot; what is said of it is what was said first.
  Index slot(const std::string& key, Term term) {
    const auto [known, is_new] = slots_.emplace(key, kTerms + static_cast<Index>(terms_.size()));
    if (is_new) {
      terms_.push_back(std::move(term));
    }
    return known->second;
  }
  const Term& operator[](Index slot) const { return terms_[slot - kTerms]; }

 private:
  std::unordered_map<std::string, Index> slots_;
  std::deque<Term> terms_;
};

/// A small sorted set. A conjunction adds facts, a disjunction keeps what all its branches know.
class Facts {
 public:
  Facts() = default;
  bool operator==(const Facts&) const = default;

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
