// A handful of known names, each found by one multiplication and mostly one comparison: the keys of an object, the
// values of `one of`.
#pragma once

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

  bool empty() const { return entries_.empty(); }

  /// The number of the name, or kNone. `readable` is how many bytes may be read from the name's first on (at least its
  /// size).
  Index find(std::string_view name, std::size_t readable) const {
    if (entries_.empty()) {
      return kNone;
    }
    const Probe probe = probe_of(name, readable);
    for (std::size_t at = slot_of(probe); entries_[at].number != kNone; at = (at + 1) & (entries_.size() - 1)) {
      const Entry& entry = entries_[at];
      if (entry.probe.head == probe.head && entry.probe.tail == probe.tail && entry.probe.size == probe.size &&
          (name.size() <= 16 || name == entry.name)) {
        return entry.number;
      }
    }
    return kNone;
  }
  Index find(std::string_view name) const { return find(name, name.size()); }

 private:
  /// The first and the last eight bytes; of a name of up to 16 bytes they are the whole of it.
  struct Probe {
    std::uint64_t head = 0;
    std::uint64_t tail = 0;
    std::uint64_t size = 0;
  };
  struct Entry {
    Probe probe;
    Index number = kNone;
    std::string name;
  };

  static Probe probe_of(std::string_view name, std::size_t readable) {
    Probe probe{0, 0, name.size()};
    if (name.size() >= 8) {
      std::memcpy(&probe.head, name.data(), 8);
      std::memcpy(&probe.tail, name.data() + name.size() - 8, 8);
    } else if (readable >= 8 && !name.empty()) {
      std::memcpy(&probe.head, name.data(), 8);
      probe.head &= (std::uint64_t{1} << (8 * name.size())) - 1;
    } else if (!name.empty()) {
      std::memcpy(&probe.head, name.data(), name.size());
    }
    return probe;
  }
  std::size_t slot_of(const Probe& probe) const {
    return static_cast<std::size_t>(((probe.head ^ (probe.tail << 1U) ^ (probe.size << 57U)) * multiplier_) >> shift_);
  }
  /// How many names are not found at the first look.
  std::size_t place(std::span<const std::pair<std::string, Index>> keys);

  std::vector<Entry> entries_; // a power of two, at most half full
  std::uint64_t multiplier_ = 0;
  unsigned shift_ = 63;
};

} // namespace millrace::dsl
