// Drives a source: polls it, keeps its batches, settles them, and checks ranges, joins, origins and positions on the
// way.
#pragma once

#include <millrace/testing/instance.hpp>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace::testing {

class Source : public Instance {
 public:
  Source(const mr_plugin& plugin, const std::vector<Setting>& settings) : Instance(plugin, settings) {}

  struct Polled {
    mr_status status = MR_OK;
    mr_batch batch{};
    bool empty() const { return batch.id == 0; }
    std::span<const mr_event> events() const { return {batch.events, batch.count}; }
  };

  // One call of poll. Throws CallFailed unless it answers MR_OK or MR_END.
  Polled poll(std::uint64_t events = 10'000, std::uint64_t bytes = 16U << 20U) {
    const mr_budget budget{events, bytes};
    Polled out;
    mr_error error{};
    out.status = plugin().source->poll(self(), &budget, &out.batch, &error);
    if (out.status != MR_OK && out.status != MR_END) {
      throw CallFailed("poll", out.status, error);
    }
    if (!out.empty()) {
      check(out.batch, events, bytes);
      open_[out.batch.id] = out.batch.count;
    }
    return out;
  }

  // Polls until there is a batch or the source ends; waits for host->wake in between.
  Polled next(std::uint64_t events = 10'000, std::uint64_t bytes = 16U << 20U) {
    for (;;) {
      Polled polled = poll(events, bytes);
      if (!polled.empty() || polled.status == MR_END) {
        return polled;
      }
      if (!host().wait_wake()) {
        throw std::runtime_error("the source has nothing and asked for no wake");
      }
    }
  }

  // Settles a batch with one outcome for all events, or with one each.
  void settle(std::uint64_t batch, std::uint32_t outcome) {
    settle(batch, std::vector<mr_verdict>(open_.at(batch), mr_verdict{outcome, 0, nullptr}));
  }
  void settle(std::uint64_t batch, const std::vector<mr_verdict>& verdicts) {
    open_.erase(batch);
    plugin().source->settle(self(), batch, verdicts.data(), verdicts.size());
  }
  std::size_t open_batches() const noexcept { return open_.size(); }

  // claims/1
  void start_at(const std::string& stream, std::int32_t partition, std::uint64_t position, std::uint64_t mark = 0) {
    next_.erase({stream, partition});
    claims().start_at(self(), str(stream), partition, position, mark);
  }
  void moved(const std::string& stream, std::int32_t partition) {
    next_.erase({stream, partition});
    claims().moved(self(), str(stream), partition);
  }
  void released(const std::string& stream, std::int32_t partition) {
    next_.erase({stream, partition});
    claims().released(self(), str(stream), partition);
  }

 private:
  const mr_source_claims& claims() const {
    const auto* calls = extension<mr_source_claims>(MR_CLAIMS);
    if (calls == nullptr) {
      throw std::runtime_error("the source does not have " MR_CLAIMS);
    }
    return *calls;
  }

  void check(const mr_batch& batch, std::uint64_t events, std::uint64_t bytes) {
    Violations& violations = host().violations();
    const std::string name = "batch " + std::to_string(batch.id);
    if (open_.contains(batch.id)) {
      violations.add(name + ": the id of a batch that is not settled yet");
    }
    if (batch.covers == nullptr) {
      violations.add(name + ": covers nothing");
      return;
    }
    if (batch.count > events) {
      violations.add(name + ": " + std::to_string(batch.count) + " events for a budget of " + std::to_string(events));
    }
    std::uint64_t size = 0;
    for (std::size_t i = 0; i < batch.count; ++i) {
      const mr_event& event = batch.events[i];
      if (event.origin != batch.covers) {
        violations.add(name + ": the origin of event " + std::to_string(i) + " is not what the batch covers");
      }
      if (batch.covers->partition >= 0 &&
          (event.position < batch.covers->first || event.position >= batch.covers->next ||
           (i > 0 && event.position <= batch.events[i - 1].position))) {
        violations.add(name + ": position " + std::to_string(event.position) +
                       " is outside of its range or not ascending");
      }
      size += event.payload.size;
    }
    if (batch.count > 1 && size > bytes) {
      violations.add(name + ": " + std::to_string(size) + " bytes for a budget of " + std::to_string(bytes));
    }
    if (batch.covers->partition >= 0) {
      const std::pair key{copy(batch.covers->stream), batch.covers->partition};
      const auto last = next_.find(key);
      if (last != next_.end() && last->second != batch.covers->first) {
        violations.add(name + ": begins at " + std::to_string(batch.covers->first) + ", but the one before ended at " +
                       std::to_string(last->second));
      }
      next_[key] = batch.covers->next;
    }
  }

  std::map<std::uint64_t, std::size_t> open_;
  std::map<std::pair<std::string, std::int32_t>, std::uint64_t> next_;
};

} // namespace millrace::testing
