// Which rules of a router an event matches, found without asking every rule: each way in which a rule can match is
// filed under the question that fewest events answer with yes, and only what is filed under the answers of this event
// is looked at further. Immutable; each evaluator brings its own Search.
//
// How it is built and why: build.cpp. What an answer costs does not grow with the number of rules, but with the
// number of those that are filed alike.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dsl/index/cost.hpp"
#include "dsl/index/matchers.hpp"
#include "dsl/program.hpp"

namespace millrace::dsl {

class Expressions;
struct Scene;

class RuleIndex {
 public:
  enum class Kind : std::uint8_t { equality, range, prefix, suffix, block, contains, regex, presence };
  /// One way of asking one subject; leads to branches.
  struct Group {
    Kind kind = Kind::equality;
    Index field = kNone;       // the subject, if it is one; else
    std::uint32_t subject = 0; // in subjects_
    std::uint32_t matcher = 0; // of its kind; of presence: the branch
    Index first_rule = kNone;  // the first below it
  };

  /// What a search needs to remember; one for each evaluator.
  struct Memory {
    std::uint32_t epoch = 0;
    std::vector<std::uint64_t> answers; // epoch and yes or no, by shared question
    std::vector<std::uint32_t> matched; // epoch, by rule that can be found more than once
    std::vector<std::uint32_t> asked;   // epoch, by subject that is no field
    std::vector<Value> subjects;        // its value
    Arena folded;                       // of one text
  };

  /// Adds the rules that match, in order: taps and the routes and drop that decide. Like asking each rule from the
  /// first on. True if there is one that decides.
  bool search(const Expressions& expressions, const Scene& scene, Memory& memory, std::vector<Index>& decided) const;

  /// Bytes that it holds.
  std::size_t bytes() const;

 private:
  friend class IndexBuilder;
  class Search;
  /// Instead of the number of a branch: the rule that it would hold alone, with nothing left to ask.
  static constexpr Bucket kRuleItself = 0x8000'0000U;

  const RuleBrief* rules_ = nullptr; // of the router
  std::size_t rule_count_ = 0;
  bool match_all_ = false;
  std::vector<Index> subjects_; // nodes of those that are no fields
  /// Branches, each in one piece, so that little has to be fetched from memory: the first rule below it, the number of
  /// groups, the first of them, the number of ways; of each way, by rule: the rule, the number of conditions that are
  /// left to be asked, and for each, cheap ones first, its node and the number of its memory, if it is one that several
  /// ways ask. A bucket is where its branch begins.
  std::vector<std::uint32_t> branches_;
  Bucket root_ = 0;
  std::vector<Group> groups_;
  std::vector<EqualityMatcher> equalities_;
  std::vector<RangeMatcher> ranges_;
  std::vector<PrefixMatcher> prefixes_;
  std::vector<BlockMatcher> blocks_;
  std::vector<ContainsMatcher> contains_;
  std::vector<RegexMatcher> regexes_;
  std::uint32_t shared_ = 0; // questions with a memory
};

/// Gives each router of a sealed program its index and the briefs of its rules, and says what they cost, by router. The
/// index refers to what the program holds, which may be moved afterwards but not changed.
std::vector<RouterCost> index_rules(Program& program);

} // namespace millrace::dsl
