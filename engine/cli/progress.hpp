// How far a command is, told while it takes long:
//
//   Counting counting(console, "diff", size_of(file));
//   for_each_event(file, [&](std::string_view event, std::size_t) { …; counting.add(event.size() + 1); });
//
// Where standard error is no terminal they say nothing. At their end the line is gone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/cli/command.hpp"

namespace millrace::cli {

class ProgressLine;

// Of events, of which it is known how many bytes there are, or it is not: "diff: 1,234,567 events, 1.2 M/s, 34 %".
class Counting {
 public:
  Counting(const Console& console, std::string command, std::optional<std::uint64_t> bytes);
  ~Counting();
  Counting(const Counting&) = delete;
  Counting& operator=(const Counting&) = delete;

  // One more. The clock is asked once in so many.
  void add(std::size_t bytes) {
    bytes_ += bytes;
    if ((++events_ & kSeldom) == 0 && line_ != nullptr) {
      tell();
    }
  }

 private:
  static constexpr std::uint64_t kSeldom = 63;

  void tell();

  ProgressLine* line_;
  std::string command_;
  std::optional<std::uint64_t> all_bytes_;
  std::int64_t began_ns_ = 0;
  std::uint64_t events_ = 0;
  std::uint64_t bytes_ = 0;
};

// Of things that have names, such as files: "check: 3 of 12, rules/web.rules".
class Steps {
 public:
  Steps(const Console& console, std::string command, std::size_t all);
  ~Steps();
  Steps(const Steps&) = delete;
  Steps& operator=(const Steps&) = delete;

  // The next one begins.
  void begin(std::string_view name);

 private:
  ProgressLine* line_;
  std::string command_;
  std::size_t all_;
  std::size_t begun_ = 0;
};

// Somebody else is waited for: "check: asking sink.kafka of pipeline 'ingest'". Told at once, since nothing happens
// until the answer.
class Waiting {
 public:
  Waiting(const Console& console, std::string_view text);
  ~Waiting();
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  ProgressLine* line_;
};

// Of a file; nothing for standard input, pipes, and what is not there.
std::optional<std::uint64_t> size_of(const std::string& file);

} // namespace millrace::cli
