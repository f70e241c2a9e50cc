// What it costs to find the rules of an event, as far as the rules alone tell.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "dsl/program.hpp"

namespace millrace::dsl {

struct RouterCost {
  /// A question under which ways of rules are filed: "`user` ==".
  struct Question {
    std::string text;
    std::size_t ways = 0;
  };
  /// Ways that are asked one after the other, since nothing parts them further.
  struct Crowd {
    Index first_rule = kNone;
    std::size_t ways = 0;
    bool every_event = false; // else: by events that have something in common
  };

  std::string router;
  std::size_t rules = 0;           // drops, taps and routes
  std::size_t ways = 0;            // in which they can match
  std::size_t bytes = 0;           // of the index
  double compared = 0;             // ways that an event is expected to be compared with
  std::vector<Question> questions; // most ways first
  std::vector<Index> always;       // rules that every event is compared with
  std::vector<Crowd> crowds;
};

/// Longer lists are crowds.
inline constexpr std::size_t kFewWays = 32;

} // namespace millrace::dsl
