// A live, rate-limited view of events and what becomes of them: a sample of what workers route, explained by the
// ruleset that is active then, and of it what is looked for.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/host/clock.hpp"
#include "engine/runtime/explained.hpp"
#include "engine/runtime/pipeline.hpp"
#include "engine/runtime/sampler.hpp"

namespace millrace::runtime {

// Empty: whatever it is.
struct TapFilter {
  std::string rule;    // one that decided: "clicks", or "web.clicks" as metrics call it
  std::string topic;   // that a message goes to
  std::string table;   // that a row goes to
  std::string outcome; // "routed", "dropped", "invalid", "rejected"
};

// Throws Unexplained where a name that is looked for is in none of their rulesets: nothing would ever be shown.
void check(const TapFilter& filter, const std::vector<std::shared_ptr<const Pipeline>>& pipelines);

class Tap {
 public:
  static constexpr std::size_t kMostRate = 1'000;
  static constexpr std::chrono::milliseconds kPatience{500};

  // At most `rate` events a second are shown. Pipelines whose routers explain nothing show nothing; the clock outlives
  // it.
  Tap(const std::vector<std::shared_ptr<const Pipeline>>& pipelines, TapFilter filter, std::size_t rate,
      ExplainForm form, const host::Clock& clock);

  // Waits until something comes by, so long at most. What came by, a line each: a JSON object {"pipeline", "ruleset",
  // "stream", "partition", "position", "event", "way"}, or text. Now and then a line {"seen", "looked_at", "shown"}.
  // May be empty.
  std::string next(std::chrono::nanoseconds patience = kPatience);

 private:
  struct Watched {
    std::shared_ptr<const Pipeline> pipeline;
    std::shared_ptr<SampleReader> reader;
  };
  void show(const Watched& watched, const SampledEvent& event, std::string& out);
  void show_counts(std::string& out);
  bool wanted(const std::string& way) const;
  void refill();
  void wait_for_allowance();
  void ask();

  const TapFilter filter_;
  const bool filters_;
  const std::size_t rate_;
  const ExplainForm form_;
  const host::Clock& clock_;
  const std::shared_ptr<SampleBell> bell_ = std::make_shared<SampleBell>(); // of every reader
  std::vector<Watched> watched_;
  double may_show_; // an allowance that grows with time, up to that of a second
  double may_look_; // the same for events that may not be what is looked for
  std::int64_t last_ns_;
  std::int64_t told_ns_;
  std::uint64_t looked_at_ = 0;
  std::uint64_t shown_ = 0;
};

} // namespace millrace::runtime
