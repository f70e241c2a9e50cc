// Runs a command line in this process, with a folder for its configuration.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "engine/cli/cli.hpp"

namespace millrace::cli {

struct Ran {
  ExitCode code;
  std::string out;
  std::string err;
};

class CommandLine : public ::testing::Test {
 protected:
  CommandLine() {
    std::string pattern = (std::filesystem::temp_directory_path() / "millrace-cli-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~CommandLine() override { std::filesystem::remove_all(folder_); }

  static Ran run(const std::vector<std::string>& arguments, dsl::Colours out_colours = dsl::Colours::off,
                 dsl::Colours err_colours = dsl::Colours::off) {
    std::ostringstream out;
    std::ostringstream err;
    const ExitCode code = cli::run(arguments, {out, err, "/nowhere/bin/millrace", out_colours, err_colours});
    return {code, out.str(), err.str()};
  }

  // The file's path, for --config.
  std::string config(const std::string& pipelines, const std::string& engine = {}) const {
    const std::filesystem::path file = folder_ / "millrace.toml";
    std::ofstream(file) << "[engine]\nplugins = [\"" FIXTURE_PLUGINS "\"]\n" << engine << "\n" << pipelines;
    return file.string();
  }
  // A pipeline with these settings of its router and its sink.
  std::string pipeline(const std::string& router, const std::string& sink, const std::string& engine = {}) const {
    return config("[pipeline.p]\nsource.told = {}\nrouter.told = { " + router + " }\nsink.shelf = { " + sink + " }\n",
                  engine);
  }

  std::filesystem::path folder_;
};

} // namespace millrace::cli
