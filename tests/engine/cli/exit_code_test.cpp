#include "engine/cli/exit_code.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace millrace::cli {
namespace {

TEST(ExitCodes, StandOnTheirPage) {
  std::ifstream in(MILLRACE_SOURCE_DIR "/docs/operations/exit-codes.md");
  std::set<int> documented;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("| ") && std::isdigit(static_cast<unsigned char>(line[2])) != 0) {
      documented.insert(std::stoi(line.substr(2)));
    }
  }
  std::set<int> known;
  for (const ExitCode code :
       {ExitCode::kOk, ExitCode::kFindings, ExitCode::kUsage, ExitCode::kConfiguration, ExitCode::kPlugin,
        ExitCode::kUnreachable, ExitCode::kCannotStart, ExitCode::kBroken, ExitCode::kInternal}) {
    known.insert(static_cast<int>(code));
  }
  EXPECT_EQ(documented, known);
}

TEST(ExitCodes, WhatStopsTheRestFromBeingLookedAtDecides) {
  EXPECT_EQ(worse(ExitCode::kOk, ExitCode::kUnreachable), ExitCode::kUnreachable);
  EXPECT_EQ(worse(ExitCode::kFindings, ExitCode::kUnreachable), ExitCode::kFindings);
  EXPECT_EQ(worse(ExitCode::kFindings, ExitCode::kConfiguration), ExitCode::kConfiguration);
  EXPECT_EQ(worse(ExitCode::kPlugin, ExitCode::kConfiguration), ExitCode::kConfiguration);
}

} // namespace
} // namespace millrace::cli
