// Building. Each way in which a rule can match is filed under one of its predicates, that with the lowest expected rate
// of hits ("access predicate"); what is filed alike in large numbers is filed again by another predicate, and so on.
// What is left of a way when it is reached is asked one by one. So a rule is looked at only by events that it is
// likely to match, whatever the order of its conditions, and nothing is tried for all rules.
#include <algorithm>
#include <map>
#include <tuple>

#include "dsl/index/rule_index.hpp"

namespace millrace::dsl {
namespace {

using PredicateKind = Predicate::Kind;
using IndexKind = RuleIndex::Kind;

constexpr std::size_t kManyTexts = 8; // texts and expressions to look for are looked for together

/// What asking costs, roughly, in comparisons of numbers.
int cost_of(const Program& program, const Predicate& predicate) {
  switch (predicate.kind) {
    case PredicateKind::one_of:
    case PredicateKind::none_of:
    case PredicateKind::range:
    case PredicateKind::block:
    case PredicateKind::present:
      return 1;
    case PredicateKind::prefix:
    case PredicateKind::suffix:
      return 2;
    case PredicateKind::contains:
      return 4;
    case PredicateKind::matches:
      return 8;
    case PredicateKind::opaque:
      break;
  }
  const Op op = program.nodes[predicate.node].op;
  return op == Op::some || op == Op::every || op == Op::not_matches ? 8 : 3;
}

/// Values of different kinds have no order between them, so each kind has ranges of its own.
int kind_of(const Value& value) {
  return value.is_number() || value.tag() == Tag::token ? static_cast<int>(Tag::integer)
                                                        : static_cast<int>(value.tag());
}

int kind_of(const Interval& interval) { return kind_of(interval.low.present() ? interval.low : interval.high); }

} // namespace

class IndexBuilder {
 public:
  IndexBuilder(const Program& program, Router& router)
      : program_(program), router_(router), predicates_(program), ways_(predicates_.conjunctions(router)) {
    index_.rules_ = router.briefs.data();
    index_.rule_count_ = router.briefs.size();
    index_.match_all_ = router.match_all;
    note_many_ways(router.briefs);
    count_values();
  }

  RuleIndex build() {
    std::vector<Item> items;
    for (const Conjunction& way : ways_) {
      items.push_back({way.rule, way.predicates, {}, 1});
    }
    index_.root_ = branch(items, true);
    return std::move(index_);
  }

  /// After build(); without the bytes.
  RouterCost cost() {
    cost_.router = router_.name;
    cost_.ways = ways_.size();
    for (const Rule& rule : router_.rules) {
      cost_.rules += rule.kind == RuleKind::group ? 0 : 1;
    }
    std::sort(cost_.questions.begin(), cost_.questions.end(),
              [](const auto& a, const auto& b) { return a.ways > b.ways; });
    return std::move(cost_);
  }

 private:
  /// A way of a rule, and the predicates of it that are still to be asked.
  struct Item {
    Index rule = kNone;
    std::vector<Index> rest;
    std::vector<Index> last; // to be asked all the same, but not to be filed under again
    double reach = 1;        // of events that come to see it
  };
  using Items = std::vector<Item>;

  /// How an item can be filed.
  struct Access {
    double rate = 2; // of events that come to see it
    IndexKind kind = IndexKind::equality;
    Index subject = kNone;
    int value_kind = 0;              // of ranges
    std::vector<Index> predicates;   // that need not be asked any more
    std::vector<Interval> intervals; // of ranges
    bool ask_again = false;          // the predicates need
  };

  struct Filed {
    std::uint32_t item = 0;
    Access access;
  };

  /// A rule that is filed in several places may be found in several.
  void note_many_ways(std::vector<RuleBrief>& rules) {
    for (std::size_t i = 0; i < ways_.size(); ++i) {
      bool& many = rules[ways_[i].rule].many_ways;
      many = many || (i > 0 && ways_[i].rule == ways_[i - 1].rule) ||
             std::any_of(ways_[i].predicates.begin(), ways_[i].predicates.end(), [&](Index number) {
               const Predicate& predicate = predicates_[number];
               return predicate.intervals.size() > 1 || predicate.blocks.size() > 1 ||
                      predicate.kind == PredicateKind::contains;
             });
    }
  }

