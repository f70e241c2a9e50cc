// Searching.
#include "dsl/index/rule_index.hpp"

#include <algorithm>

#include "dsl/evaluate/expression.hpp"

namespace millrace::dsl {

class RuleIndex::Search {
 public:
  Search(const RuleIndex& index, const Expressions& expressions, const Scene& scene, Memory& memory,
         std::vector<Index>& decided)
      : index_(index), expressions_(expressions), scene_(scene), memory_(memory), decided_(decided) {}

  void branch(const Branch& branch) {
    for (std::uint32_t i = branch.postings; i < branch.postings_end; ++i) {
      const Posting& posting = index_.postings_[i];
      if (posting.rule >= end_) {
        break;
      }
      if (!is_known(posting.rule) && holds(posting)) {
        found(posting.rule);
      }
    }
    for (std::uint32_t i = branch.groups; i < branch.groups_end; ++i) {
      if (index_.groups_[i].first_rule < end_) {
        group(index_.groups_[i]);
      }
    }
  }

 private:
  bool is_known(Index rule) const { return index_.rules_[rule].many_ways && memory_.matched[rule] == memory_.epoch; }

  void follow(Bucket bucket) {
    if ((bucket & kRuleItself) != 0) {
      const Index rule = bucket & ~kRuleItself;
      return rule < end_ && !is_known(rule) ? found(rule) : void();
    }
    const Branch& next = index_.branches_[bucket];
    if (next.first_rule < end_) {
      branch(next);
    }
  }

  void group(const Group& group) {
    const Value& value = subject(group.subject);
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
      case Kind::presence:
        return follow(group.matcher);
    }
  }

  const Value& subject(std::uint32_t number) {
    const Node& node = index_.nodes_[index_.subjects_[number]];
    if (node.op == Op::field) {
      return scene_.fields->value(node.a);
    }
    if (memory_.asked[number] != memory_.epoch) {
      memory_.asked[number] = memory_.epoch;
      memory_.subjects[number] = expressions_.value(index_.subjects_[number], scene_);
    }
    return memory_.subjects[number];
  }

  bool holds(const Posting& posting) {
    const Question* const first = index_.rest_.data() + posting.rest;
    return std::all_of(first, first + posting.count, [this](const Question& question) { return ask(question); });
  }

  bool ask(const Question& question) {
    if (question.shared == kNone) {
      return expressions_.test(question.node, scene_);
    }
    std::uint64_t& answer = memory_.answers[question.shared];
    if (answer >> 1U != memory_.epoch) {
      answer = std::uint64_t{memory_.epoch} << 1U | (expressions_.test(question.node, scene_) ? 1U : 0U);
    }
    return (answer & 1U) != 0;
  }

  /// A drop ends the list, and under `match first` a route does: nothing behind it counts.
  void found(Index rule) {
    const RuleFacts facts = index_.rules_[rule];
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
  if (++memory.epoch == 0 || memory.matched.size() != rules_.size()) {
    memory.answers.assign(shared_, 0);
    memory.matched.assign(rules_.size(), 0);
    memory.asked.assign(subjects_.size(), 0);
    memory.subjects.resize(subjects_.size());
    memory.epoch = 1;
  }
  Search search(*this, expressions, scene, memory, decided);
  search.branch(branches_.front());
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
  return rules_.size() * sizeof(RuleFacts) + subjects_.size() * sizeof(Index) + postings_.size() * sizeof(Posting) +
         rest_.size() * sizeof(Question) + branches_.size() * sizeof(Branch) + groups_.size() * sizeof(Group) +
         sum(equalities_) + sum(ranges_) + sum(prefixes_) + sum(blocks_) + sum(contains_);
}

} // namespace millrace::dsl
