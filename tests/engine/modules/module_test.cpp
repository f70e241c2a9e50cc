#include "engine/modules/module.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "fixture.hpp"

namespace millrace::modules {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Module, LoadsWhatKeepsTheContract) {
  const Module module = load(fixture("whole"));
  ASSERT_EQ(module.table->plugin_count, 1U);
  EXPECT_STREQ(module.table->plugins[0]->name, "fixture");
}

TEST(Module, GivesTheSameTableForTheSameFile) { EXPECT_EQ(load(fixture("whole")).table, load(fixture("whole")).table); }

TEST(Module, KeepsTheLoadersOwnWordsWhenASymbolIsMissing) {
  EXPECT_THAT(refusal(fixture("undefined_symbol")),
              AllOf(HasSubstr("cannot be loaded"), HasSubstr("from_a_library_that_is_gone")));
}

TEST(Module, RefusesANullFunctionByName) {
  EXPECT_THAT(refusal(fixture("null_function")), HasSubstr("sink 'fixture': the function stop is NULL"));
}

TEST(Module, RefusesAnUnknownKind) {
  EXPECT_THAT(refusal(fixture("unknown_kind")), HasSubstr("plugin 'fixture' has the unknown kind 4"));
}

TEST(Module, RefusesAFlagOfAnotherKind) {
  EXPECT_THAT(refusal(fixture("flag_of_another_kind")),
              HasSubstr("sink 'fixture': has flags (0x10) that a sink does not have"));
}

TEST(Module, SaysEverythingThatIsWrongAtOnce) {
  EXPECT_THAT(refusal(fixture("positions_without_blocks")),
              AllOf(HasSubstr("millrace.positions/1 belongs to a sink with MR_BLOCKS"),
                    HasSubstr("the function still is NULL")));
}

TEST(Module, RefusesANoteThatIsMissingOrSaysSomethingElse) {
  EXPECT_THAT(refusal(fixture("no_note")),
              HasSubstr("has no note with name and version; add MR_NOTE(\"fixture 1.0.0\")"));
  EXPECT_THAT(refusal(fixture("note_differs")),
              HasSubstr("says 'fixture 1.0.0' in its note and 'fixture 1.1.0' in its module"));
}

// The loader would answer with the code it already has.
TEST(Module, RefusesAFileThatWasReplacedUnderItsName) {
  const Folder folder;
  const auto file = folder.take("whole");
  load(file);
  std::filesystem::remove(file);
  folder.take("null_function", "whole.so");
  EXPECT_THAT(refusal(file), HasSubstr("was replaced since it was loaded; install the new one under another name"));
}

// The code that runs from it is what stands in the file now; nobody may look at it any more.
TEST(Module, NamesAFileThatWasWrittenOverInItsPlace) {
  const Folder folder;
  const auto file = folder.take("whole", "over.so");
  load(file);
  EXPECT_THAT(written_over(), IsEmpty());
  std::ofstream(file, std::ios::app | std::ios::binary) << '\0';
  EXPECT_THAT(written_over(), ElementsAre(AllOf(HasSubstr("over.so: was written over while it is loaded"),
                                                HasSubstr("start the engine anew"))));
  std::filesystem::remove(file);
  folder.take("whole", "over.so");
  EXPECT_THAT(written_over(), IsEmpty()) << "another file in its place";
}

} // namespace
} // namespace millrace::modules
