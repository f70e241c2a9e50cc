#include "engine/modules/inspect.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "fixture.hpp"

namespace millrace::modules {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Inspect, ReadsNameVersionAndExportsWithoutLoading) {
  const Manifest manifest = inspect(fixture("whole"));
  EXPECT_EQ(manifest.name, "fixture");
  EXPECT_EQ(manifest.version, "1.0.0");
  EXPECT_THAT(manifest.exports, ElementsAre("millrace_module_v1"));
}

TEST(Inspect, RefusesAFileWithoutTheSymbol) {
  EXPECT_THAT(
      refusal(fixture("no_symbol")),
      HasSubstr("does not export millrace_module_v1, so it is no Millrace plugin (it exports other_library_call)"));
}

TEST(Inspect, NamesTheOtherMajor) {
  EXPECT_THAT(refusal(fixture("other_major")),
              HasSubstr("it exports millrace_module_v2, and this engine speaks millrace_module_v1"));
}

TEST(Inspect, RefusesASecondExport) {
  EXPECT_THAT(refusal(fixture("exports_more")),
              HasSubstr("exports more than millrace_module_v1: helper; hide the rest"));
}

TEST(Inspect, RefusesWhatIsNoSharedObject) {
  const Folder folder;
  const auto file = folder.path() / "text.so";
  std::ofstream(file) << "not a library";
  EXPECT_THAT(refusal(file), HasSubstr("is no shared object (no ELF header)"));
  EXPECT_THAT(refusal("/proc/self/exe"), HasSubstr("/test_modules"));
}

TEST(Inspect, RefusesAFileThatIsNotThere) {
  EXPECT_THAT(refusal("/nowhere/x.so"), HasSubstr("plugin file /nowhere/x.so: No such file or directory"));
}

// Every way of cutting the file off ends in a message, not in a read outside of it.
TEST(Inspect, SurvivesAFileThatIsCutOffAnywhere) {
  const Folder folder;
  const std::string whole = bytes_of(fixture("whole"));
  const auto file = folder.path() / "cut.so";
  for (std::size_t size = 0; size < whole.size(); size += size < 256 ? 1 : 97) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << whole.substr(0, size);
    EXPECT_THROW(inspect(file), ModuleError) << size;
  }
}

TEST(Inspect, SurvivesAByteThatIsWrongAnywhere) {
  const Folder folder;
  const std::string whole = bytes_of(fixture("whole"));
  const auto file = folder.path() / "wrong.so";
  for (std::size_t at = 0; at < whole.size(); at += at < 64 ? 1 : 61) {
    std::string wrong = whole;
    wrong[at] = static_cast<char>(~wrong[at]);
    std::ofstream(file, std::ios::binary | std::ios::trunc) << wrong;
    try {
      inspect(file);
    } catch (const ModuleError&) {
    }
  }
}

} // namespace
} // namespace millrace::modules
