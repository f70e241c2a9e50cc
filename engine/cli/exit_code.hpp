// How a command ends, for scripts. The same table stands in docs/operations/exit-codes.md; a test compares the two.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

namespace millrace::cli {

enum class ExitCode : std::uint8_t {
  kOk = 0,
  kFindings = 1,      // the rules, their tests or the targets are wrong; a reload was refused
  kUsage = 2,         // the command line
  kConfiguration = 3, // the configuration file
  kPlugin = 4,        // a plugin is missing, refused, or failed
  kUnreachable = 5,   // an outside system, or the engine that a command talks to
  kCannotStart = 6,   // an address is taken, or a source cannot start as it is configured
  kBroken = 7,        // a pipeline broke while it ran
  kInternal = 70,     // a mistake in the engine itself
};

struct ExitCodeInfo {
  ExitCode code;
  std::string_view meaning;
  std::string_view way_out; // of the first there is none
};

// Every code, in ascending order.
std::span<const ExitCodeInfo> exit_codes();

// Of two that apply the one to look at first: what stops everything else from being looked at.
inline ExitCode worse(ExitCode left, ExitCode right) {
  const auto rank = [](ExitCode code) {
    switch (code) {
      case ExitCode::kOk:
        return 0;
      case ExitCode::kFindings:
        return 1;
      case ExitCode::kUnreachable:
        return 2;
      case ExitCode::kBroken:
        return 3;
      case ExitCode::kCannotStart:
        return 4;
      case ExitCode::kPlugin:
        return 5;
      case ExitCode::kConfiguration:
        return 6;
      case ExitCode::kUsage:
        return 7;
      case ExitCode::kInternal:
        return 8;
    }
    return 8;
  };
  return rank(left) < rank(right) ? right : left;
}

} // namespace millrace::cli
