// One seed: makes a world, lets things happen and go wrong, waits until all is quiet, and checks what is left.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/flow/simulation/world.hpp"

namespace millrace::sim {

struct Report {
  std::string failure; // empty: all promises were kept
  std::vector<std::string> story;
};

// The same seed and mode make the same run. The story is only kept when asked for.
Report run(std::uint64_t seed, Mode mode, bool with_story);

} // namespace millrace::sim
