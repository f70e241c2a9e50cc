// Codes are for people to look up: each stands once in the table of docs/rules/refused-events.md.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "dsl/reason.hpp"

namespace millrace::dsl {
namespace {

std::set<std::string> all_codes() {
  std::set<std::string> codes;
  for (unsigned fault = 1; fault < 256; ++fault) {
    if (const std::string_view code = code_of(static_cast<Fault>(fault)); !code.empty()) {
      EXPECT_TRUE(codes.emplace(code).second) << code << " is the code of two faults";
    }
  }
  return codes;
}

TEST(ReasonCodes, AreUniqueAndEachIsExplained) {
  std::ifstream file(std::string(MILLRACE_SOURCE_DIR) + "/docs/rules/refused-events.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  std::set<std::string> explained;
  for (std::size_t at = page.find("\n| R"); at != std::string::npos; at = page.find("\n| R", at + 1)) {
    EXPECT_TRUE(explained.insert(page.substr(at + 3, 5)).second) << page.substr(at + 3, 5) << " is explained twice";
  }
  EXPECT_EQ(explained, all_codes());
}

} // namespace
} // namespace millrace::dsl
