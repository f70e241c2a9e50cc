// Each way in which a rule that ends the list can match is filed under one of its predicates. A later way can only be
// contained in it if it implies that predicate, so only a few are looked up and compared in full, however many rules
// there are.
#include "dsl/index/reach.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "dsl/index/matchers.hpp"
#include "dsl/index/predicates.hpp"

namespace millrace::dsl {
namespace {

using Asks = Predicate::Kind;

constexpr std::size_t kMostCompared = 64;    // ways that one is compared with
constexpr std::size_t kMostPredicates = 256; // of a way, beyond which nothing is proven of it

bool holds(const Interval& interval, const Value& value) {
  const auto above = interval.low.present() ? compare(interval.low, value) : std::strong_ordering::less;
  const auto below = interval.high.present() ? compare(value, interval.high) : std::strong_ordering::less;
  return above && below && (interval.low_open ? *above < 0 : *above <= 0) &&
         (interval.high_open ? *below < 0 : *below <= 0);
}

/// Whether every value of `inner` is in `outer`. Bounds of different kinds have nothing in common.
bool is_within(const Interval& inner, const Interval& outer) {
  const auto low = [&] {
    if (!outer.low.present()) {
      return !outer.high.present() || !inner.high.present() || compare(inner.high, outer.high).has_value();
    }
    const auto order = inner.low.present() ? compare(outer.low, inner.low) : std::nullopt;
    return order && (*order < 0 || (*order == 0 && (!outer.low_open || inner.low_open)));
  };
  const auto high = [&] {
    if (!outer.high.present()) {
      return true;
    }
    const auto order = inner.high.present() ? compare(inner.high, outer.high) : std::nullopt;
    return order && (*order < 0 || (*order == 0 && (!outer.high_open || inner.high_open)));
  };
  return low() && high();
}

bool is_within(const IpBlock& inner, const IpBlock& outer) {
  return outer.bits <= inner.bits &&
         BlockMatcher::masked(inner.address, outer.bits) == BlockMatcher::masked(outer.address, outer.bits) &&
         (outer.bits >= 96 || !BlockMatcher::is_version4(inner.address));
}

bool is_listed(const std::vector<Value>& values, const Value& value) {
  return std::any_of(values.begin(), values.end(), [&](const Value& each) { return equals(each, value); });
}

class Proofs {
 public:
  Proofs(const Program& program, const Router& router)
      : program_(program), router_(router), predicates_(program), ways_(predicates_.conjunctions(router)) {}

  std::vector<Unreachable> run() {
    file_ways([&](Index rule) { return ends_list(rule); });
    std::vector<Unreachable> found;
    std::size_t way = 0;
    for (Index rule = 0; rule < router_.rules.size(); ++rule) {
      if (router_.rules[rule].kind == RuleKind::group) {
        continue;
      }
      std::optional<Unreachable> verdict = Unreachable{rule, kNone, false};
      for (; way < ways_.size() && ways_[way].rule == rule; ++way) {
        if (verdict && !is_impossible(ways_[way])) {
          const Index taker = taker_of(ways_[way], [](Index) { return true; });
          verdict->by = taker;
          verdict = taker == kNone ? std::nullopt : verdict;
        }
      }
      if (verdict) {
        verdict->same = verdict->by != kNone && takes_all_of(rule, verdict->by);
        found.push_back(*verdict);
      }
    }
    return found;
  }

  std::vector<Redelivered> redelivered() {
    const bool any = std::any_of(router_.rules.begin(), router_.rules.end(),
                                 [](const Rule& rule) { return rule.kind == RuleKind::tap; });
    std::vector<Redelivered> found;
    if (!any && !router_.match_all) {
      return found;
    }
    file_ways([&](Index rule) { return goes_on(rule); });
    for (std::size_t way = 0; way < ways_.size();) {
      const Index rule = ways_[way].rule;
      std::optional<Index> by;
      bool all = !router_.rules[rule].targets.empty();
      for (; way < ways_.size() && ways_[way].rule == rule; ++way) {
        if (all) {
          by = taker_of(ways_[way], [&](Index other) { return shared_target(rule, other).has_value(); });
          all = *by != kNone;
        }
      }
      if (all && by) {
        const auto [target, by_target] = *shared_target(rule, *by);
        found.push_back({rule, *by, target, by_target});
      }
    }
    return found;
  }

 private:
  /// Delivers, and lets the event go on.
  bool goes_on(Index rule) const {
    const RuleKind kind = router_.rules[rule].kind;
    return kind == RuleKind::tap || (kind == RuleKind::route && router_.match_all);
  }

