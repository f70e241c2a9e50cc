// A multiplier is looked for under which no two names meet, which a small table nearly always has; the best one found
// is kept.
#include "dsl/read/key_table.hpp"

#include <algorithm>
#include <bit>

namespace millrace::dsl {

KeyTable::Probe KeyTable::probe_of(std::string_view name) {
  Probe probe{0, 0, name.size()};
  char bytes[16] = {};
  const std::size_t head = std::min<std::size_t>(name.size(), 16);
  std::copy_n(name.begin(), head, bytes);
  std::memcpy(&probe.head, bytes, 8);
  std::memcpy(&probe.tail, name.size() > 16 ? name.data() + name.size() - 8 : bytes + 8, 8);
  return probe;
}

Index KeyTable::find(std::string_view name) const {
  const Probe probe = probe_of(name);
  for (std::size_t at = slot_of(probe); entries_[at].number != kNone; at = (at + 1) & mask_) {
    if (entries_[at].probe == probe && (name.size() <= 16 || name == names_[at])) {
      return entries_[at].number;
    }
  }
  return kNone;
}

std::size_t KeyTable::place(std::span<const std::pair<std::string, Index>> keys) {
  std::size_t moved = 0;
  entries_.assign(entries_.size(), {});
  for (const auto& [name, number] : keys) {
    const Probe probe = probe_of(name);
    std::size_t at = slot_of(probe);
    moved += entries_[at].number != kNone ? 1 : 0;
    while (entries_[at].number != kNone) {
      at = (at + 1) & mask_;
    }
    entries_[at] = {probe, number};
    names_[at] = name;
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
  names_.resize(size);
  mask_ = size - 1;
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