  // ---- what is known of subjects

  void count_values() {
    for (Index i = 0; i < predicates_.size(); ++i) {
      const Predicate& predicate = predicates_[i];
      if (predicate.kind == PredicateKind::one_of) {
        values_[predicate.subject] += predicate.values.size();
      }
      for (const Interval& interval : predicate.intervals) {
        std::vector<Value>& bounds = bounds_[predicate.subject];
        for (const Value& bound : {interval.low, interval.high}) {
          if (bound.present()) {
            bounds.push_back(bound);
          }
        }
      }
    }
    for (auto& [subject, bounds] : bounds_) {
      std::sort(bounds.begin(), bounds.end(), before);
    }
  }

  /// Of events that have one certain value of the subject.
  double rate_of_value(Index subject) const {
    const ValueType& type = program_.nodes[subject].type;
    if (type.kind == Kind::boolean) {
      return 0.5;
    }
    if (type.names != kNone) {
      return 1.0 / static_cast<double>(program_.enumerations[type.names].names.size() + 1);
    }
    constexpr double kTypical = 1'000; // values of a field that is not enumerated
    const auto known = values_.find(subject);
    return 1.0 / (kTypical + static_cast<double>(known == values_.end() ? 0 : known->second));
  }

  double rate_of(Index subject, const Interval& interval) const {
    const std::vector<Value>& bounds = bounds_.at(subject);
    const auto rank = [&](const Value& value) {
      return static_cast<double>(std::lower_bound(bounds.begin(), bounds.end(), value, before) - bounds.begin());
    };
    const double all = static_cast<double>(bounds.size());
    const double from = interval.low.present() ? rank(interval.low) : 0;
    const double to = interval.high.present() ? rank(interval.high) : all;
    return std::clamp(0.5 * (to - from) / all, 0.0005, 0.5);
  }

  // ---- choosing

  using Counts = std::map<std::pair<PredicateKind, Index>, std::size_t>; // by kind and subject

  Access access_of(const Item& item, const Counts& texts) const {
    Access best;
    const auto offer = [&](Access access) {
      if (access.rate < best.rate) {
        best = std::move(access);
      }
    };
    for (const Index number : item.rest) {
      const Predicate& predicate = predicates_[number];
      const Index subject = predicate.subject;
      switch (predicate.kind) {
        case PredicateKind::one_of:
          offer({std::min(0.9, rate_of_value(subject) * static_cast<double>(predicate.values.size())),
                 IndexKind::equality,
                 subject,
                 0,
                 {number},
                 {}});
          break;
        case PredicateKind::range:
          offer(range_access(item, number));
          break;
        case PredicateKind::block:
          offer(
              {0.01 * static_cast<double>(predicate.blocks.size()), IndexKind::block, subject, 0, {number}, {}, false});
          break;
        case PredicateKind::prefix:
        case PredicateKind::suffix:
          if (predicate.text.size() <= PrefixMatcher::kLongest) {
            offer({predicate.text.size() > 3 ? 0.005 : 0.05,
                   predicate.kind == PredicateKind::prefix ? IndexKind::prefix : IndexKind::suffix,
                   subject,
                   0,
                   {number},
                   {}});
          }
          break;
        case PredicateKind::contains:
          if (texts.at({predicate.kind, subject}) >= kManyTexts) {
            offer({0.15, IndexKind::contains, subject, 0, {number}, {}, false});
          }
          break;
        case PredicateKind::matches:
          if (texts.at({predicate.kind, subject}) >= kManyTexts) {
            offer({0.2, IndexKind::regex, subject, 0, {number}, {}, true});
          }
          break;
        case PredicateKind::present:
          offer({0.95, IndexKind::presence, subject, 0, {number}, {}, false});
          break;
        case PredicateKind::opaque:
        case PredicateKind::none_of:
          break;
      }
    }
    return best;
  }

