// Nothing thrown crosses the boundary, and each kind of failure becomes its status and text.
#include <gtest/gtest.h>

#include <millrace/guarded.hpp>
#include <string>

namespace millrace {
namespace {

TEST(Guarded, AFailureBecomesItsStatusTextAndDetail) {
  mr_error error{};
  EXPECT_EQ(guarded(&error, MR_FATAL, []() -> mr_status { throw transient("broker 'b1' is down", 7); }), MR_TRANSIENT);
  EXPECT_STREQ(error.text, "broker 'b1' is down");
  EXPECT_EQ(error.detail, 7);
}

TEST(Guarded, AnyOtherExceptionGetsTheStatusOfTheCall) {
  mr_error error{};
  EXPECT_EQ(guarded(&error, MR_INVALID, []() -> mr_status { throw std::runtime_error("no"); }), MR_INVALID);
  EXPECT_EQ(guarded(&error, MR_FATAL, []() -> mr_status { throw 1; }), MR_FATAL);
  EXPECT_STREQ(error.text, "an exception of unknown type");
  EXPECT_EQ(guarded(&error, MR_FATAL, []() -> mr_status { throw std::bad_alloc(); }), MR_TRANSIENT);
}

TEST(Guarded, ALongTextIsCutBetweenCharacters) {
  std::string text(506, 'x');
  text += "\xC3\xA9\xC3\xA9";
  mr_error error{};
  write_error(&error, text);
  EXPECT_EQ(std::string(error.text), std::string(506, 'x'));
}

TEST(Guarded, ACallWithoutAStatusReportsToTheHost) {
  static std::string said;
  mr_host host{};
  host.failed = [](const mr_host*, const mr_error* error) { said = error->text; };
  guarded(&host, [] { throw fatal("settle broke"); });
  EXPECT_EQ(said, "settle broke");
}

} // namespace
} // namespace millrace
