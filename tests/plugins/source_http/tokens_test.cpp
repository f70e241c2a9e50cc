// Tokens: what stands in the file is what may send, and nothing else.
#include <gtest/gtest.h>

#include <millrace/failure.hpp>

#include <string>

#include "plugins/source_http/tokens.hpp"

namespace millrace::source_http {
namespace {

TEST(Tokens, EachLineIsATokenAndCommentsAreNot) {
  const Tokens tokens("# rotated in May\nold-token\r\n\n  new.token= \n");
  EXPECT_TRUE(tokens.required());
  EXPECT_EQ(tokens.find("old-token"), 0U);
  EXPECT_EQ(tokens.find("new.token="), 1U);
  EXPECT_FALSE(tokens.find("# rotated in May").has_value());
  EXPECT_FALSE(tokens.find("").has_value());
  EXPECT_FALSE(tokens.find("old-toke").has_value());
  EXPECT_FALSE(tokens.find("old-token ").has_value());
}

TEST(Tokens, NoneAreRequiredWhereThereAreNone) {
  EXPECT_FALSE(Tokens().required());
  EXPECT_FALSE(Tokens("# nobody yet\n").required());
}

TEST(Tokens, ALineThatCannotBeATokenIsNamedByItsNumberOnly) {
  try {
    const Tokens tokens("good\nmy secret\n");
    FAIL() << "taken";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.status(), MR_INVALID);
    EXPECT_NE(std::string(failure.what()).find("line 2"), std::string::npos);
    EXPECT_EQ(std::string(failure.what()).find("secret"), std::string::npos);
  }
}

} // namespace
} // namespace millrace::source_http
