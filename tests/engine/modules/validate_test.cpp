#include "engine/modules/validate.hpp"

#include <gmock/gmock.h>

#include "fixture.hpp"

namespace millrace::modules {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> breaches_with(const mr_field& field) {
  mr_plugin plugin = *load(fixture("whole")).table->plugins[0];
  const mr_field fields[] = {field, field};
  plugin.fields = fields;
  plugin.field_count = 1;
  const mr_plugin* const plugins[] = {&plugin};
  return breaches({"fixture", "1.0.0", plugins, 1});
}

TEST(Validate, TakesAFieldThatIsWellDeclared) {
  EXPECT_THAT(breaches_with({"brokers", MR_STRING, MR_REQUIRED, nullptr, nullptr, "Where.", nullptr, 0}),
              ElementsAre());
}

TEST(Validate, RefusesFieldsThatCannotBeDocumentedOrTyped) {
  EXPECT_THAT(breaches_with({"Brokers", MR_STRING, 0, nullptr, nullptr, "Where.", nullptr, 0}),
              ElementsAre(HasSubstr("a field is named 'Brokers'; names are lower-case words")));
  EXPECT_THAT(breaches_with({"brokers", 9, 0, nullptr, nullptr, "Where.", nullptr, 0}),
              ElementsAre(HasSubstr("unknown type 9")));
  EXPECT_THAT(breaches_with({"brokers", MR_STRING, 64, nullptr, nullptr, "Where.", nullptr, 0}),
              ElementsAre(HasSubstr("0x40")));
  EXPECT_THAT(breaches_with({"brokers", MR_STRING, 0, nullptr, nullptr, nullptr, nullptr, 0}),
              ElementsAre(HasSubstr("has no doc")));
  EXPECT_THAT(breaches_with({"brokers", MR_INT, MR_PATH, nullptr, nullptr, "Where.", nullptr, 0}),
              ElementsAre(HasSubstr("is a path and no MR_STRING")));
  EXPECT_THAT(breaches_with({"brokers", MR_STRING, MR_REQUIRED, "x", nullptr, "Where.", nullptr, 0}),
              ElementsAre(HasSubstr("is required and has a default")));
  EXPECT_THAT(breaches_with({"tls", MR_TABLE, 0, nullptr, nullptr, "How.", nullptr, 0}),
              ElementsAre(HasSubstr("MR_TABLE needs it")));
}

TEST(Validate, LooksIntoTablesWithinTables) {
  static const mr_field inner[] = {{"cert", MR_STRING, 0, nullptr, nullptr, "Which.", nullptr, 0},
                                   {"cert", MR_STRING, 0, nullptr, nullptr, "Which.", nullptr, 0}};
  EXPECT_THAT(breaches_with({"tls", MR_TABLE, 0, nullptr, nullptr, "How.", inner, 2}),
              ElementsAre(HasSubstr("field 'tls': field 'cert' is declared twice")));
}

TEST(Validate, RefusesASinkThatTakesNothing) {
  mr_plugin plugin = *load(fixture("whole")).table->plugins[0];
  plugin.flags = 0;
  const mr_plugin* const plugins[] = {&plugin, nullptr};
  const auto found = breaches({"fixture", nullptr, plugins, 2});
  EXPECT_THAT(found, Contains(HasSubstr("takes neither messages nor rows")));
  EXPECT_THAT(found, Contains(HasSubstr("no name or no version")));
  EXPECT_THAT(found, Contains(HasSubstr("has a NULL in it")));
}

} // namespace
} // namespace millrace::modules
