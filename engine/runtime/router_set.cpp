#include "engine/runtime/router_set.hpp"

#include <millrace/ext/draft/rules_files.h>
#include <millrace/ext/draft/ruleset.h>

#include <algorithm>
#include <span>

#include "engine/modules/text.hpp"

namespace millrace::runtime {
namespace {

using modules::copy;

} // namespace

std::string hash_of(const Created& router) {
  const auto* calls = router.extension<mr_router_ruleset>(MR_RULESET);
  return calls == nullptr ? std::string() : copy(calls->hash(router.self()));
}

Ruleset ruleset_of(const Created& router) {
  Ruleset out;
  const auto* calls = router.extension<mr_router_ruleset>(MR_RULESET);
  if (calls == nullptr) {
    return out;
  }
  out.hash = copy(calls->hash(router.self()));
  const mr_ruleset_item* items = nullptr;
  const std::size_t count = calls->items(router.self(), &items);
  for (const mr_ruleset_item& item : std::span(items, count)) {
    out.items.push_back({copy(item.kind), copy(item.name), copy(item.hash)});
  }
  std::ranges::sort(out.items);
  out.tests = calls->tests(router.self());
  return out;
}

std::shared_ptr<const RulesFiles> files_of(const Created& router) {
  RulesFiles out;
  if (const auto* calls = router.extension<mr_router_rules_files>(MR_RULES_FILES)) {
    const mr_rules_file* files = nullptr;
    const std::size_t count = calls->files(router.self(), &files);
    for (const mr_rules_file& file : std::span(files, count)) {
      out.push_back({copy(file.name), copy(file.bytes)});
    }
  }
  return std::make_shared<const RulesFiles>(std::move(out));
}

std::vector<Phase> phases_of(const Created& router) {
  std::vector<Phase> out;
  if (const auto* calls = router.extension<mr_router_rules_files>(MR_RULES_FILES)) {
    const mr_rules_step* steps = nullptr;
    const std::size_t count = calls->steps(router.self(), &steps);
    for (const mr_rules_step& step : std::span(steps, count)) {
      out.push_back({copy(step.name), step.ns});
    }
  }
  return out;
}

} // namespace millrace::runtime
