// From the value of a subject to the buckets of conjunctions that it may satisfy: one matcher for each way of asking.
// Immutable once built; any number of threads may search.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dsl/index/predicates.hpp"
#include "dsl/values/arena.hpp"
#include "dsl/values/compare.hpp"
#include "dsl/values/fold.hpp"
#include "dsl/values/value_map.hpp"

namespace re2 {
class FilteredRE2;
}

namespace millrace::dsl {

/// Numbers of branches of the index.
using Bucket = std::uint32_t;
inline constexpr Bucket kNoBucket = 0xffff'ffffU;

/// `==` and `in`: one look, however many values there are.
class EqualityMatcher {
 public:
  /// Different values.
  explicit EqualityMatcher(std::span<const std::pair<Value, Bucket>> values);

  template <typename Hit>
  void search(const Value& value, Hit hit) const {
    search(value, prepare(value), hit);
  }
  /// A search in two steps, so that several can wait for memory at the same time.
  std::uint64_t prepare(const Value& value) const {
    if (value.tag() != Tag::text || slots_.empty()) {
      return 0;
    }
    const std::uint64_t hash = hash_of(value.as_text());
    __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
    return hash;
  }
  template <typename Hit>
  void search(const Value& value, std::uint64_t prepared, Hit hit) const {
    const Bucket bucket = value.tag() == Tag::text ? find(value.as_text(), prepared) : others_.find(value);
    if (bucket != kNoBucket) {
      hit(bucket);
    }
  }
  std::size_t bytes() const { return others_.size() * 40 + slots_.size() * sizeof(Slot) + pool_.size(); }

 private:
  struct Slot {
    std::uint32_t tag = 0; // of the hash
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
    Bucket bucket = kNoBucket; // none: free
  };
  static std::uint64_t hash_of(std::string_view text);
  Bucket find(std::string_view text, std::uint64_t hash) const;

  std::vector<Slot> slots_; // of texts; a power of two, at most half full
  std::string pool_;        // the texts, one after the other
  ValueMap others_;
};

/// Intervals of values of one kind. The bounds cut the values into elementary intervals; a tree over those holds each
/// interval in a few of its nodes, and a search goes from the leaf up.
class RangeMatcher {
 public:
  /// Every bound that will be used, in any order.
  explicit RangeMatcher(std::vector<Value> bounds);

  /// Numbers of the tree's nodes that together are the interval.
  std::vector<std::uint32_t> cover(const Interval& interval) const;
  void set(std::uint32_t node, Bucket bucket) { tree_[node] = bucket; }

  template <typename Hit>
  void search(const Value& value, Hit hit) const {
    const std::size_t leaf = leaf_of(value);
    if (leaf == kNowhere) {
      return;
    }
    search_above(leaf, hit);
  }
  /// For a value that is in the interval, whose bounds need not be among those of the matcher.
  template <typename Hit>
  void search_within(const Interval& interval, Hit hit) const {
    const bool from_low = interval.low.present();
    std::size_t leaf = leaf_of(from_low ? interval.low : interval.high);
    if (leaf == kNowhere) {
      return;
    }
    if (leaf % 2 == 1 && (from_low ? interval.low_open : interval.high_open)) {
      leaf += from_low ? 1 : std::size_t{0} - 1;
    }
    search_above(leaf, hit);
  }
  std::size_t bytes() const {
    return bounds_.size() * sizeof(Value) + whole_.size() * 8 + tree_.size() * sizeof(Bucket);
  }

 private:
  static constexpr std::size_t kNowhere = ~std::size_t{0};

  template <typename Hit>
  void search_above(std::size_t leaf, Hit hit) const {
    for (std::size_t node = leaf + leaves(); node > 0; node >>= 1U) {
      if (tree_[node] != kNoBucket) {
        hit(tree_[node]);
      }
    }
  }

  std::size_t leaves() const { return bounds_.size() * 2 + 1; }
  /// Even: between two bounds; odd: a bound itself. kNowhere for a value of another kind.
  std::size_t leaf_of(const Value& value) const;

  std::vector<Value> bounds_;
  std::vector<std::int64_t> whole_; // the same where all are of one tag whose order is that of a whole number
  Tag tag_ = Tag::absent;           // that one
  std::vector<Bucket> tree_;
};

/// `starts with`, and on reversed texts `ends with`. Texts are parted by their length, in steps of two, and looked up
/// by as many of their first bytes; the few that have these alike are sorted, and each knows the longest other that it
/// begins with.
class PrefixMatcher {
 public:
  PrefixMatcher(std::vector<std::pair<std::string, Bucket>> texts, bool from_the_end);

