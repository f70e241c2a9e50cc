// The page of messages lists every code.
#include <gtest/gtest.h>

#include "dsl/diagnostic/codes.hpp"
#include "tests/dsl/reference/pages.hpp"

namespace millrace::dsl {
namespace {

TEST(Reference, MessagesPageListsEveryCode) {
  const auto path = docs_folder() / "rules/messages.md";
  std::string page =
      "# Messages of the compiler\n\nNumbered by phase: 01 syntax, 02 names and types, 03 absent values, 04 topics, 05 "
      "routers, 06 "
      "tables, 07 tests and files.\nE is an error, W a warning. A code keeps its meaning for ever. Each has an example "
      "with its "
      "whole text in\n`tests/dsl/fixtures/diagnostics`.\n\n| code | what it is about |\n| --- | --- |\n";
  for (const CodeInfo& info : all_codes()) {
    page += "| " + name_of(info.code) + " | " + std::string(info.title) + " |\n";
  }
  const char* const update = std::getenv("MILLRACE_UPDATE_FIXTURES");
  if (update != nullptr && std::string_view(update) == "1") {
    std::ofstream(path, std::ios::binary) << page;
  }
  EXPECT_EQ(read_whole(path), page);
}

} // namespace
} // namespace millrace::dsl
