#include "engine/config/declarations.hpp"

#include <gmock/gmock.h>

#include "engine/config/fields.hpp"
#include "fakes.hpp"

namespace millrace::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> mistakes(const mr_field& field) { return declaration_mistakes(std::span(&field, 1)); }

TEST(Declarations, OfTheEngineCanBeRead) {
  EXPECT_THAT(declaration_mistakes(engine_fields()), ElementsAre());
  EXPECT_THAT(declaration_mistakes(pipeline_fields()), ElementsAre());
  EXPECT_THAT(declaration_mistakes(kPostFields), ElementsAre());
}

TEST(Declarations, ADefaultHasToKeepItsOwnConstraint) {
  EXPECT_THAT(mistakes({"x", MR_INT, 0, "0", "1..9", "X.", nullptr, 0}),
              ElementsAre("default: 'x' is 0, but must be within 1..9 (its default; the plugin declares it wrong)"));
  EXPECT_THAT(mistakes({"x", MR_DURATION, 0, "soon", nullptr, "X.", nullptr, 0}),
              ElementsAre(HasSubstr("must be a duration like \"250ms\" or \"5s\", but here is \"soon\"")));
  EXPECT_THAT(mistakes({"x", MR_INT, 0, "[", nullptr, "X.", nullptr, 0}),
              ElementsAre(HasSubstr("the plugin declares it wrong")));
}

TEST(Declarations, AConstraintHasToBeReadable) {
  EXPECT_THAT(mistakes({"x", MR_SIZE, 0, nullptr, "1MB..", "X.", nullptr, 0}),
              ElementsAre(HasSubstr("'1MB..' of the field 'x'")));
}

TEST(Declarations, TablesAreLookedInto) {
  static constexpr mr_field kInner[] = {{"y", MR_STRING, 0, "c", "a|b", "Y.", nullptr, 0}};
  EXPECT_THAT(mistakes({"x", MR_TABLE, 0, nullptr, nullptr, "X.", kInner, 1}), ElementsAre(HasSubstr("one of a, b")));
}

} // namespace
} // namespace millrace::config
