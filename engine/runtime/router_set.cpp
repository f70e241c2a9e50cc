#include "engine/runtime/router_set.hpp"

#include <millrace/ext/draft/ruleset.h>

#include <algorithm>
#include <span>

namespace millrace::runtime {
namespace {

std::string text_of(mr_str text) { return text.data == nullptr ? std::string() : std::string(text.data, text.size); }

} // namespace

Ruleset ruleset_of(const Created& router) {
  Ruleset out;
  const auto* calls = router.extension<mr_router_ruleset>(MR_RULESET);
  if (calls == nullptr) {
    return out;
  }
  out.hash = text_of(calls->hash(router.self()));
  const mr_ruleset_item* items = nullptr;
  const std::size_t count = calls->items(router.self(), &items);
  for (const mr_ruleset_item& item : std::span(items, count)) {
    out.items.push_back({text_of(item.kind), text_of(item.name), text_of(item.hash)});
  }
  std::ranges::sort(out.items);
  out.tests = calls->tests(router.self());
  return out;
}

} // namespace millrace::runtime
