#include "dsl/index/matchers.hpp"

#define XXH_INLINE_ALL
#include <re2/filtered_re2.h>
#include <xxhash.h>

#include <bit>
#include <map>

namespace millrace::dsl {
namespace {

/// The value as a whole number of the same order, for the tags that have one.
std::int64_t whole_of(const Value& value) {
  return value.tag() == Tag::timestamp  ? value.as_timestamp()
         : value.tag() == Tag::duration ? value.as_duration()
                                        : value.as_int();
}

bool is_whole(Tag tag) { return tag == Tag::integer || tag == Tag::timestamp || tag == Tag::duration; }

} // namespace

// ---- equality

EqualityMatcher::EqualityMatcher(std::span<const std::pair<Value, Bucket>> values) {
  std::size_t texts = 0;
  for (const auto& [value, bucket] : values) {
    texts += value.tag() == Tag::text ? 1 : 0;
  }
  slots_.resize(texts == 0 ? 0 : std::bit_ceil(texts * 2));
  for (const auto& [value, bucket] : values) {
    if (value.tag() != Tag::text) {
      others_.insert(value, bucket);
      continue;
    }
    const std::string_view text = value.as_text();
    const std::uint64_t hash = hash_of(text);
    std::size_t at = hash & (slots_.size() - 1);
    while (slots_[at].bucket != kNoBucket) {
      at = (at + 1) & (slots_.size() - 1);
    }
    slots_[at] = {static_cast<std::uint32_t>(hash >> 32U), static_cast<std::uint32_t>(pool_.size()),
                  static_cast<std::uint32_t>(text.size()), bucket};
    pool_ += text;
  }
}

std::uint64_t EqualityMatcher::hash_of(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

Bucket EqualityMatcher::find(std::string_view text, std::uint64_t hash) const {
  if (slots_.empty()) {
    return kNoBucket;
  }
  for (std::size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
    const Slot& slot = slots_[at];
    if (slot.bucket == kNoBucket) {
      return kNoBucket;
    }
    if (slot.tag == hash >> 32U && slot.size == text.size() &&
        std::memcmp(pool_.data() + slot.offset, text.data(), text.size()) == 0) {
      return slot.bucket;
    }
  }
}

// ---- ranges

RangeMatcher::RangeMatcher(std::vector<Value> bounds) : bounds_(std::move(bounds)) {
  std::sort(bounds_.begin(), bounds_.end(), before);
  bounds_.erase(std::unique(bounds_.begin(), bounds_.end(), equals), bounds_.end());
  tree_.assign(leaves() * 2, kNoBucket);
  tag_ = bounds_.empty() ? Tag::absent : bounds_.front().tag();
  if (is_whole(tag_) && std::all_of(bounds_.begin(), bounds_.end(), [&](const Value& v) { return v.tag() == tag_; })) {
    std::transform(bounds_.begin(), bounds_.end(), std::back_inserter(whole_), whole_of);
  }
}

std::size_t RangeMatcher::leaf_of(const Value& value) const {
  if (!whole_.empty() && value.tag() == tag_) {
    const std::int64_t number = whole_of(value);
    const auto at = std::lower_bound(whole_.begin(), whole_.end(), number);
    const auto index = static_cast<std::size_t>(at - whole_.begin());
    return index * 2 + (at != whole_.end() && *at == number ? 1 : 0);
  }
  if (bounds_.empty() || !compare(value, bounds_.front())) {
    return kNowhere;
  }
  const auto at = std::lower_bound(bounds_.begin(), bounds_.end(), value, before);
  const auto index = static_cast<std::size_t>(at - bounds_.begin());
  return index * 2 + (at != bounds_.end() && equals(*at, value) ? 1 : 0);
}

std::vector<std::uint32_t> RangeMatcher::cover(const Interval& interval) const {
  std::size_t first = interval.low.present() ? leaf_of(interval.low) + (interval.low_open ? 1 : 0) : 0;
  std::size_t end = interval.high.present() ? leaf_of(interval.high) + (interval.high_open ? 0 : 1) : leaves();
  std::vector<std::uint32_t> nodes;
  for (first += leaves(), end += leaves(); first < end; first >>= 1U, end >>= 1U) {
    if ((first & 1U) != 0) {
      nodes.push_back(static_cast<std::uint32_t>(first++));
    }
    if ((end & 1U) != 0) {
      nodes.push_back(static_cast<std::uint32_t>(--end));
    }
  }
  return nodes;
}

// ---- prefixes

PrefixMatcher::PrefixMatcher(std::vector<std::pair<std::string, Bucket>> texts, bool from_the_end)
    : from_the_end_(from_the_end) {
  for (auto& [text, bucket] : texts) {
    if (from_the_end) {
      std::reverse(text.begin(), text.end());
    }
    longest_ = std::max(longest_, text.size());
  }
  std::sort(texts.begin(), texts.end(), [](const auto& a, const auto& b) {
    const std::size_t head_of_a = std::bit_floor(a.first.size());
    const std::size_t head_of_b = std::bit_floor(b.first.size());
    return head_of_a != head_of_b ? head_of_a < head_of_b : a.first < b.first;
  });
  for (std::size_t first = 0; first < texts.size();) {
    Heads heads{std::bit_floor(texts[first].first.size()), 0, {}};
    const auto begin = static_cast<std::uint32_t>(entries_.size());
    for (; first < texts.size() && std::bit_floor(texts[first].first.size()) == heads.length; ++first) {
      const auto& [text, bucket] = texts[first];
      std::uint32_t parent = entries_.size() == begin ? kNone : static_cast<std::uint32_t>(entries_.size() - 1);
      while (parent != kNone && !text.starts_with(text_of(entries_[parent]))) {
        parent = entries_[parent].parent;
      }
      entries_.push_back(
          {static_cast<std::uint32_t>(pool_.size()), static_cast<std::uint32_t>(text.size()), parent, bucket});
      pool_ += text;
    }
    while (!add_heads(heads, begin, static_cast<std::uint32_t>(entries_.size()))) {
      ++heads.seed;
    }
    heads_.push_back(std::move(heads));
  }
}

std::uint64_t PrefixMatcher::hash_of(std::string_view head, std::uint64_t seed) {
  return XXH3_64bits_withSeed(head.data(), head.size(), seed);
}

/// False if two different heads have the same hash.
bool PrefixMatcher::add_heads(Heads& heads, std::uint32_t begin, std::uint32_t end) const {
  heads.ranges.clear();
  heads.ranges.reserve(end - begin);
  const auto head_of = [&](std::uint32_t i) { return text_of(entries_[i]).substr(0, heads.length); };
  for (std::uint32_t i = begin; i < end; ++i) {
    if (i > begin && head_of(i) == head_of(i - 1)) {
      heads.ranges.find(hash_of(head_of(i), heads.seed))->second.end = i + 1;
    } else if (!heads.ranges.emplace(hash_of(head_of(i), heads.seed), Range{i, i + 1, entries_[i]}).second) {
      return false;
    }
  }
  return true;
}

// ---- blocks of addresses

bool BlockMatcher::is_version4(const Ip& address) {
  constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  return std::equal(kMapped.begin(), kMapped.end(), address.begin());
}

Ip BlockMatcher::masked(Ip address, std::uint8_t bits) {
  for (std::size_t i = 0; i < address.size(); ++i) {
    const int left = static_cast<int>(bits) - static_cast<int>(i) * 8;
    const unsigned mask = left >= 8 ? 0xFFU : left <= 0 ? 0U : (0xFFU << (8 - left)) & 0xFFU;
    address[i] = static_cast<std::uint8_t>(address[i] & mask);
  }
  return address;
}

void BlockMatcher::add(const IpBlock& block, Bucket bucket) {
  if (std::find(lengths_.begin(), lengths_.end(), block.bits) == lengths_.end()) {
    lengths_.push_back(block.bits);
  }
  buckets_.emplace(Key{masked(block.address, block.bits), block.bits}, bucket);
}

// ---- contains

ContainsMatcher::ContainsMatcher(std::vector<std::pair<std::string, Bucket>> texts) {
  std::array<boost::unordered_flat_map<std::uint32_t, std::uint32_t>, kRun> counts;
  const auto length_of = [](const std::string& text) { return std::min(text.size(), kRun); };
  for (const auto& [text, bucket] : texts) {
    const std::size_t length = length_of(text);
    for (std::size_t at = 0; at + length <= text.size(); ++at) {
      ++counts[length - 1][run_at(text.data() + at, length)];
    }
  }
  struct Chosen {
    std::uint32_t run;
    Text text;
  };
  std::array<std::vector<Chosen>, kRun> chosen;
  for (const auto& [text, bucket] : texts) {
    const std::size_t length = length_of(text);
    Chosen best{0, {static_cast<std::uint32_t>(pool_.size()), static_cast<std::uint32_t>(text.size()), 0, bucket}};
    pool_ += text;
    std::uint32_t fewest = ~std::uint32_t{0};
    for (std::size_t at = 0; at + length <= text.size(); ++at) {
      const std::uint32_t run = run_at(text.data() + at, length);
      if (const std::uint32_t count = counts[length - 1][run]; count < fewest) {
        fewest = count;
        best.run = run;
        best.text.run = static_cast<std::uint32_t>(at);
      }
    }
    chosen[length - 1].push_back(best);
  }
  for (std::size_t length = 1; length <= kRun; ++length) {
    std::vector<Chosen>& all = chosen[length - 1];
    Runs& runs = runs_[length - 1];
    if (all.empty()) {
      continue;
    }
    std::stable_sort(all.begin(), all.end(), [](const Chosen& a, const Chosen& b) { return a.run < b.run; });
    runs.filter.assign(kFilterBits / 64, 0);
    for (const Chosen& each : all) {
      runs.filter[filter_slot(each.run) / 64] |= std::uint64_t{1} << (filter_slot(each.run) % 64);
      const auto number = static_cast<std::uint32_t>(runs.texts.size());
      runs.texts.push_back(each.text);
      runs.ranges.emplace(each.run, Range{number, number, each.text}).first->second.end = number + 1;
    }
  }
}

std::size_t ContainsMatcher::bytes() const {
  std::size_t sum = pool_.size();
  for (const Runs& runs : runs_) {
    sum += runs.filter.size() * 8 + runs.ranges.size() * (sizeof(Range) + 6) + runs.texts.size() * sizeof(Text);
  }
  return sum;
}

// ---- regular expressions

namespace {

constexpr int kShortestAtom = 3; // shorter ones are found nearly everywhere

std::vector<std::pair<std::string, Bucket>> filed(const std::map<std::string, std::vector<int>>& atoms) {
  std::vector<std::pair<std::string, Bucket>> texts;
  for (const auto& [atom, numbers] : atoms) {
    texts.emplace_back(atom, static_cast<Bucket>(texts.size()));
  }
  return texts;
}

} // namespace

RegexMatcher::RegexMatcher(std::vector<std::pair<std::string, Bucket>> patterns)
    : filter_(std::make_unique<re2::FilteredRE2>(kShortestAtom)), atoms_({}) {
  for (const auto& [pattern, bucket] : patterns) {
    int number = 0;
    if (filter_->Add(pattern, RE2::Quiet, &number) == RE2::NoError) {
      buckets_.push_back(bucket);
    }
  }
  std::vector<std::string> atoms;
  filter_->Compile(&atoms);
  std::map<std::string, std::vector<int>> alike; // RE2 folds by the tables of its own version of Unicode
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    alike[folded(atoms[i])].push_back(static_cast<int>(i));
  }
  atoms_ = ContainsMatcher(filed(alike));
  for (auto& [atom, numbers] : alike) {
    same_atoms_.push_back(std::move(numbers));
  }
  for (const int pattern : possible({})) {
    without_atoms_.push_back(buckets_[static_cast<std::size_t>(pattern)]);
  }
}

RegexMatcher::RegexMatcher(RegexMatcher&&) noexcept = default;
RegexMatcher& RegexMatcher::operator=(RegexMatcher&&) noexcept = default;
RegexMatcher::~RegexMatcher() = default;

std::vector<int> RegexMatcher::possible(std::vector<int> atoms) const {
  std::sort(atoms.begin(), atoms.end());
  atoms.erase(std::unique(atoms.begin(), atoms.end()), atoms.end());
  std::vector<int> patterns;
  filter_->AllPotentials(atoms, &patterns);
  return patterns;
}

} // namespace millrace::dsl
