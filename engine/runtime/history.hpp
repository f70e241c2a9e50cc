// What became of each attempt to change what runs, and the rulesets that were active, as records. What an engine comes
// back to after a restart or a rollback.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/records/keeper.hpp"
#include "engine/runtime/receipt.hpp"
#include "engine/runtime/rules_files.hpp"

namespace millrace::runtime {

class History {
 public:
  static constexpr std::size_t kRulesets = 50; // of each pipeline
  static constexpr std::size_t kReceipts = 1'000;

  // `keeper` outlives it.
  explicit History(records::Keeper& keeper) : keeper_(keeper) {}

  // A ruleset that became active with a change. Without files (a router that does not say) only its hash is known.
  struct Activated {
    std::string pipeline;
    std::string hash;
    std::shared_ptr<const RulesFiles> files;
  };
  // [any] Keeps the receipt for each of its pipelines, and what became active with it: all of that or nothing, whatever
  // ends the process. Waits up to `patience` for the outside system. Empty: it is where it belongs; else why it waits
  // here.
  std::string keep(const Receipt& receipt, const std::vector<Activated>& activated, std::chrono::nanoseconds patience);

  // [any] As they were kept, the latest first, each once: JSON objects.
  std::vector<std::string> receipts(const std::vector<std::string>& pipelines, std::size_t limit);
  // [any] The JSON object; nothing where there is no such receipt.
  std::optional<std::string> receipt(const std::vector<std::string>& pipelines, const std::string& id);

  struct Activation {
    std::string hash;
    std::int64_t at_us = 0;
  };
  // [any] What became active in the pipeline, the latest first.
  std::vector<Activation> activations(const std::string& pipeline, std::size_t limit);
  // [any] Hashes of rulesets that are still there, the latest active first.
  std::vector<Activation> rulesets(const std::string& pipeline);
  std::optional<RulesFiles> files(const std::string& pipeline, const std::string& hash);
  // [any] Where what was not found may yet be: in a system that does not answer. Empty: everywhere was looked.
  std::string unseen() const;

 private:
  void prune(const std::string& pipeline, const std::string& kind, std::size_t keep);

  records::Keeper& keeper_;
  std::mutex mutex_;                                                // guards what follows
  std::map<std::pair<std::string, std::string>, std::size_t> kept_; // by pipeline and kind, of this process
};

// Sorts by time; unique among engines of different names.
std::string record_id(std::int64_t at_us, const std::string& engine);

} // namespace millrace::runtime