  /// Targets of two rules that are one topic.
  std::optional<std::pair<Index, Index>> shared_target(Index rule, Index other) const {
    const std::vector<Target>& own = router_.rules[rule].targets;
    const std::vector<Target>& others = router_.rules[other].targets;
    for (Index i = 0; i < own.size(); ++i) {
      for (Index j = 0; j < others.size(); ++j) {
        if (own[i].name == kNone && others[j].name == kNone && own[i].topic == others[j].topic) {
          return std::pair(i, j);
        }
      }
    }
    return std::nullopt;
  }

  // ---- one way

  bool ends_list(Index rule) const {
    const RuleKind kind = router_.rules[rule].kind;
    return kind == RuleKind::drop || (kind == RuleKind::route && !router_.match_all);
  }

  /// Two of its predicates that no value satisfies together.
  bool is_impossible(const Conjunction& way) const {
    if (way.predicates.size() > kMostPredicates) {
      return false;
    }
    for (const Index a : way.predicates) {
      for (const Index b : way.predicates) {
        const Predicate& one = predicates_[a];
        const Predicate& other = predicates_[b];
        if (a != b && one.kind == Asks::one_of && one.subject == other.subject && other.kind != Asks::opaque &&
            other.kind != Asks::matches &&
            std::none_of(one.values.begin(), one.values.end(), [&](const Value& v) { return satisfies(v, other); })) {
          return true;
        }
        if (a < b && one.kind == Asks::range && other.kind == Asks::range && one.subject == other.subject &&
            one.intervals.size() == 1 && other.intervals.size() == 1 &&
            !meet(one.intervals.front(), other.intervals.front())) {
          return true;
        }
      }
    }
    return false;
  }

  bool satisfies(const Value& value, const Predicate& predicate) const {
    const auto text = [&] { return value.tag() == Tag::text ? value.as_text() : std::string_view(); };
    switch (predicate.kind) {
      case Asks::one_of:
        return is_listed(predicate.values, value);
      case Asks::none_of:
        return !is_listed(predicate.values, value);
      case Asks::range:
        return std::any_of(predicate.intervals.begin(), predicate.intervals.end(),
                           [&](const Interval& interval) { return holds(interval, value); });
      case Asks::block:
        return value.tag() == Tag::ip &&
               std::any_of(predicate.blocks.begin(), predicate.blocks.end(), [&](const IpBlock& block) {
                 return is_within({value.as_ip(), 128}, block);
               });
      case Asks::prefix:
        return value.tag() == Tag::text && text().starts_with(predicate.text);
      case Asks::suffix:
        return value.tag() == Tag::text && text().ends_with(predicate.text);
      case Asks::contains:
        return value.tag() == Tag::text && text().find(predicate.text) != std::string_view::npos;
      case Asks::matches:
        return value.tag() == Tag::text &&
               program_.regexes[predicate.regex].compiled->Match({text().data(), text().size()}, 0, text().size(),
                                                                 re2::RE2::UNANCHORED, nullptr, 0);
      case Asks::present:
        return true;
      case Asks::opaque:
        return false;
    }
    return false;
  }

  /// Whether an event that satisfies `given` always satisfies `wanted`.
  bool implies(const Predicate& given, const Predicate& wanted) const {
    if (given.node == wanted.node) {
      return true;
    }
    if (given.subject == kNone || given.subject != wanted.subject) {
      return false;
    }
    if (wanted.kind == Asks::present) {
      return true; // every predicate with a subject is false of an absent one
    }
    switch (given.kind) {
      case Asks::one_of:
        return std::all_of(given.values.begin(), given.values.end(),
                           [&](const Value& value) { return satisfies(value, wanted); });
      case Asks::none_of:
        return wanted.kind == Asks::none_of &&
               std::all_of(wanted.values.begin(), wanted.values.end(),
                           [&](const Value& value) { return is_listed(given.values, value); });
      case Asks::range:
        return range_implies(given, wanted);
      case Asks::block:
        return wanted.kind == Asks::block &&
               std::all_of(given.blocks.begin(), given.blocks.end(), [&](const IpBlock& inner) {
                 return std::any_of(wanted.blocks.begin(), wanted.blocks.end(),
                                    [&](const IpBlock& outer) { return is_within(inner, outer); });
               });
      case Asks::prefix:
        return (wanted.kind == Asks::prefix && given.text.starts_with(wanted.text)) || text_implies(given, wanted);
      case Asks::suffix:
        return (wanted.kind == Asks::suffix && given.text.ends_with(wanted.text)) || text_implies(given, wanted);
      case Asks::contains:
        return text_implies(given, wanted);
      case Asks::matches:
        return wanted.kind == Asks::matches &&
               program_.regexes[given.regex].pattern == program_.regexes[wanted.regex].pattern;
      case Asks::present:
      case Asks::opaque:
        return false;
    }
    return false;
  }

