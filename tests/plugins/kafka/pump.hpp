// Drives the Kafka source as an engine would: answers claims, settles what it gets, gives back what is taken. With or
// without a sink that stores positions.
#pragma once

#include <millrace/ext/positions.h>
#include <millrace/testing/module.hpp>
#include <millrace/testing/source.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace millrace::kafka_test {

inline const mr_plugin& source_plugin() {
  static const mr_plugin& found =
      testing::find_plugin(testing::load_module(MILLRACE_BINARY_DIR "/plugins/source_kafka.so"), MR_SOURCE);
  return found;
}

using Name = std::pair<std::string, std::int32_t>;

struct Seen {
  Name partition;
  std::uint64_t position = 0;
  std::int64_t time_us = 0;
  std::optional<std::string> key, payload;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
};

inline std::optional<std::string> optional_text(mr_str text) {
  return text.data == nullptr ? std::nullopt : std::optional(copy(text));
}

// What a database would hold: positions survive a source.
struct Stored {
  std::map<Name, mr_position> positions;
  bool in_use = true; // false: no sink stores positions
};

class Pump {
 public:
  Pump(const std::vector<testing::Setting>& settings, Stored& stored)
      : source_(source_plugin(), settings), stored_(stored) {}

  testing::Source& source() { return source_; }
  testing::Host& host() { return source_.host(); }
  std::vector<Seen> seen;
  std::set<Name> held;
  std::vector<testing::Claim> claims;
  std::vector<testing::Release> releases; // not answered yet
  bool answers_releases = true;
  bool answers_claims = true; // false: the database is away
  bool settles = true;
  std::vector<std::uint64_t> unsettled;
  std::uint64_t budget = 10'000; // events a turn

  // Starts it; an engine tries again while the brokers are not there.
  void start() {
    for (int attempt = 0;; ++attempt) {
      try {
        return source_.start();
      } catch (const testing::CallFailed& failed) {
        if (failed.status() != MR_TRANSIENT || attempt == 20) {
          throw;
        }
      }
    }
  }

  // One turn: everything that is due. True when a batch came.
  bool turn() { return turn(budget); }
  bool turn(std::uint64_t events) {
    answer_claims();
    answer_releases();
    const testing::Source::Polled polled = source_.poll(events);
    answer_claims();
    if (polled.empty()) {
      return false;
    }
    const mr_range& covers = *polled.batch.covers;
    const Name name{copy(covers.stream), covers.partition};
    for (const mr_event& event : polled.events()) {
      Seen& one = seen.emplace_back();
      one.partition = name;
      one.position = event.position;
      one.time_us = event.time_us;
      one.key = optional_text(event.key);
      one.payload = optional_text(event.payload);
      for (std::uint32_t i = 0; i < event.header_count; ++i) {
        one.headers.emplace_back(copy(event.headers[i].key), optional_text(event.headers[i].value));
      }
    }
    if (settles) {
      if (stored_.in_use) {
        stored_.positions[name] = {covers.next, covers.mark};
      }
      source_.settle(polled.batch.id, MR_DELIVERED);
    } else {
      unsettled.push_back(polled.batch.id);
    }
    return true;
  }

  // Turns until `done`; false when `limit` passed.
  template <class Done>
  bool until(Done done, std::chrono::seconds limit = std::chrono::seconds(40)) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) {
        return false;
      }
      if (!turn()) {
        host().wait_wake(std::chrono::milliseconds(20));
      }
    }
    return true;
  }

  void answer_releases() {
    while (auto release = host().wait_release(std::chrono::milliseconds(0))) {
      releases.push_back(*release);
    }
    if (!answers_releases) {
      return;
    }
    for (const testing::Release& release : std::exchange(releases, {})) {
      held.erase({release.stream, release.partition});
      source_.released(release.stream, release.partition);
    }
  }

 private:
  void answer_claims() {
    if (!answers_claims) {
      return;
    }
    while (auto claim = host().wait_claim(std::chrono::milliseconds(0))) {
      claims.push_back(*claim);
      const Name name{claim->stream, claim->partition};
      held.insert(name);
      mr_position answer{claim->own, claim->own_mark};
      if (stored_.in_use) {
        answer = stored_.positions.emplace(name, answer).first->second;
      }
      source_.start_at(claim->stream, claim->partition, answer.next, answer.mark);
    }
  }

  testing::Source source_;
  Stored& stored_;
};

} // namespace millrace::kafka_test
