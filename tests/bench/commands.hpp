// A command over a rules file of 10,000 rules, from its arguments to its exit code.
#pragma once

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "engine/cli/cli.hpp"
#include "tests/bench/many_rules.hpp"
#include "tests/bench/turns.hpp"

namespace millrace::bench {

constexpr std::size_t kRules = 10'000;
constexpr int kRounds = 9;

/// `arguments` are those in front of the file, which holds `text` at the beginning of each round. Prints the line of
/// `./dev bench`; false when the command does not end with 0.
inline bool measure_command(const char* name, double most_ms, const std::vector<std::string>& arguments,
                            const std::string& text) {
  std::string folder = (std::filesystem::temp_directory_path() / "millrace-bench-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) {
    std::perror(folder.c_str());
    return false;
  }
  const std::string file = folder + "/many.rules";
  std::vector<std::string> all = arguments;
  all.push_back(file);
  std::vector<double> times;
  bool good = true;
  for (int round = 0; round < kRounds && good; ++round) {
    std::ofstream(file, std::ios::binary) << text;
    std::ostringstream out;
    std::ostringstream err;
    times.push_back(seconds_of([&] { good = cli::run(all, {out, err, {}}) == cli::ExitCode::kOk; }));
    std::fputs(good ? "" : err.str().c_str(), stderr); // warnings are no failure
  }
  std::filesystem::remove_all(folder);
  const double value = median(times) * 1'000;
  std::printf("bench %s value=%.0f unit=ms reference=%.0f ratio=%.2f\n", name, value, most_ms, value / most_ms);
  return good;
}

} // namespace millrace::bench