  static bool text_implies(const Predicate& given, const Predicate& wanted) {
    return wanted.kind == Asks::contains && given.text.find(wanted.text) != std::string_view::npos;
  }

  static bool range_implies(const Predicate& given, const Predicate& wanted) {
    const auto each_interval = [&](auto test) {
      return std::all_of(given.intervals.begin(), given.intervals.end(), test);
    };
    if (wanted.kind == Asks::none_of) {
      return each_interval([&](const Interval& interval) {
        return std::none_of(wanted.values.begin(), wanted.values.end(),
                            [&](const Value& value) { return holds(interval, value); });
      });
    }
    return wanted.kind == Asks::range && each_interval([&](const Interval& inner) {
             return std::any_of(wanted.intervals.begin(), wanted.intervals.end(),
                                [&](const Interval& outer) { return is_within(inner, outer); });
           });
  }

  bool is_contained(const Conjunction& inner, const Conjunction& outer) const {
    return inner.predicates.size() <= kMostPredicates && outer.predicates.size() <= kMostPredicates &&
           std::all_of(outer.predicates.begin(), outer.predicates.end(), [&](Index wanted) {
             return std::any_of(inner.predicates.begin(), inner.predicates.end(),
                                [&](Index given) { return implies(predicates_[given], predicates_[wanted]); });
           });
  }

  bool takes_all_of(Index rule, Index other) const {
    const auto ways_of = [&](Index wanted) {
      return std::equal_range(ways_.begin(), ways_.end(), Conjunction{wanted, {}},
                              [](const Conjunction& a, const Conjunction& b) { return a.rule < b.rule; });
    };
    const auto [first, last] = ways_of(other);
    return std::all_of(first, last, [&](const Conjunction& inner) {
      const auto [begin, end] = ways_of(rule);
      return std::any_of(begin, end, [&](const Conjunction& outer) { return is_contained(inner, outer); });
    });
  }

  // ---- finding the ways that may contain one

  using List = std::vector<std::uint32_t>; // of ways, first ones first

  /// Which predicate of a way it is filed under: the kind that is told apart best.
  static int rank(Asks kind) {
    switch (kind) {
      case Asks::one_of:
        return 0;
      case Asks::block:
      case Asks::matches:
      case Asks::opaque:
        return 1;
      case Asks::prefix:
      case Asks::suffix:
        return 2;
      case Asks::range:
        return 3;
      case Asks::contains:
        return 4;
      case Asks::none_of:
        return 5;
      case Asks::present:
        return 6;
    }
    return 7;
  }

  /// Those of the rules that are wanted.
  template <typename Wanted>
  void file_ways(Wanted wanted) {
    std::map<Index, std::vector<std::uint32_t>> ranges;
    for (std::uint32_t i = 0; i < ways_.size(); ++i) {
      const Conjunction& way = ways_[i];
      if (!wanted(way.rule)) {
        continue;
      }
      const auto best = std::min_element(way.predicates.begin(), way.predicates.end(), [&](Index a, Index b) {
        return rank(predicates_[a].kind) < rank(predicates_[b].kind);
      });
      if (best == way.predicates.end()) {
        everything_.push_back(i);
        continue;
      }
      const Predicate& predicate = predicates_[*best];
      if (predicate.kind == Asks::one_of) {
        for (const Value& value : predicate.values) {
          file(by_value_[predicate.subject], lists_of_values_, value, i);
        }
      } else if (predicate.kind == Asks::prefix || predicate.kind == Asks::suffix) {
        const bool prefix = predicate.kind == Asks::prefix;
        (prefix ? by_prefix_ : by_suffix_)[{predicate.subject, std::string(predicate.text)}].push_back(i);
      } else if (predicate.kind == Asks::range && predicate.intervals.size() == 1) {
        ranges[predicate.subject].push_back(i);
        range_of_[i] = *best;
      } else {
        by_subject_[{predicate.subject, predicate.subject == kNone ? predicates_.canonical(predicate.node) : kNone}]
            .push_back(i);
      }
    }
    for (const auto& [subject, filed] : ranges) {
      file_ranges(subject, filed);
    }
  }

  static void file(ValueMap& map, std::vector<List>& lists, const Value& value, std::uint32_t way) {
    if (map.insert(value, static_cast<std::uint32_t>(lists.size()))) {
      lists.emplace_back();
    }
    lists[map.find(value)].push_back(way);
  }

