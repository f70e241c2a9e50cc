// Verdicts become the status and the body that senders act on.
#include <gtest/gtest.h>

#include <millrace/text.hpp>

#include <string>

#include "plugins/source_http/answer.hpp"

namespace millrace::source_http {
namespace {

std::string body_of(const Tally& tally) {
  std::string out;
  tally.write(out);
  return out;
}

TEST(Tally, TheWorstVerdictIsTheStatus) {
  const std::pair<std::uint32_t, unsigned> wanted[] = {{MR_FILTERED, 200},      {MR_DELIVERED, 200},
                                                       {MR_DEAD_LETTERED, 200}, {MR_REJECTED_EVENT, 422},
                                                       {MR_ABANDONED, 503},     {MR_FAILED, 503}};
  Tally so_far;
  for (std::size_t i = 0; i < std::size(wanted); ++i) {
    Tally alone;
    alone.add(0, {wanted[i].first, 0, nullptr});
    EXPECT_EQ(alone.status(), wanted[i].second) << wanted[i].first;
    so_far.add(i, {wanted[i].first, 0, nullptr});
    EXPECT_EQ(so_far.status(), wanted[i].second) << wanted[i].first;
  }
}

TEST(Tally, NoVerdictNeverBecomesAnAcknowledgement) {
  for (const std::uint32_t outcome : {0U, 7U, 1000U}) {
    Tally tally;
    tally.add(0, {outcome, 0, nullptr});
    EXPECT_EQ(tally.status(), 503U);
  }
}

TEST(Tally, CountsAllAndNamesEachThatIsNotSimplyDelivered) {
  Tally tally;
  tally.add(0, {MR_DELIVERED, 0, nullptr});
  const mr_reason reason{str("E0412"), str("'x' is no integer"), kAbsent, str("a.b"), kAbsent};
  tally.add(1, {MR_DEAD_LETTERED, 0, &reason});
  tally.add(2, {MR_FILTERED, 0, nullptr});
  tally.add(3, {MR_REJECTED_EVENT, 0, nullptr});
  EXPECT_EQ(
      body_of(tally),
      R"({"events":4,"filtered":1,"delivered":1,"dead_lettered":1,"rejected":1,"problems":[)"
      R"({"index":1,"status":200,"outcome":"dead_lettered","code":"E0412","path":"a.b","reason":"'x' is no integer"},)"
      R"({"index":3,"status":422,"outcome":"rejected"}]})"
      "\n");
}

TEST(Tally, TextsOfSendersAreEscapedAndStayUtf8) {
  Tally tally;
  const mr_reason reason{str("E1"), str("a \"quote\" \\ \n \xC3\xA9 \xFF \xC3"), kAbsent, kAbsent, kAbsent};
  tally.add(0, {MR_DEAD_LETTERED, 0, &reason});
  EXPECT_NE(body_of(tally).find("a \\\"quote\\\" \\\\ \\u000a \xC3\xA9 \xEF\xBF\xBD \xEF\xBF\xBD\""), std::string::npos)
      << body_of(tally);
}

TEST(Tally, AVeryLongListKeepsEachIndexButNotEachText) {
  Tally tally;
  const std::string text(300, 'x');
  const mr_reason reason{str("E1"), str(text), kAbsent, kAbsent, kAbsent};
  for (std::size_t i = 0; i < 10'000; ++i) {
    tally.add(i, {MR_DEAD_LETTERED, 0, &reason});
  }
  const std::string body = body_of(tally);
  EXPECT_LT(body.size(), 1'000'000U);
  EXPECT_NE(body.find(R"({"index":9999,"status":200,"outcome":"dead_lettered","code":"E1"})"), std::string::npos);
}

TEST(Answer, DatesAreThoseOfHttp) { EXPECT_EQ(http_date(784'111'777'000'000), "Sun, 06 Nov 1994 08:49:37 GMT"); }

TEST(Answer, TheShortFormOfTheFrequentAnswerIsTheSameAsTheLongOne) {
  Tally tally;
  tally.add(0, {MR_DELIVERED, 0, nullptr});
  AnswerHead head;
  head.date = "now";
  std::string by_hand;
  append_delivered(by_hand, "now");
  std::string built;
  append_answer(built, head, body_of(tally));
  EXPECT_EQ(by_hand, built);
}

} // namespace
} // namespace millrace::source_http
