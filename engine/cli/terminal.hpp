// What the commands write to when the process has a terminal, and when it has none. Decided once, by main.
#pragma once

#include <filesystem>
#include <ostream>

#include "engine/cli/command.hpp"
#include "engine/cli/progress_line.hpp"
#include "engine/host/clock.hpp"

namespace millrace::cli {

// What the environment says of terminals; null where it says nothing.
struct Wishes {
  const char* no_color = nullptr; // NO_COLOR: not empty, and there are none
  const char* term = nullptr;     // TERM: "dumb" takes plain text alone
};

// Of a stream of the process.
dsl::Colours colours_of(bool is_terminal, const Wishes& wishes);

// Standard output and error of the process. There is one of it, and it lives as long as its console is used.
class StandardStreams {
 public:
  explicit StandardStreams(const Wishes& wishes);

  Console console(std::filesystem::path executable);

 private:
  const Wishes wishes_;
  const bool out_is_terminal_;
  const bool err_is_terminal_;
  const bool has_progress_;
  host::SystemClock clock_;
  ProgressLine line_;
  GivingWay out_buffer_;
  GivingWay err_buffer_;
  std::ostream out_;
  std::ostream err_;
};

} // namespace millrace::cli
