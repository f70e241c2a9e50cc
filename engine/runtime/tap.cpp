#include "engine/runtime/tap.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>
#include <utility>

#include "engine/config/nearest.hpp"
#include "engine/host/json.hpp"
#include "engine/host/short_hash.hpp"
#include "engine/host/targets.hpp"

namespace millrace::runtime {
namespace {

// What is held back by an allowance comes in pieces that are worth a write, at most so many in a second.
constexpr double kMostPieces = 50;
constexpr std::int64_t kTellEvery = 5'000'000'000;
constexpr double kLookRate = 2'000;   // events a second, where most may be not what is looked for
constexpr double kMostLookedAt = 200; // of them at once
constexpr std::uint64_t kMostBytes = 4u << 20;
constexpr std::size_t kMostNamed = 20;
constexpr std::size_t kShownOfAnEvent = 200; // bytes, in text

// Only a log has places.
std::string place_of(const SampledEvent& event) {
  return event.partition < 0 ? std::string() : fmt::format(":{}:{}", event.partition, event.position);
}

// Whether a member is an array that holds `text`, or objects whose member `inside` is it.
bool has(const boost::json::object& way, const char* name, const char* inside, const std::string& text) {
  const boost::json::value* const found = way.if_contains(name);
  const boost::json::array* const all = found == nullptr ? nullptr : found->if_array();
  return all != nullptr && std::ranges::any_of(*all, [&](const boost::json::value& one) {
           const boost::json::value* const named = one.is_object() ? one.get_object().if_contains(inside) : &one;
           return named != nullptr && named->is_string() && std::string_view(named->get_string()) == text;
         });
}

// As the ruleset calls it, or a rule without its router.
bool is_of(const std::string& given, const RulesetItem& item) {
  return host::in_family(item.name, given) || (item.kind == "rule" && item.name.ends_with("." + given));
}

// A router that says nothing of such items is believed to have them.
void check_one(const char* kind, const std::string& given, const std::vector<RulesetItem>& items) {
  std::vector<std::string> known;
  for (const RulesetItem& item : items) {
    if (item.kind == kind) {
      if (given.empty() || is_of(given, item)) {
        return;
      }
      known.push_back(item.name);
    }
  }
  if (known.empty()) {
    return;
  }
  std::ranges::sort(known);
  known.erase(std::unique(known.begin(), known.end()), known.end());
  std::vector<std::string> written = known;
  for (const std::string& name : known) {
    written.push_back(name.substr(name.rfind('.') + 1));
  }
  throw Unexplained(
      fmt::format("no active ruleset has a {} '{}'{} Known: {}", kind, given, config::did_you_mean(given, written),
                  known.size() <= kMostNamed ? fmt::format("{}", fmt::join(known, ", "))
                                             : fmt::format("{}, which /rules/active names", known.size())));
}

} // namespace

void check(const TapFilter& filter, const std::vector<std::shared_ptr<const Pipeline>>& pipelines) {
  std::vector<RulesetItem> items;
  for (const std::shared_ptr<const Pipeline>& pipeline : pipelines) {
    std::ranges::move(pipeline->ruleset().items, std::back_inserter(items));
  }
  check_one("rule", filter.rule, items);
  check_one("topic", filter.topic, items);
  check_one("table", filter.table, items);
}

Tap::Tap(const std::vector<std::shared_ptr<const Pipeline>>& pipelines, TapFilter filter, std::size_t rate,
         ExplainForm form, const host::Clock& clock)
    : filter_(std::move(filter)),
      filters_(!(filter_.rule + filter_.topic + filter_.table + filter_.outcome).empty()),
      rate_(std::clamp<std::size_t>(rate, 1, kMostRate)),
      form_(form),
      clock_(clock),
      may_show_(static_cast<double>(rate_)),
      may_look_(kMostLookedAt),
      last_ns_(clock.now_ns()),
      told_ns_(last_ns_) {
  for (const std::shared_ptr<const Pipeline>& pipeline : pipelines) {
    watched_.push_back({pipeline, pipeline->watch(bell_)});
  }
}

void Tap::refill() {
  const std::int64_t now = clock_.now_ns();
  const double seconds = static_cast<double>(now - std::exchange(last_ns_, now)) * 1e-9;
  may_show_ = std::min(static_cast<double>(rate_), may_show_ + seconds * static_cast<double>(rate_));
  may_look_ = std::min(kMostLookedAt, may_look_ + seconds * kLookRate);
}

// Nothing is wanted meanwhile, so that nothing rings but what was on its way.
void Tap::wait_for_allowance() {
  const auto missing = [](double have, double rate) {
    const double need = std::max(1.0, rate / kMostPieces);
    return std::max(0.0, need - have) / rate;
  };
  const double seconds =
      std::max(missing(may_show_, static_cast<double>(rate_)), filters_ ? missing(may_look_, kLookRate) : 0);
  if (seconds > 0) {
    bell_->wait(std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9) + 1));
    refill();
  }
}

