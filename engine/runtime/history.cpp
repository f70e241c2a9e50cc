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

std::string History::keep(const Receipt& receipt, const std::vector<Activated>& activated,
                          std::chrono::nanoseconds patience) {
  std::vector<Record> all;
  for (const Activated& one : activated) {
    if (one.files != nullptr && !one.files->empty()) {
      all.push_back(record(one.pipeline, kRuleset, one.hash, receipt.at_us, text_of(*one.files)));
    }
    all.push_back(record(one.pipeline, kActivation, record_id(receipt.at_us, one.pipeline), receipt.at_us, one.hash));
  }
  const std::string json = json_of(receipt);
  for (const PipelineReceipt& pipeline : receipt.pipelines) {
    all.push_back(record(pipeline.pipeline, kReceipt, receipt.id, receipt.at_us, json));
  }
  std::string why_not = keeper_.keep(all, patience);
  for (const Record& kept : all) {
    prune(kept.scope, kept.kind, kept.kind == kRuleset ? kRulesets : kReceipts);
  }
  return why_not;
}

void History::prune(const std::string& pipeline, const std::string& kind, std::size_t keep) {
  {
    const std::lock_guard lock(mutex_);
    if (kept_[{pipeline, kind}]++ % kSlack != 0) {
      return;
    }
  }
  keeper_.prune(pipeline, kind, keep);
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

std::string History::unseen() const {
  const std::string silent = keeper_.silent();
  return silent.empty() ? "" : fmt::format("{} does not answer, so what only it keeps is not seen", silent);
}

} // namespace millrace::runtime