  /// Together with all other single intervals of the same subject.
  Access range_access(const Item& item, Index number) const {
    const Predicate& first = predicates_[number];
    Access access{2,        IndexKind::range, first.subject, kind_of(first.intervals.front()),
                  {number}, first.intervals,  false};
    const auto same_kind = [&](const Interval& interval) { return kind_of(interval) == access.value_kind; };
    if (!std::all_of(first.intervals.begin(), first.intervals.end(), same_kind)) {
      return access; // never chosen
    }
    constexpr std::size_t kMostJoined = 64;
    for (std::size_t i = 0; i < item.rest.size() && item.rest.size() <= kMostJoined; ++i) {
      const Index other = item.rest[i];
      const Predicate& more = predicates_[other];
      if (other == number || more.kind != PredicateKind::range || more.subject != first.subject ||
          more.intervals.size() != 1 || access.intervals.size() != 1 || !same_kind(more.intervals.front())) {
        continue;
      }
      const auto both = meet(access.intervals.front(), more.intervals.front());
      access.predicates.push_back(other);
      if (!both) {
        access.intervals.clear();
        access.rate = 0; // it never matches
        return access;
      }
      access.intervals.front() = *both;
    }
    access.rate = 0;
    for (const Interval& interval : access.intervals) {
      access.rate += rate_of(first.subject, interval);
    }
    access.rate = std::min(access.rate, 0.6);
    return access;
  }

  // ---- filing

