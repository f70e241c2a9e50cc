// Runs seeds: simulation --mode M [--seeds A..B] [--expect-failure] [--story]. A failing seed prints its story and how
// to see it again. With --expect-failure (mutants) it is the other way round: at least one seed has to fail.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "tests/flow/simulation/run.hpp"

namespace {

using millrace::sim::Mode;

struct Arguments {
  std::optional<Mode> mode;
  std::uint64_t first = 1;
  std::uint64_t last = 500;
  bool expect_failure = false;
  bool story = false;
};

constexpr std::string_view kModes[] = {"http-database", "log-database", "log-store", "log-both"};

std::optional<Arguments> parse(int count, char** words) {
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (word == "--expect-failure") {
      arguments.expect_failure = true;
    } else if (word == "--story") {
      arguments.story = true;
    } else if (word == "--mode" && i + 1 < count) {
      const std::string_view name = words[++i];
      for (std::size_t mode = 0; mode < std::size(kModes); ++mode) {
        if (kModes[mode] == name) {
          arguments.mode = static_cast<Mode>(mode);
        }
      }
    } else if (word == "--seeds" && i + 1 < count) {
      char* rest = nullptr;
      arguments.first = arguments.last = std::strtoull(words[++i], &rest, 10);
      if (std::strncmp(rest, "..", 2) == 0) {
        arguments.last = std::strtoull(rest + 2, nullptr, 10);
      }
    } else {
      return std::nullopt;
    }
  }
  return arguments.mode ? std::optional(arguments) : std::nullopt;
}

void print(const millrace::sim::Report& report) {
  for (const std::string& line : report.story) {
    std::printf("  %s\n", line.c_str());
  }
}

} // namespace

int main(int count, char** words) {
  const std::optional<Arguments> arguments = parse(count, words);
  if (!arguments) {
    std::fprintf(stderr,
                 "simulation --mode http-database|log-database|log-store|log-both [--seeds A..B] [--expect-failure] "
                 "[--story]\n");
    return 2;
  }
  const std::string_view mode = kModes[static_cast<std::size_t>(*arguments->mode)];
  for (std::uint64_t seed = arguments->first; seed <= arguments->last; ++seed) {
    const millrace::sim::Report report = millrace::sim::run(seed, *arguments->mode, arguments->story);
    if (arguments->story) {
      print(report);
    }
    if (report.failure.empty()) {
      continue;
    }
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), report.failure.c_str());
    if (arguments->expect_failure) {
      std::printf("caught, as it has to be\n");
      return 0;
    }
    if (!arguments->story) {
      print(millrace::sim::run(seed, *arguments->mode, true));
    }
    std::printf("again: simulation --mode %s --seeds %llu --story\n", mode.data(),
                static_cast<unsigned long long>(seed));
    return 1;
  }
  std::printf("%s: %llu seeds, none failed\n", mode.data(),
              static_cast<unsigned long long>(arguments->last - arguments->first + 1));
  return arguments->expect_failure ? 1 : 0;
}