  void file_ranges(Index subject, const std::vector<std::uint32_t>& filed) {
    std::vector<Value> bounds;
    for (const std::uint32_t way : filed) {
      const Interval& interval = predicates_[range_of_[way]].intervals.front();
      for (const Value& bound : {interval.low, interval.high}) {
        if (bound.present()) {
          bounds.push_back(bound);
        }
      }
    }
    RangeMatcher& matcher = by_range_.emplace(subject, RangeMatcher(std::move(bounds))).first->second;
    std::map<std::uint32_t, std::uint32_t> lists; // by node of the matcher
    for (const std::uint32_t way : filed) {
      for (const std::uint32_t node : matcher.cover(predicates_[range_of_[way]].intervals.front())) {
        const auto [list, is_new] = lists.emplace(node, static_cast<std::uint32_t>(lists_of_ranges_.size()));
        if (is_new) {
          lists_of_ranges_.emplace_back();
          matcher.set(node, list->second);
        }
        lists_of_ranges_[list->second].push_back(way);
      }
    }
  }

  /// The first of the admitted rules that takes all events of the way; kNone if that is not proven of any.
  template <typename Admits>
  Index taker_of(const Conjunction& way, Admits admits) const {
    Index taker = kNone;
    std::size_t compared = 0;
    const auto try_all = [&](const List& list) {
      for (const std::uint32_t number : list) {
        const Conjunction& other = ways_[number];
        if (other.rule >= std::min(way.rule, taker) || ++compared > kMostCompared) {
          return;
        }
        if (admits(other.rule) && is_contained(way, other)) {
          taker = other.rule;
        }
      }
    };
    try_all(everything_);
    for (const Index number : way.predicates) {
      const Predicate& given = predicates_[number];
      try_list(by_subject_, std::pair(given.subject, given.subject == kNone ? canonical(given.node) : kNone), try_all);
      if (given.kind == Asks::one_of) {
        try_value(given.subject, given.values.front(), try_all);
      } else if (given.kind == Asks::prefix || given.kind == Asks::suffix) {
        try_texts(given.subject, given.text, try_all);
      } else if (given.kind == Asks::range) {
        try_range(given.subject, given.intervals.front(), try_all);
      }
    }
    return taker;
  }

  template <typename Map, typename Key, typename TryAll>
  static void try_list(const Map& map, const Key& key, TryAll try_all) {
    if (const auto found = map.find(key); found != map.end()) {
      try_all(found->second);
    }
  }

  template <typename TryAll>
  void try_value(Index subject, const Value& value, TryAll try_all) const {
    if (const auto map = by_value_.find(subject); map != by_value_.end()) {
      if (const std::uint32_t list = map->second.find(value); list != ValueMap::kMissing) {
        try_all(lists_of_values_[list]);
      }
    }
    if (value.tag() == Tag::text) {
      try_texts(subject, value.as_text(), try_all);
    }
    try_range(subject, {value, value, false, false}, try_all);
  }

  template <typename TryAll>
  void try_texts(Index subject, std::string_view text, TryAll try_all) const {
    for (std::size_t size = 1; size <= std::min<std::size_t>(text.size(), PrefixMatcher::kLongest); ++size) {
      if (!by_prefix_.empty()) {
        try_list(by_prefix_, std::pair(subject, std::string(text.substr(0, size))), try_all);
      }
      if (!by_suffix_.empty()) {
        try_list(by_suffix_, std::pair(subject, std::string(text.substr(text.size() - size))), try_all);
      }
    }
  }

  template <typename TryAll>
  void try_range(Index subject, const Interval& interval, TryAll try_all) const {
    if (const auto found = by_range_.find(subject); found != by_range_.end()) {
      found->second.search_within(interval, [&](Bucket list) { try_all(lists_of_ranges_[list]); });
    }
  }

  Index canonical(Index node) const { return predicates_.known_canonical(node); }

  const Program& program_;
  const Router& router_;
  Predicates predicates_;
  std::vector<Conjunction> ways_;
  List everything_; // ways that ask for nothing
  std::map<Index, ValueMap> by_value_;
  std::vector<List> lists_of_values_;
  std::map<std::pair<Index, std::string>, List> by_prefix_;
  std::map<std::pair<Index, std::string>, List> by_suffix_;
  std::map<Index, RangeMatcher> by_range_;
  std::vector<List> lists_of_ranges_;
  std::map<std::uint32_t, Index> range_of_;            // the predicate that a way is filed under
  std::map<std::pair<Index, Index>, List> by_subject_; // all other kinds; opaque ones by what they ask
};

} // namespace

std::vector<Unreachable> unreachable_rules(const Program& program, const Router& router) {
  return Proofs(program, router).run();
}

std::vector<Redelivered> redelivering_rules(const Program& program, const Router& router) {
  return Proofs(program, router).redelivered();
}

} // namespace millrace::dsl