  Bucket branch(const Items& items, bool root) {
    if (!root && items.size() == 1 && items.front().rest.empty() && items.front().last.empty()) {
      cost_.compared += items.front().reach;
      return RuleIndex::kRuleItself | items.front().rule;
    }
    std::vector<RuleIndex::Group> groups;
    std::vector<std::uint32_t> left;
    if (root || items.size() > kFewWays) {
      groups = file(items, left, root);
    } else {
      for (std::uint32_t i = 0; i < items.size(); ++i) {
        left.push_back(i);
      }
    }
    // Those with the first rules first: a match ends the search behind it.
    std::sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) { return a.first_rule < b.first_rule; });
    const auto begin = static_cast<Bucket>(index_.branches_.size());
    index_.branches_.insert(index_.branches_.end(), {kNone, static_cast<std::uint32_t>(groups.size()),
                                                     static_cast<std::uint32_t>(index_.groups_.size()),
                                                     static_cast<std::uint32_t>(left.size())});
    Index first_rule = kNone;
    note_list(items, left, root);
    for (const std::uint32_t i : left) {
      post(items[i]);
      first_rule = std::min(first_rule, items[i].rule);
    }
    for (const RuleIndex::Group& group : groups) {
      first_rule = std::min(first_rule, group.first_rule);
      index_.groups_.push_back(group);
    }
    index_.branches_[begin] = first_rule;
    return begin;
  }

  void note_list(const Items& items, const std::vector<std::uint32_t>& left, bool root) {
    for (const std::uint32_t i : left) {
      cost_.compared += items[i].reach;
      if (root && (cost_.always.empty() || cost_.always.back() != items[i].rule)) {
        cost_.always.push_back(items[i].rule);
      }
    }
    if (left.size() > kFewWays) {
      cost_.crowds.push_back({items[left.front()].rule, left.size(), root});
    }
  }

  /// "`user` ==", "`path` starts with"
  std::string spelled(IndexKind kind, Index subject) const {
    const Node& node = program_.nodes[subject];
    const std::string name = node.op == Op::field ? "`" + program_.shapes[router_.shape].fields[node.a].path + "`"
                             : node.op == Op::meta_topic ? "`meta.topic`"
                                                         : "a computed value";
    switch (kind) {
      case IndexKind::equality:
        return name + " ==";
      case IndexKind::range:
        return name + " in a range";
      case IndexKind::prefix:
        return name + " starts with";
      case IndexKind::suffix:
        return name + " ends with";
      case IndexKind::block:
        return name + " in a block of addresses";
      case IndexKind::contains:
        return name + " contains";
      case IndexKind::regex:
        return name + " matches";
      case IndexKind::presence:
        return "exists " + name;
    }
    return name;
  }

  void post(const Item& item) {
    std::vector<Index> rest = item.rest;
    rest.insert(rest.end(), item.last.begin(), item.last.end());
    std::stable_sort(rest.begin(), rest.end(), [&](Index a, Index b) {
      return cost_of(program_, predicates_[a]) < cost_of(program_, predicates_[b]);
    });
    index_.branches_.push_back(item.rule);
    index_.branches_.push_back(static_cast<std::uint32_t>(rest.size()));
    for (const Index predicate : rest) {
      index_.branches_.push_back(predicates_[predicate].node);
      index_.branches_.push_back(memory_of(predicate));
    }
  }

  /// Of a question that several ways ask, unless remembering costs as much as asking.
  std::uint32_t memory_of(Index number) {
    const Predicate& predicate = predicates_[number];
    if (predicate.uses < 2 || cost_of(program_, predicate) < 3) {
      return kNone;
    }
    const auto [known, is_new] = memories_.emplace(number, index_.shared_);
    index_.shared_ += is_new ? 1 : 0;
    return known->second;
  }

  std::uint32_t subject_number(Index subject) {
    const auto [known, is_new] = subjects_.emplace(subject, static_cast<std::uint32_t>(index_.subjects_.size()));
    if (is_new) {
      index_.subjects_.push_back(subject);
    }
    return known->second;
  }

  /// Puts items that can be filed into groups; `left` gets the others.
  std::vector<RuleIndex::Group> file(const Items& items, std::vector<std::uint32_t>& left, bool root) {
    Counts texts;
    for (const Item& item : items) {
      for (const Index number : item.rest) {
        const PredicateKind kind = predicates_[number].kind;
        if (kind == PredicateKind::contains || kind == PredicateKind::matches) {
          ++texts[{kind, predicates_[number].subject}];
        }
      }
    }
    std::map<std::tuple<Index, IndexKind, int>, std::vector<Filed>> filed;
    for (std::uint32_t i = 0; i < items.size(); ++i) {
      Access access = access_of(items[i], texts);
      if (access.rate > 1) {
        left.push_back(i);
      } else if (access.rate > 0) {
        filed[{access.subject, access.kind, access.value_kind}].push_back({i, std::move(access)});
      }
    }
    std::vector<RuleIndex::Group> groups;
    for (const auto& [key, all] : filed) {
      RuleIndex::Group group;
      group.kind = std::get<IndexKind>(key);
      const Index subject = std::get<Index>(key);
      if (root) {
        cost_.questions.push_back({spelled(group.kind, subject), all.size()});
      }
      if (program_.nodes[subject].op == Op::field) {
        group.field = program_.nodes[subject].a;
      } else {
        group.subject = subject_number(subject);
      }
      for (const Filed& each : all) {
        group.first_rule = std::min(group.first_rule, items[each.item].rule);
      }
      group.matcher = matcher(group.kind, items, all);
      groups.push_back(group);
    }
    return groups;
  }

  std::uint32_t matcher(IndexKind kind, const Items& items, const std::vector<Filed>& filed) {
    switch (kind) {
      case IndexKind::equality:
        return equality(items, filed);
      case IndexKind::range:
        return range(items, filed);
      case IndexKind::prefix:
      case IndexKind::suffix:
        return add(index_.prefixes_, PrefixMatcher(by_text(items, filed), kind == IndexKind::suffix));
      case IndexKind::contains:
        return add(index_.contains_, ContainsMatcher(by_text(items, filed)));
      case IndexKind::regex:
        return add(index_.regexes_, RegexMatcher(by_text(items, filed)));
      case IndexKind::block:
        return block(items, filed);
      case IndexKind::presence: {
        Items below;
        for (const Filed& each : filed) {
          below.push_back(without(items[each.item], each.access));
        }
        return branch(below, false);
      }
    }
    return kNoBucket;
  }

  template <typename Matcher>
  static std::uint32_t add(std::vector<Matcher>& matchers, Matcher matcher) {
    matchers.push_back(std::move(matcher));
    return static_cast<std::uint32_t>(matchers.size() - 1);
  }

  static Item without(const Item& item, const Access& access) {
    Item out{item.rule, {}, item.last, item.reach * access.rate};
    for (const Index predicate : item.rest) {
      const auto filed = std::find(access.predicates.begin(), access.predicates.end(), predicate);
      if (filed == access.predicates.end()) {
        out.rest.push_back(predicate);
      } else if (access.ask_again) {
        out.last.push_back(predicate);
      }
    }
    return out;
  }

  /// The branch for some of the filed; the same for the same ones.
  class Buckets {
   public:
    Buckets(IndexBuilder& builder, const Items& items, const std::vector<Filed>& filed)
        : builder_(builder), items_(items), filed_(filed) {}

    Bucket of(const std::vector<std::uint32_t>& some) {
      const auto [known, is_new] = known_.emplace(some, kNoBucket);
      if (is_new) {
        Items below;
        for (const std::uint32_t i : some) {
          below.push_back(without(items_[filed_[i].item], filed_[i].access));
        }
        known->second = builder_.branch(below, false);
      }
      return known->second;
    }

   private:
    IndexBuilder& builder_;
    const Items& items_;
    const std::vector<Filed>& filed_;
    std::map<std::vector<std::uint32_t>, Bucket> known_;
  };

  std::uint32_t equality(const Items& items, const std::vector<Filed>& filed) {
    ValueMap numbers;
    std::vector<Value> values;
    std::vector<std::vector<std::uint32_t>> lists;
    for (std::uint32_t i = 0; i < filed.size(); ++i) {
      for (const Value& value : predicates_[filed[i].access.predicates.front()].values) {
        if (numbers.insert(value, static_cast<std::uint32_t>(values.size()))) {
          values.push_back(value);
          lists.emplace_back();
        }
        std::vector<std::uint32_t>& list = lists[numbers.find(value)];
        if (list.empty() || list.back() != i) { // a value may be listed twice
          list.push_back(i);
        }
      }
    }
    Buckets buckets(*this, items, filed);
    std::vector<std::pair<Value, Bucket>> all;
    for (std::size_t i = 0; i < values.size(); ++i) {
      all.emplace_back(values[i], buckets.of(lists[i]));
    }
    return add(index_.equalities_, EqualityMatcher(all));
  }

  std::uint32_t range(const Items& items, const std::vector<Filed>& filed) {
    std::vector<Value> bounds;
    for (const Filed& each : filed) {
      for (const Interval& interval : each.access.intervals) {
        for (const Value& bound : {interval.low, interval.high}) {
          if (bound.present()) {
            bounds.push_back(bound);
          }
        }
      }
    }
    RangeMatcher matcher(std::move(bounds));
    std::map<std::uint32_t, std::vector<std::uint32_t>> lists; // by node of its tree
    for (std::uint32_t i = 0; i < filed.size(); ++i) {
      for (const Interval& interval : filed[i].access.intervals) {
        for (const std::uint32_t node : matcher.cover(interval)) {
          std::vector<std::uint32_t>& list = lists[node];
          if (list.empty() || list.back() != i) {
            list.push_back(i);
          }
        }
      }
    }
    Buckets buckets(*this, items, filed);
    for (const auto& [node, list] : lists) {
      matcher.set(node, buckets.of(list));
    }
    return add(index_.ranges_, std::move(matcher));
  }

  std::vector<std::pair<std::string, Bucket>> by_text(const Items& items, const std::vector<Filed>& filed) {
    std::map<std::string_view, std::vector<std::uint32_t>> lists;
    for (std::uint32_t i = 0; i < filed.size(); ++i) {
      const Predicate& predicate = predicates_[filed[i].access.predicates.front()];
      const bool is_regex = predicate.kind == PredicateKind::matches;
      lists[is_regex ? std::string_view(program_.regexes[predicate.regex].pattern) : predicate.text].push_back(i);
    }
    Buckets buckets(*this, items, filed);
    std::vector<std::pair<std::string, Bucket>> out;
    for (const auto& [text, list] : lists) {
      out.emplace_back(text, buckets.of(list));
    }
    return out;
  }

  std::uint32_t block(const Items& items, const std::vector<Filed>& filed) {
    std::map<std::pair<Ip, std::uint8_t>, std::vector<std::uint32_t>> lists;
    for (std::uint32_t i = 0; i < filed.size(); ++i) {
      for (const IpBlock& block : predicates_[filed[i].access.predicates.front()].blocks) {
        std::vector<std::uint32_t>& list = lists[{BlockMatcher::masked(block.address, block.bits), block.bits}];
        if (list.empty() || list.back() != i) {
          list.push_back(i);
        }
      }
    }
    Buckets buckets(*this, items, filed);
    BlockMatcher matcher;
    for (const auto& [block, list] : lists) {
      matcher.add({block.first, block.second}, buckets.of(list));
    }
    return add(index_.blocks_, std::move(matcher));
  }

  const Program& program_;
  const Router& router_;
  Predicates predicates_;
  std::vector<Conjunction> ways_;
  RouterCost cost_;
  std::map<Index, std::size_t> values_;        // how many different ones rules ask for, by subject
  std::map<Index, std::vector<Value>> bounds_; // of ranges, by subject, sorted
  std::map<Index, std::uint32_t> subjects_;
  std::map<Index, std::uint32_t> memories_;
  RuleIndex index_;
};

