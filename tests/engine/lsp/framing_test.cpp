#include "engine/lsp/framing.hpp"

#include <gtest/gtest.h>

namespace millrace::lsp {
namespace {

TEST(Framing, GivesAMessageWhenAllOfItIsThere) {
  Framing framing;
  const std::string whole = framed("{\"a\":1}");
  for (std::size_t i = 0; i + 1 < whole.size(); ++i) {
    framing.add(whole.substr(i, 1));
    EXPECT_FALSE(framing.next()) << i;
  }
  framing.add(whole.substr(whole.size() - 1));
  const auto message = framing.next();
  ASSERT_TRUE(message);
  EXPECT_EQ(message->text, "{\"a\":1}");
  EXPECT_FALSE(framing.next());
}

TEST(Framing, TakesSeveralMessagesAndOtherHeaders) {
  Framing framing;
  framing.add("content-type: x\r\nCONTENT-LENGTH:  2 \r\n\r\nab" + framed("") + "Content-Length: 1\n\nc");
  EXPECT_EQ(framing.next()->text, "ab");
  EXPECT_EQ(framing.next()->text, "");
  EXPECT_EQ(framing.next()->text, "c");
  EXPECT_FALSE(framing.next());
  EXPECT_FALSE(framing.broken());
}

TEST(Framing, PassesOverWhatIsTooLarge) {
  Framing framing(10);
  framing.add("Content-Length: 20\r\n\r\n12345");
  EXPECT_EQ(framing.next()->problem, "a message of 20 bytes is too large; the most is 10");
  EXPECT_FALSE(framing.next());
  framing.add("678901234567890" + framed("next"));
  EXPECT_EQ(framing.next()->text, "next");
}

TEST(Framing, EndsWhereNoLengthIsGiven) {
  for (const std::string header : {"Length: 3", "Content-Length: x", "Content-Length: 3 4", "Content-Length: -1"}) {
    Framing framing;
    framing.add(header + "\r\n\r\nabc");
    EXPECT_FALSE(framing.next()->problem.empty()) << header;
    EXPECT_TRUE(framing.broken());
  }
  Framing endless;
  endless.add(std::string(100'000, 'x'));
  EXPECT_FALSE(endless.next());
  EXPECT_TRUE(endless.broken());
}

} // namespace
} // namespace millrace::lsp