  template <typename Hit>
  void search(std::string_view text, Hit hit) const {
    if (!from_the_end_) {
      return search_forward(text, hit);
    }
    std::array<char, kLongest> reversed{};
    const std::size_t size = std::min(text.size(), longest_);
    std::reverse_copy(text.end() - static_cast<std::ptrdiff_t>(size), text.end(), reversed.begin());
    search_forward({reversed.data(), size}, hit);
  }
  /// What a text may be long for it to be indexed.
  static constexpr std::size_t kLongest = 256;
  std::size_t bytes() const { return pool_.size() + entries_.size() * (sizeof(Entry) + 32); }

 private:
  struct Identity {
    using is_avalanching = void;
    std::size_t operator()(std::uint64_t hash) const { return static_cast<std::size_t>(hash); }
  };
  struct Entry {
    std::uint32_t offset = 0; // in pool_
    std::uint32_t size = 0;
    std::uint32_t parent = kNone; // the longest other entry that it begins with
    Bucket bucket = kNoBucket;
  };
  struct Range { // of entries_
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    Entry first; // mostly the only one, and then nothing else has to be fetched from memory
  };
  struct Heads {
    std::size_t length = 0;
    std::uint64_t seed = 0; // with which no two of them have the same hash
    boost::unordered_flat_map<std::uint64_t, Range, Identity> ranges;
  };

  static std::uint64_t hash_of(std::string_view head, std::uint64_t seed);
  bool add_heads(Heads& heads, std::uint32_t begin, std::uint32_t end) const;

  std::string_view text_of(const Entry& entry) const { return {pool_.data() + entry.offset, entry.size}; }

  template <typename Hit>
  void search_forward(std::string_view text, Hit hit) const {
    for (const Heads& heads : heads_) {
      if (heads.length > text.size()) {
        return;
      }
      const auto found = heads.ranges.find(hash_of(text.substr(0, heads.length), heads.seed));
      if (found != heads.ranges.end()) {
        search_range(found->second, text, hit);
      }
    }
  }

  template <typename Hit>
  void search_range(const Range& range, std::string_view text, Hit hit) const {
    if (range.end - range.begin == 1) {
      return text.starts_with(text_of(range.first)) ? hit(range.first.bucket) : void();
    }
    std::uint32_t at = last_not_behind(range, text);
    while (at != kNone && !text.starts_with(text_of(entries_[at]))) {
      at = entries_[at].parent;
    }
    for (; at != kNone; at = entries_[at].parent) {
      hit(entries_[at].bucket);
    }
  }
  std::uint32_t last_not_behind(const Range& range, std::string_view text) const {
    const auto begin = entries_.begin();
    const auto behind = std::upper_bound(begin + range.begin, begin + range.end, text,
                                         [this](std::string_view a, const Entry& b) { return a < text_of(b); });
    const auto at = static_cast<std::uint32_t>(behind - begin);
    return at == range.begin ? kNone : at - 1;
  }

  std::string pool_;           // the texts, one after the other
  std::vector<Entry> entries_; // by length of head, then sorted
  std::vector<Heads> heads_;   // short ones first
  std::size_t longest_ = 0;
  bool from_the_end_;
};

/// Blocks of addresses: a look for each length of prefix that there is.
class BlockMatcher {
 public:
  void add(const IpBlock& block, Bucket bucket);
  template <typename Hit>
  void search(const Value& value, Hit hit) const {
    if (value.tag() != Tag::ip) {
      return;
    }
    const Ip address = value.as_ip();
    for (const std::uint8_t bits : lengths_) {
      if (bits < 96 && is_version4(address)) { // one of version 4 is in no block of version 6
        continue;
      }
      const auto found = buckets_.find(Key{masked(address, bits), bits});
      if (found != buckets_.end()) {
        hit(found->second);
      }
    }
  }
  std::size_t bytes() const { return buckets_.size() * 32; }

  static bool is_version4(const Ip& address);
  static Ip masked(Ip address, std::uint8_t bits);

