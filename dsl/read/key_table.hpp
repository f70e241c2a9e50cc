// A handful of known names, each found by one multiplication and mostly one comparison: the keys of an object, the
// values of `one of`.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dsl/program.hpp"

namespace millrace::dsl {

class KeyTable {
 public:
  KeyTable() = default;
  /// Different names and the number that each stands for.
  explicit KeyTable(std::span<const std::pair<std::string, Index>> keys);

  bool empty() const { return names_.empty(); }

  /// The number of the name, or kNone. `readable` is how many bytes may be read from the name's first on (at least its
  /// size).
  [[gnu::always_inline]] Index find(std::string_view name, std::size_t readable) const {
    if (name.size() > 16 || readable < 16) {
      return find(name);
    }
    Probe probe{0, 0, name.size()};
    std::memcpy(&probe.head, name.data(), 8);
    std::memcpy(&probe.tail, name.data() + 8, 8);
    probe.head &= kHeadMasks[name.size()];
    probe.tail &= kHeadMasks[name.size() < 8 ? 0 : name.size() - 8];
    for (std::size_t at = slot_of(probe);; at = (at + 1) & mask_) {
      const Entry& entry = entries_[at];
      if (entry.number == kNone || entry.probe == probe) {
        return entry.number;
      }
    }
  }
  /// The same, reading no byte behind the name.
  Index find(std::string_view name) const;

 private:
  /// The first eight bytes and the eight after them, zeros where the name is shorter.
  struct Probe {
    std::uint64_t head = 0;
    std::uint64_t tail = 0;
    std::uint64_t size = 0;
    bool operator==(const Probe& other) const {
      return ((head ^ other.head) | (tail ^ other.tail) | (size ^ other.size)) == 0;
    }
  };
  struct Entry {
    Probe probe;
    Index number = kNone;
  };

  /// Reads no byte behind the name. Of a name longer than 16 bytes the tail are its last eight.
  static Probe probe_of(std::string_view name);

  std::size_t slot_of(const Probe& probe) const {
    return static_cast<std::size_t>(((probe.head ^ (probe.tail << 1U) ^ (probe.size << 57U)) * multiplier_) >> shift_);
  }
  /// How many names are not found at the first look.
  std::size_t place(std::span<const std::pair<std::string, Index>> keys);

  static constexpr std::array<std::uint64_t, 17> kHeadMasks = [] {
    std::array<std::uint64_t, 17> masks{};
    for (std::size_t bytes = 1; bytes < masks.size(); ++bytes) {
      masks[bytes] = bytes < 8 ? (std::uint64_t{1} << (8 * bytes)) - 1 : ~std::uint64_t{0};
    }
    return masks;
  }();

  std::vector<Entry> entries_ = std::vector<Entry>(1); // a power of two, at most half full
  std::vector<std::string> names_;                     // as entries_
  std::size_t mask_ = 0;
  std::uint64_t multiplier_ = 0;
  unsigned shift_ = 63;
};

} // namespace millrace::dsl
