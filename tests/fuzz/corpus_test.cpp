// The corpus of the fuzzers, as it is and with a little damage: without clang too, and the same each time.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <sstream>

#include "tests/fuzz/targets.hpp"

namespace millrace::fuzz {
namespace {

std::vector<std::string> corpus(const std::string& target) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(MILLRACE_SOURCE_DIR) / "tests/fuzz/corpus" / target)) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> inputs;
  for (const auto& path : paths) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    inputs.push_back(text.str());
  }
  return inputs;
}

std::string damaged(std::string input, std::mt19937& random) {
  for (std::size_t times = 1 + random() % 4; times > 0; --times) {
    const std::size_t at = random() % (input.size() + 1);
    switch (random() % 4) {
      case 0:
        input.erase(at, random() % 8);
        break;
      case 1:
        input.insert(at, 1, static_cast<char>(random() % 256));
        break;
      case 2:
        input.insert(random() % (input.size() + 1), input.substr(at, random() % 32));
        break;
      default:
        if (at < input.size()) {
          input[at] = "{}[]()\",:\\/0-e. \n"[random() % 17];
        }
    }
  }
  return input;
}

class Corpus : public testing::TestWithParam<std::pair<const char*, void (*)(std::string_view)>> {};

TEST_P(Corpus, BreaksNothing) {
  const auto& [name, target] = GetParam();
  const std::vector<std::string> inputs = corpus(name);
  ASSERT_FALSE(inputs.empty());
  std::mt19937 random(1);
  for (const std::string& input : inputs) {
    target(input);
  }
  for (int i = 0; i < 500; ++i) {
    target(damaged(inputs[random() % inputs.size()], random));
  }
}

INSTANTIATE_TEST_SUITE_P(All, Corpus,
                         testing::Values(std::pair("splitter", &splitter), std::pair("parser", &parser),
                                         std::pair("compiler", &compiler), std::pair("evaluator", &evaluator),
                                         std::pair("csv", &csv)),
                         [](const auto& info) { return std::string(info.param.first); });

} // namespace
} // namespace millrace::fuzz
