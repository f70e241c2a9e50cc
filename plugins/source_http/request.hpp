// One request from its first byte to its answer. It belongs to the I/O thread, except between Exchange::offer and the
// return of its last verdict, when the members marked "engine" belong to the engine's calls.
#pragma once

#include <millrace/plugin.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugins/source_http/answer.hpp"
#include "plugins/source_http/body.hpp"
#include "plugins/source_http/inflate.hpp"

namespace millrace::source_http {

class Connection;
struct Tenant;

enum class Stage : std::uint8_t {
  kReading = 1,
  kOffered = 2,   // waits for a poll
  kTaken = 3,     // the engine has it, or a part
  kWithdrawn = 4, // answered before a poll came
};

struct Request {
  // Head
  bool keep_alive = true;
  bool http10 = false;
  bool head_only = false; // HEAD
  std::string key;        // Idempotency-Key, empty: none
  // Values of the headers that are handed on: which of Settings::headers, and where in `text` it stands.
  struct Carried {
    std::uint32_t name = 0;
    std::uint32_t at = 0;
    std::uint32_t size = 0;
  };
  std::vector<Carried> carried;
  std::string text;

  Body body;
  std::unique_ptr<Inflater> inflater; // null: the body comes as it is

  // What it holds of the memory, and of whose share.
  std::uint64_t reserved = 0;
  Tenant* tenant = nullptr;

  // Waiting for the answer
  Connection* connection = nullptr; // null: nobody waits for it any more
  Request* next = nullptr;          // behind it on the same connection
  std::int64_t received_ns = 0;
  bool answered = false; // the answer stands in `refusal` or `tally`
  bool lent = false;     // the engine has it
  bool unknown = false;  // its sender was told that the outcome is unknown
  bool key_held = false; // it stands among the keys that are under way, with `sender`
  std::size_t sender = 0;
  Refusal refusal; // status 0: the tally is the answer

  // Written before the offer, then read by the engine.
  mr_range range{};
  std::vector<mr_event> events;
  std::vector<mr_pair> pairs;
  std::atomic<Stage> stage{Stage::kReading};

  // engine
  std::size_t handed = 0;  // events that were in batches
  std::size_t settled = 0; // events with a verdict
  Tally tally;

  // Ready for the next request. Keeps memory that is worth keeping.
  void reset() noexcept;
};

inline constexpr std::size_t kKeptBody = 64u << 10U;

} // namespace millrace::source_http