namespace {

/// Targets written out with canonical nodes: equal exactly if they deliver the same.
std::string written(const std::vector<Target>& targets, Canonical& canonical) {
  std::string text;
  const auto add = [&](std::uint64_t number) { text.append(reinterpret_cast<const char*>(&number), sizeof number); };
  for (const Target& target : targets) {
    for (const Index node : {target.name, target.key, target.partition_by, target.timestamp}) {
      add(canonical.of(node));
    }
    add(target.topic);
    add(target.listed ? 1 : 0);
    add(static_cast<std::uint64_t>(target.at_most));
    add(target.overflow);
    add(static_cast<std::uint64_t>(target.key_otherwise));
    add(target.omit);
    add(target.names.size());
    for (const std::string& name : target.names) {
      add(name.size());
      text += name;
    }
    add(target.headers.size());
    for (const HeaderClause& header : target.headers) {
      add(header.name);
      add(canonical.of(header.value));
      add(static_cast<std::uint64_t>(header.otherwise));
    }
  }
  return text;
}

std::vector<RuleBrief> briefs_of(const Program& program, const Router& router) {
  Canonical canonical(program);
  boost::unordered_flat_map<std::string, Index> firsts;
  std::vector<RuleBrief> briefs;
  briefs.reserve(router.rules.size());
  for (Index i = 0; i < router.rules.size(); ++i) {
    const Rule& rule = router.rules[i];
    briefs.push_back({firsts.emplace(written(rule.targets, canonical), i).first->second, rule.kind, false});
  }
  return briefs;
}

} // namespace

std::vector<RouterCost> index_rules(Program& program) {
  std::vector<RouterCost> costs;
  for (Router& router : program.routers) {
    router.briefs = briefs_of(program, router);
    IndexBuilder builder(program, router);
    router.index = std::make_shared<const RuleIndex>(builder.build());
    costs.push_back(builder.cost());
    costs.back().bytes = router.index->bytes();
  }
  return costs;
}

} // namespace millrace::dsl
