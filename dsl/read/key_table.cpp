// A multiplier is looked for under which no two names meet, which a small table nearly always has; the best one found
// is kept.
#include "dsl/read/key_table.hpp"

#include <bit>

namespace millrace::dsl {

std::size_t KeyTable::place(std::span<const std::pair<std::string, Index>> keys) {
  std::size_t moved = 0;
  entries_.assign(entries_.size(), {});
  for (const auto& [name, number] : keys) {
    const Probe probe = probe_of(name, name.size());
    std::size_t at = slot_of(probe);
    moved += entries_[at].number != kNone ? 1 : 0;
    while (entries_[at].number != kNone) {
      at = (at + 1) & (entries_.size() - 1);
    }
    entries_[at] = {probe, number, name};
  }
  return moved;
}

KeyTable::KeyTable(std::span<const std::pair<std::string, Index>> keys) {
  if (keys.empty()) {
    return;
  }
  constexpr int kAttempts = 64;
  constexpr std::size_t kWorthIt = 64; // more names than this are placed once
  const std::size_t size = std::bit_ceil(keys.size() * 4);
  entries_.resize(size);
  shift_ = static_cast<unsigned>(64 - std::countr_zero(size));
  std::uint64_t random = 0x9E37'79B9'7F4A'7C15U;
  std::uint64_t best = random;
  std::size_t fewest = keys.size() + 1;
  for (int attempt = 0; attempt < (keys.size() > kWorthIt ? 1 : kAttempts) && fewest > 0; ++attempt) {
    multiplier_ = random;
    if (const std::size_t moved = place(keys); moved < fewest) {
      fewest = moved;
      best = multiplier_;
    }
    random ^= random << 13U;
    random ^= random >> 7U;
    random ^= random << 17U;
    random |= 1U;
  }
  multiplier_ = best;
  place(keys);
}

} // namespace millrace::dsl
