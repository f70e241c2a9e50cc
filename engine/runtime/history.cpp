#include "engine/runtime/history.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <set>

namespace millrace::runtime {
namespace {

using records::Record;

constexpr std::string_view kReceipt = "receipt";
constexpr std::string_view kRuleset = "ruleset";       // by hash: the files
constexpr std::string_view kActivation = "activation"; // by time: the hash
constexpr std::size_t kSlack = 20;                     // so that not every receipt looks for what is too old

Record record(const std::string& pipeline, std::string_view kind, std::string key, std::int64_t at_us,
              std::string bytes) {
  return {pipeline, std::string(kind), std::move(key), at_us, std::move(bytes)};
}

} // namespace

std::string record_id(std::int64_t at_us, const std::string& engine) {
  static std::atomic<unsigned> number = 0;
  const std::time_t seconds = at_us / 1'000'000;
  return fmt::format("{:%Y%m%dT%H%M%S}.{:06}Z-{:04x}{:02x}", fmt::gmtime(seconds), at_us % 1'000'000,
                     std::hash<std::string>()(engine) & 0xffffU, number++ & 0xffU);
}

std::string History::keep(const Receipt& receipt, std::chrono::nanoseconds patience) {
  std::string why_not;
  const std::string json = json_of(receipt);
  for (const PipelineReceipt& pipeline : receipt.pipelines) {
    const std::string found =
        keeper_.keep(record(pipeline.pipeline, kReceipt, receipt.id, receipt.at_us, json), patience);
    why_not = found.empty() ? why_not : found;
    prune(pipeline.pipeline, kReceipt, kReceipts);
  }
  return why_not;
}

void History::activated(const std::string& pipeline, const std::string& hash, const RulesFiles& files,
                        std::int64_t at_us) {
  constexpr std::chrono::nanoseconds kNoWait{0};
  if (!files.empty()) {
    keeper_.keep(record(pipeline, kRuleset, hash, at_us, text_of(files)), kNoWait);
    prune(pipeline, kRuleset, kRulesets);
  }
  keeper_.keep(record(pipeline, kActivation, record_id(at_us, pipeline), at_us, hash), kNoWait);
  prune(pipeline, kActivation, kReceipts);
}

void History::prune(const std::string& pipeline, std::string_view kind, std::size_t keep) {
  {
    const std::lock_guard lock(mutex_);
    if (kept_[{pipeline, std::string(kind)}]++ % kSlack != 0) {
      return;
    }
  }
  const std::vector<Record> all = keeper_.names(pipeline, kind, keep + 2 * kSlack);
  for (std::size_t i = keep; i < all.size(); ++i) {
    keeper_.forget(pipeline, kind, all[i].key);
  }
}

std::vector<std::string> History::receipts(const std::vector<std::string>& pipelines, std::size_t limit) {
  std::vector<Record> all;
  std::set<std::string> seen;
  for (const std::string& pipeline : pipelines) {
    for (Record& found : keeper_.newest(pipeline, kReceipt, limit)) {
      if (seen.insert(found.key).second) {
        all.push_back(std::move(found));
      }
    }
  }
  records::keep_newest(all, limit);
  std::vector<std::string> out;
  for (Record& found : all) {
    out.push_back(std::move(found.bytes));
  }
  return out;
}

std::optional<std::string> History::receipt(const std::vector<std::string>& pipelines, const std::string& id) {
  for (const std::string& pipeline : pipelines) {
    if (std::optional<Record> found = keeper_.get(pipeline, kReceipt, id)) {
      return std::move(found->bytes);
    }
  }
  return std::nullopt;
}

std::vector<History::Activation> History::activations(const std::string& pipeline, std::size_t limit) {
  std::vector<Activation> out;
  for (const Record& found : keeper_.newest(pipeline, kActivation, limit)) {
    out.push_back({found.bytes, found.time_us});
  }
  return out;
}

std::vector<History::Activation> History::rulesets(const std::string& pipeline) {
  std::vector<Activation> out;
  for (const Record& found : keeper_.names(pipeline, kRuleset, kRulesets)) {
    out.push_back({found.key, found.time_us});
  }
  return out;
}

std::optional<RulesFiles> History::files(const std::string& pipeline, const std::string& hash) {
  const std::optional<Record> found = keeper_.get(pipeline, kRuleset, hash);
  return found ? rules_files_of(found->bytes) : std::nullopt;
}

} // namespace millrace::runtime
