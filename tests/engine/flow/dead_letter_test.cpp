#include "engine/flow/dead_letter.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/flow/fake_plugin.hpp"

namespace millrace::flow {
namespace {

using fake::str;

std::string headers_of(const mr_message& message) {
  std::string out;
  for (std::uint32_t i = 0; i < message.header_count; ++i) {
    out += std::string(fake::view(message.headers[i].key)) + "=" + std::string(fake::view(message.headers[i].value)) +
           "\n";
  }
  return out;
}

TEST(DeadLetter, SaysWhyAndWhenceInFrontOfTheEventsOwnHeaders) {
  const mr_range origin{str("clicks"), 3, 0, 40, 50, 0};
  const mr_pair own[] = {{str("trace"), str("abc")}};
  mr_event event{};
  event.origin = &origin;
  event.key = str("device-7");
  event.payload = str("{broken");
  event.headers = own;
  event.header_count = 1;
  event.position = 44;
  event.time_us = 123;
  const mr_reason reason{str("E0412"), str("not a number"), str("clicks"), str("price"), str("f00d")};
  Arena arena;
  const mr_message letter = dead_letter_message(arena, event, reason, 9, "source.kafka");
  EXPECT_EQ(headers_of(letter),
            "millrace-code=E0412\n"
            "millrace-reason=not a number\n"
            "millrace-path=price\n"
            "millrace-rule=clicks\n"
            "millrace-ruleset=f00d\n"
            "millrace-source=clicks/3/44\n"
            "trace=abc\n");
  EXPECT_EQ(letter.event, &event);
  EXPECT_EQ(letter.target, 9u);
  EXPECT_EQ(fake::view(letter.key), "device-7");
  EXPECT_EQ(fake::view(letter.payload), "{broken");
  EXPECT_EQ(letter.time_us, 123);
}

TEST(DeadLetter, LeavesOutWhatIsAbsentAndNamesASourceWithoutALog) {
  const mr_range origin{{}, -1, 0, 0, 0, 0};
  mr_event event{};
  event.origin = &origin;
  Arena arena;
  const mr_message letter = dead_letter_message(arena, event, {str("X"), {}, {}, {}, {}}, 1, "source.http");
  EXPECT_EQ(headers_of(letter), "millrace-code=X\nmillrace-source=source.http\n");
  EXPECT_EQ(letter.payload.data, nullptr);
}

TEST(DeadLetter, KeepsItsTextsWhenTheReasonIsGone) {
  const mr_range origin{{}, -1, 0, 0, 0, 0};
  mr_event event{};
  event.origin = &origin;
  Arena arena;
  std::string text = "too long";
  const mr_message letter = dead_letter_message(arena, event, {str("X"), str(text), {}, {}, {}}, 1, "s");
  text.assign(text.size(), '#');
  EXPECT_EQ(fake::view(letter.headers[1].value), "too long");
}

} // namespace
} // namespace millrace::flow
