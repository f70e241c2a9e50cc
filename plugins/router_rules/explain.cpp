#include "plugins/router_rules/explain.hpp"

#include <millrace/text.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "dsl/explain/comparison_text.hpp"
#include "dsl/explain/explain.hpp"
#include "dsl/explain/way_json.hpp"

namespace millrace::router_rules {
namespace {

std::vector<dsl::Header> headers_of(const mr_event& event) {
  std::vector<dsl::Header> out;
  for (const mr_pair& header : std::span(event.headers, event.header_count)) {
    out.push_back({view(header.key), view(header.value)});
  }
  return out;
}

void say(const mr_listener& listener, const std::string& text) { listener.say(listener.context, str(text)); }

} // namespace

void explain(const dsl::Ruleset& ruleset, dsl::Index router, const mr_event& event, std::uint32_t form,
             const mr_listener& listener) {
  const std::vector<dsl::Header> headers = headers_of(event);
  const dsl::Meta meta{view(event.origin->stream), event.time_us, headers};
  if (form == MR_EXPLAIN_TEXT) {
    say(listener, dsl::Explainer(ruleset, router).explain(view(event.payload), meta));
    return;
  }
  dsl::WayFinder ways(ruleset.program, router);
  const dsl::Way& way =
      router == dsl::kNone ? ways.find_from(view(event.payload), meta) : ways.find(view(event.payload), meta);
  std::string json;
  dsl::write_json(ruleset.program, way, json);
  say(listener, json);
}

EventComparison::EventComparison(std::shared_ptr<const dsl::Ruleset> before, dsl::Index router_before,
                                 std::shared_ptr<const dsl::Ruleset> after, dsl::Index router_after)
    : before_(std::move(before)),
      after_(std::move(after)),
      comparison_(*before_, router_before, *after_, router_after) {}

void EventComparison::add(const mr_event& event) {
  const std::vector<dsl::Header> headers = headers_of(event);
  comparison_.add(view(event.payload), {view(event.origin->stream), event.time_us, headers}, comparison_.events() + 1);
}

mr_comparison_count EventComparison::count() const { return {comparison_.events(), comparison_.changed()}; }

void EventComparison::tell(std::uint32_t form, const mr_listener& listener) const {
  say(listener, form == MR_EXPLAIN_TEXT ? dsl::text_of(comparison_) : dsl::json_of(comparison_));
}

} // namespace millrace::router_rules
