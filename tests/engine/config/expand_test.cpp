#include "engine/config/expand.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <fstream>

#include "fakes.hpp"

namespace millrace::config {
namespace {

using ::testing::HasSubstr;

const Variables kKnown = variables({{"HOST", "db1"}, {"PORT", "5432"}, {"EMPTY", ""}, {"TRICK", "${env:HOST}"}});

class ExpandFile : public ::testing::Test {
 protected:
  ExpandFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "millrace-expand-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~ExpandFile() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& content) const {
    std::ofstream(folder_ / "secret", std::ios::binary) << content;
    return expand("${file:secret}", folder_, kKnown).text;
  }

  std::filesystem::path folder_;
};

TEST(Expand, LeavesATextWithoutAnyAlone) {
  const Expanded found = expand("a $b {c} $", "/", kKnown);
  EXPECT_EQ(found.text, "a $b {c} $");
  EXPECT_FALSE(found.replaced);
}

TEST(Expand, PutsVariablesInPlace) {
  const Expanded found = expand("${env:HOST}:${env:PORT}${env:EMPTY}!", "/", kKnown);
  EXPECT_EQ(found.text, "db1:5432!");
  EXPECT_TRUE(found.replaced);
}

TEST(Expand, DoesNotLookIntoWhatItPutThere) { EXPECT_EQ(expand("${env:TRICK}", "/", kKnown).text, "${env:HOST}"); }

TEST(Expand, ADoubledDollarStandsForItself) {
  const Expanded found = expand("$${env:HOST}", "/", kKnown);
  EXPECT_EQ(found.text, "${env:HOST}");
  EXPECT_FALSE(found.replaced);
}

TEST(Expand, SaysWhatIsWrong) {
  EXPECT_THAT(expand("${env:NOPE}", "/", kKnown).error, HasSubstr("variable NOPE is not set"));
  EXPECT_THAT(expand("${env:HOST", "/", kKnown).error, HasSubstr("has no closing }"));
  EXPECT_THAT(expand("${HOST}", "/", kKnown).error, HasSubstr("neither ${env:NAME} nor ${file:PATH}"));
  EXPECT_THAT(expand("${file:/nowhere/x}", "/", kKnown).error, HasSubstr("/nowhere/x cannot be read: No such file"));
}

TEST_F(ExpandFile, CutsOffOneLineEnd) {
  EXPECT_EQ(file("token"), "token");
  EXPECT_EQ(file("token\n"), "token");
  EXPECT_EQ(file("token\r\n"), "token");
  EXPECT_EQ(file("one\ntwo\n\n"), "one\ntwo\n");
  EXPECT_EQ(file(""), "");
}

TEST_F(ExpandFile, RefusesAFolderAndAFileThatIsNoSetting) {
  EXPECT_THAT(expand("${file:.}", folder_, kKnown).error, HasSubstr("cannot be read: Is a directory"));
  std::ofstream(folder_ / "big") << std::string((1U << 20U) + 1, 'x');
  EXPECT_THAT(expand("${file:big}", folder_, kKnown).error, HasSubstr("more than a setting can be"));
}

TEST(ProcessVariable, IsThatOfTheProcess) {
  EXPECT_EQ(process_variable("MILLRACE_NO_SUCH_VARIABLE"), std::nullopt);
  EXPECT_NE(process_variable("PATH"), std::nullopt);
}

} // namespace
} // namespace millrace::config
