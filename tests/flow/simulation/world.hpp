// The clock, the order of happenings, the dice, the story, and what is known about every event of one simulated run.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "engine/flow/retry.hpp"

namespace millrace::sim {

inline constexpr std::int64_t kMicro = 1'000;
inline constexpr std::int64_t kMilli = 1'000 * kMicro;
inline constexpr std::int64_t kSecond = 1'000 * kMilli;

enum class Mode : std::uint8_t { kHttpToDatabase, kLogToDatabase, kLogToStore, kLogToBoth };

// What the rules and the outside systems make of an event, decided by its number alone.
struct Facts {
  bool filtered = false;    // a rule drops it
  bool refused = false;     // the router rejects it
  bool bad_row = false;     // the database never takes it
  bool bad_message = false; // the store never takes it
};

inline Facts facts_of(std::uint64_t id) {
  Facts facts;
  facts.filtered = id % 17 == 3;
  facts.refused = !facts.filtered && id % 19 == 5;
  facts.bad_row = id % 13 == 7;
  facts.bad_message = id % 11 == 9;
  return facts;
}

// Was it ever durable, and how often may it be more than once.
struct Witness {
  bool row = false;
  bool dead_row = false;
  std::uint32_t messages = 0;
  std::uint32_t dead_messages = 0;
  std::uint32_t repeats = 0; // attempts that may have left one more behind
};

class World {
 public:
  World(std::uint64_t seed, Mode with, bool tell) : mode(with), dice_(seed), tell_(tell) {}

  const Mode mode;
  bool faults = true;           // things may go wrong
  std::vector<Witness> witness; // by number of the event
  std::int64_t live_arrays = 0; // rows that were not released

  std::int64_t now() const { return now_; }
  bool has_database() const { return mode != Mode::kLogToStore; }
  bool has_store() const { return mode == Mode::kLogToStore || mode == Mode::kLogToBoth; }
  bool has_log() const { return mode != Mode::kHttpToDatabase; }

  // Dice.
  std::uint64_t below(std::uint64_t bound) { return dice_.below(bound); }
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }
  bool chance(unsigned percent) { return below(100) < percent; }
  // One of the things that only happen while faults are on.
  bool mishap(unsigned permille) { return faults && below(1000) < permille; }

  // Happenings.
  void at(std::int64_t time, std::function<void()> happening) {
    queue_.push({std::max(time, now_), ++sequence_, std::move(happening)});
  }
  void in(std::int64_t wait, std::function<void()> happening) { at(now_ + wait, std::move(happening)); }
  std::int64_t next() const { return queue_.empty() ? INT64_MAX : queue_.top().time; }
  void happen() {
    Happening happening = std::move(const_cast<Happening&>(queue_.top()));
    queue_.pop();
    advance(happening.time);
    happening.what();
  }
  void advance(std::int64_t time) { now_ = std::max(now_, time); }

  // Story.
  bool tells() const { return tell_; }
  void tell(std::string text) {
    if (tell_) {
      story_.push_back(std::to_string(now_ / kMicro) + "us " + std::move(text));
    }
  }
  void fail(std::string text) {
    if (failure_.empty()) {
      failure_ = std::move(text);
      tell("FAILED: " + failure_);
    }
  }
  bool failed() const { return !failure_.empty(); }
  const std::string& failure() const { return failure_; }
  const std::vector<std::string>& story() const { return story_; }

 private:
  struct Happening {
    std::int64_t time;
    std::uint64_t sequence;
    std::function<void()> what;
    bool operator<(const Happening& other) const {
      return time != other.time ? time > other.time : sequence > other.sequence;
    }
  };

  flow::Random dice_;
  bool tell_;
  std::int64_t now_ = 1;
  std::uint64_t sequence_ = 0;
  std::priority_queue<Happening> queue_;
  std::string failure_;
  std::vector<std::string> story_;
};

} // namespace millrace::sim