void Tap::ask() {
  const auto look = static_cast<std::uint64_t>(std::max(1.0, filters_ ? may_look_ : may_show_));
  for (const Watched& watched : watched_) {
    watched.reader->want(look, kMostBytes);
  }
}

std::string Tap::next(std::chrono::nanoseconds patience) {
  refill();
  wait_for_allowance();
  ask();
  bell_->wait(patience);
  std::string out;
  for (const Watched& watched : watched_) {
    watched.reader->want(0, 0);
    for (const SampledEvent& event : watched.reader->take()) {
      --may_look_;
      if (may_show_ >= 1) {
        show(watched, event, out);
      }
    }
  }
  if (last_ns_ - told_ns_ >= kTellEvery) {
    told_ns_ = last_ns_;
    show_counts(out);
  }
  return out;
}

void Tap::show(const Watched& watched, const SampledEvent& event, std::string& out) {
  const auto [router, hash] = watched.pipeline->active();
  if (router == nullptr || !explains(*router)) {
    return;
  }
  try {
    const bool text = form_ == ExplainForm::text;
    const std::string way = filters_ || !text ? explain(*router, event, ExplainForm::json) : std::string();
    ++looked_at_;
    if (filters_ && !wanted(way)) {
      return;
    }
    if (text) {
      out += fmt::format("{} {}{} by {}: {}\n{}", watched.pipeline->name(), event.stream, place_of(event),
                         host::short_hash(hash), event.payload.substr(0, kShownOfAnEvent),
                         explain(*router, event, ExplainForm::text));
    } else {
      host::JsonWriter json;
      json.begin_object().key("pipeline").value(watched.pipeline->name()).key("ruleset").value(hash);
      json.key("stream").value(event.stream).key("partition").value(static_cast<std::int64_t>(event.partition));
      json.key("position").value(event.position).key("event").value(event.payload).key("way").raw(way).end_object();
      out += json.text() + "\n";
    }
    ++shown_;
    --may_show_;
  } catch (const Unexplained& error) {
    out += fmt::format("{{\"pipeline\":{},\"error\":{}}}\n", host::json_text(watched.pipeline->name()),
                       host::json_text(error.what()));
    --may_show_;
  }
}

bool Tap::wanted(const std::string& way) const {
  boost::system::error_code error;
  const boost::json::value parsed = boost::json::parse(way, error);
  if (error || !parsed.is_object()) {
    return false;
  }
  const boost::json::object& all = parsed.get_object();
  const boost::json::value* const outcome = all.if_contains("outcome");
  return (filter_.outcome.empty() ||
          (outcome != nullptr && outcome->is_string() && std::string_view(outcome->get_string()) == filter_.outcome)) &&
         (filter_.rule.empty() || has(all, "rules", "", filter_.rule.substr(filter_.rule.rfind('.') + 1))) &&
         (filter_.topic.empty() || has(all, "to", "topic", filter_.topic)) &&
         (filter_.table.empty() || has(all, "rows", "table", filter_.table));
}

// How much of what went by could be looked at: nothing shown does not mean that there was nothing.
void Tap::show_counts(std::string& out) {
  std::uint64_t seen = 0;
  for (const Watched& watched : watched_) {
    seen += watched.reader->seen();
  }
  out += form_ == ExplainForm::text
             ? fmt::format("# {} events went by, {} were looked at, {} are shown\n", seen, looked_at_, shown_)
             : fmt::format("{{\"seen\":{},\"looked_at\":{},\"shown\":{}}}\n", seen, looked_at_, shown_);
}

} // namespace millrace::runtime
