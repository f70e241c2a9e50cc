#include "engine/cli/exit_code.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>
#include <string>
#include <vector>

namespace millrace::cli {
namespace {

TEST(ExitCodes, StandOnTheirPage) {
  std::ifstream in(MILLRACE_SOURCE_DIR "/docs/operations/exit-codes.md");
  std::vector<std::string> documented;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("| ") && std::isdigit(static_cast<unsigned char>(line[2])) != 0) {
      documented.push_back(line);
    }
  }
  std::vector<std::string> known;
  for (const ExitCodeInfo& info : exit_codes()) {
    known.push_back(fmt::format("| {} | {} |{}{} |", static_cast<int>(info.code), info.meaning,
                                info.way_out.empty() ? "" : " ", info.way_out));
  }
  EXPECT_EQ(documented, known);
}

TEST(ExitCodes, WhatStopsTheRestFromBeingLookedAtDecides) {
  EXPECT_EQ(worse(ExitCode::kOk, ExitCode::kUnreachable), ExitCode::kUnreachable);
  EXPECT_EQ(worse(ExitCode::kFindings, ExitCode::kUnreachable), ExitCode::kUnreachable);
  EXPECT_EQ(worse(ExitCode::kFindings, ExitCode::kConfiguration), ExitCode::kConfiguration);
  EXPECT_EQ(worse(ExitCode::kPlugin, ExitCode::kConfiguration), ExitCode::kConfiguration);
}

} // namespace
} // namespace millrace::cli
