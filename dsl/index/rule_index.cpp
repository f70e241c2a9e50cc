// Searching.
#include "dsl/index/rule_index.hpp"

#include <algorithm>
#include <array>

#include "dsl/evaluate/expression.hpp"

namespace millrace::dsl {

class RuleIndex::Search {
 public:
  Search(const RuleIndex& index, const Expressions& expressions, const Scene& scene, Memory& memory,
         std::vector<Index>& decided)
      : index_(index), expressions_(expressions), scene_(scene), memory_(memory), decided_(decided) {}

  void branch(Bucket bucket) {
    const std::uint32_t* at = index_.branches_.data() + bucket;
    if (at[0] >= end_) {
      return;
    }
    const std::uint32_t groups = at[1];
    const Group* const group = index_.groups_.data() + at[2];
    constexpr std::uint32_t kAtOnce = 8;
    std::array<std::uint64_t, kAtOnce> prepared{};
    for (std::uint32_t i = 0; i < std::min(groups, kAtOnce); ++i) {
      if (group[i].kind == Kind::equality && group[i].field != kNone) {
        prepared[i] = index_.equalities_[group[i].matcher].prepare(scene_.fields->value(group[i].field));
      }
    }
    ways(at + 4, at[3]);
    for (std::uint32_t i = 0; i < groups; ++i) {
      if (group[i].first_rule >= end_) {
        continue;
      }
      if (i < kAtOnce && group[i].kind == Kind::equality && group[i].field != kNone) {
        index_.equalities_[group[i].matcher].search(scene_.fields->value(group[i].field), prepared[i],
                                                    [this](Bucket found) { follow(found); });
      } else {
        ask(group[i]);
      }
    }
  }

 private:
  bool is_known(Index rule) const { return index_.rules_[rule].many_ways && memory_.matched[rule] == memory_.epoch; }

  void ways(const std::uint32_t* at, std::uint32_t count) {
    for (; count > 0; --count) {
      const Index rule = at[0];
      const std::uint32_t questions = at[1];
      if (rule >= end_) {
        return;
      }
      at += 2;
      if (!is_known(rule) && all_hold(at, questions)) {
        found(rule);
      }
      at += std::size_t{questions} * 2;
    }
  }

  bool all_hold(const std::uint32_t* at, std::uint32_t questions) {
    for (; questions > 0; --questions, at += 2) {
      if (!holds(at[0], at[1])) {
        return false;
      }
    }
    return true;
  }

  void follow(Bucket bucket) {
    if ((bucket & kRuleItself) == 0) {
      return branch(bucket);
    }
    const Index rule = bucket & ~kRuleItself;
    if (rule < end_ && !is_known(rule)) {
      found(rule);
    }
  }

  void ask(const Group& group) {
    const Value& value = group.field != kNone ? scene_.fields->value(group.field) : subject(group.subject);
    if (!value.present()) {
      return;
    }
    const auto hit = [this](Bucket bucket) { follow(bucket); };
    switch (group.kind) {
      case Kind::equality:
        return index_.equalities_[group.matcher].search(value, hit);
      case Kind::range:
        return index_.ranges_[group.matcher].search(value, hit);
      case Kind::prefix:
      case Kind::suffix:
        if (value.tag() == Tag::text) {
          index_.prefixes_[group.matcher].search(value.as_text(), hit);
        }
        return;
      case Kind::block:
        return index_.blocks_[group.matcher].search(value, hit);
      case Kind::contains:
        if (value.tag() == Tag::text) {
          index_.contains_[group.matcher].search(value.as_text(), hit);
        }
        return;
      case Kind::regex:
        if (value.tag() == Tag::text) {
          memory_.folded.reset();
          index_.regexes_[group.matcher].search(value.as_text(), memory_.folded, hit);
        }
        return;
      case Kind::presence:
        return follow(group.matcher);
    }
  }

  const Value& subject(std::uint32_t number) {
    if (memory_.asked[number] != memory_.epoch) {
      memory_.asked[number] = memory_.epoch;
      memory_.subjects[number] = expressions_.value(index_.subjects_[number], scene_);
    }
    return memory_.subjects[number];
  }

  bool holds(Index node, std::uint32_t shared) {
    if (shared == kNone) {
      return expressions_.test(node, scene_);
    }
    std::uint64_t& answer = memory_.answers[shared];
    if (answer >> 1U != memory_.epoch) {
      answer = std::uint64_t{memory_.epoch} << 1U | (expressions_.test(node, scene_) ? 1U : 0U);
    }
    return (answer & 1U) != 0;
  }

  /// A drop ends the list, and under `match first` a route does: nothing behind it counts.
  void found(Index rule) {
    const RuleBrief facts = index_.rules_[rule];
    if (facts.many_ways) {
      memory_.matched[rule] = memory_.epoch;
    }
    decided_.push_back(rule);
    if (facts.kind == RuleKind::drop || (facts.kind == RuleKind::route && !index_.match_all_)) {
      end_ = rule;
    }
  }

 public:
  Index end() const { return end_; }

 private:
  const RuleIndex& index_;
  const Expressions& expressions_;
  const Scene& scene_;
  Memory& memory_;
  std::vector<Index>& decided_;
  Index end_ = kNone; // rules from here on do not count
};

bool RuleIndex::search(const Expressions& expressions, const Scene& scene, Memory& memory,
                       std::vector<Index>& decided) const {
  if (++memory.epoch == 0 || memory.matched.size() != rule_count_) {
    memory.answers.assign(shared_, 0);
    memory.matched.assign(rule_count_, 0);
    memory.asked.assign(subjects_.size(), 0);
    memory.subjects.resize(subjects_.size());
    memory.epoch = 1;
  }
  Search search(*this, expressions, scene, memory, decided);
  search.branch(root_);
  if (decided.size() > 1) {
    std::erase_if(decided, [&](Index rule) { return search.end() < rule; });
    std::sort(decided.begin(), decided.end());
  }
  return search.end() != kNone || (match_all_ && !decided.empty());
}

std::size_t RuleIndex::bytes() const {
  const auto sum = [](const auto& matchers) {
    std::size_t bytes = 0;
    for (const auto& matcher : matchers) {
      bytes += matcher.bytes();
    }
    return bytes;
  };
  return rule_count_ * sizeof(RuleBrief) + subjects_.size() * sizeof(Index) + branches_.size() * sizeof(std::uint32_t) +
         groups_.size() * sizeof(Group) + sum(equalities_) + sum(ranges_) + sum(prefixes_) + sum(blocks_) +
         sum(contains_) + sum(regexes_);
}

} // namespace millrace::dsl