 private:
  struct Key {
    Ip address;
    std::uint8_t bits;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const { return hash_of_value(Value::of_ip(key.address)) + key.bits; }
  };
  std::vector<std::uint8_t> lengths_;
  boost::unordered_flat_map<Key, Bucket, Hash> buckets_;
};

/// Many `contains` over one text. Each text that is looked for is known by a run of up to four of its bytes, the rarest
/// that it has; the runs of the text are looked up one after the other.
class ContainsMatcher {
 public:
  explicit ContainsMatcher(std::vector<std::pair<std::string, Bucket>> texts);

  /// A bucket may be hit several times.
  template <typename Hit>
  void search(std::string_view text, Hit hit) const {
    for (std::size_t length = 1; length <= kRun; ++length) {
      const Runs& runs = runs_[length - 1];
      if (runs.texts.empty()) {
        continue;
      }
      for (std::size_t at = 0; at + length <= text.size(); ++at) {
        const std::uint32_t run = run_at(text.data() + at, length);
        if ((runs.filter[filter_slot(run) / 64] >> (filter_slot(run) % 64) & 1U) != 0) {
          search_run(runs, run, text, at, hit);
        }
      }
    }
  }
  std::size_t bytes() const;

 private:
  static constexpr std::size_t kRun = 4;
  static constexpr std::size_t kFilterBits = std::size_t{1} << 16U;

  struct Text {
    std::uint32_t begin = 0; // in pool_
    std::uint32_t size = 0;
    std::uint32_t run = 0; // where its run is in it
    Bucket bucket = kNoBucket;
  };
  struct Range { // of texts that have a run
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    Text first; // mostly the only one, and then nothing else has to be fetched from memory
  };
  struct Runs {
    std::vector<std::uint64_t> filter;
    boost::unordered_flat_map<std::uint32_t, Range> ranges;
    std::vector<Text> texts;
  };

  static std::uint32_t run_at(const char* at, std::size_t length) {
    std::uint32_t run = 0;
    std::memcpy(&run, at, length);
    return run;
  }
  static std::size_t filter_slot(std::uint32_t run) { return (run * 0x9E37'79B1U) >> 16U; }

  template <typename Hit>
  void search_run(const Runs& runs, std::uint32_t run, std::string_view text, std::size_t at, Hit hit) const {
    const auto found = runs.ranges.find(run);
    if (found == runs.ranges.end()) {
      return;
    }
    const Range& range = found->second;
    if (range.end - range.begin == 1) {
      return is_at(range.first, text, at) ? hit(range.first.bucket) : void();
    }
    for (std::uint32_t i = range.begin; i < range.end; ++i) {
      if (is_at(runs.texts[i], text, at)) {
        hit(runs.texts[i].bucket);
      }
    }
  }
  bool is_at(const Text& wanted, std::string_view text, std::size_t at) const {
    return at >= wanted.run &&
           text.substr(at - wanted.run).starts_with(std::string_view(pool_.data() + wanted.begin, wanted.size));
  }

  std::string pool_;            // the texts, one after the other
  std::array<Runs, kRun> runs_; // by length
};

/// Many regular expressions over one text. RE2 says which texts an expression cannot do without; of those that are
/// found in the folded text it follows which expressions may match, and these are left to be asked.
class RegexMatcher {
 public:
  RegexMatcher(std::vector<std::pair<std::string, Bucket>> patterns);
  RegexMatcher(RegexMatcher&&) noexcept;
  RegexMatcher& operator=(RegexMatcher&&) noexcept;
  ~RegexMatcher();

  template <typename Hit>
  void search(std::string_view text, Arena& arena, Hit hit) const {
    std::vector<int> atoms; // mostly none, and then nothing is allocated
    atoms_.search(fold(text, arena), [&](Bucket alike) {
      atoms.insert(atoms.end(), same_atoms_[alike].begin(), same_atoms_[alike].end());
    });
    if (atoms.empty()) {
      for (const Bucket bucket : without_atoms_) {
        hit(bucket);
      }
      return;
    }
    for (const int pattern : possible(std::move(atoms))) {
      hit(buckets_[static_cast<std::size_t>(pattern)]);
    }
  }
  std::size_t bytes() const { return atoms_.bytes() + buckets_.size() * 1'000; } // RE2 does not tell

 private:
  std::vector<int> possible(std::vector<int> atoms) const;

  std::unique_ptr<re2::FilteredRE2> filter_;
  ContainsMatcher atoms_;
  std::vector<std::vector<int>> same_atoms_; // numbers of atoms that are alike when folded
  std::vector<Bucket> buckets_;              // by pattern
  std::vector<Bucket> without_atoms_;        // of patterns that may match any text
};

} // namespace millrace::dsl
