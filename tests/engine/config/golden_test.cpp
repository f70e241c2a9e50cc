// Every file of bad/ is wrong in its own way; the messages that it earns stand beside it.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "fakes.hpp"

namespace millrace::config {
namespace {

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string messages(const std::filesystem::path& file) {
  const Variables known = variables({{"SECRET", "hunter2"}, {"COUNT", "seven"}});
  try {
    Problems problems;
    const Document document = Document::parse(file.filename(), read(file), known);
    document.engine(problems);
    document.pipelines(fake_catalogue(), problems);
    return problems.text() + "\n";
  } catch (const ConfigError& error) {
    return error.what() + std::string("\n");
  }
}

std::vector<std::filesystem::path> bad_files() {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(MILLRACE_SOURCE_DIR "/tests/engine/config/bad")) {
    if (entry.path().extension() == ".toml") {
      out.push_back(entry.path());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

class BadConfiguration : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(BadConfiguration, GetsItsMessages) {
  std::filesystem::path expected = GetParam();
  expected.replace_extension(".expected");
  EXPECT_EQ(messages(GetParam()), read(expected));
}

TEST_P(BadConfiguration, NeverShowsASecret) {
  EXPECT_THAT(messages(GetParam()), ::testing::Not(::testing::HasSubstr("hunter2")));
}

INSTANTIATE_TEST_SUITE_P(Files, BadConfiguration, ::testing::ValuesIn(bad_files()),
                         [](const auto& info) { return info.param.stem().string(); });

} // namespace
} // namespace millrace::config
