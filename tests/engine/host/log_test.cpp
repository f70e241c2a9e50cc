#include "engine/host/log.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "fakes.hpp"

namespace millrace::host {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class LogLines : public ::testing::Test {
 protected:
  Log make(LogForm form, std::uint32_t least = MR_LOG_INFO) {
    return {clock_, form, least, [this](std::uint32_t, std::string_view line) { lines_.emplace_back(line); }};
  }

  StillClock clock_;
  std::vector<std::string> lines_;
};

TEST_F(LogLines, ATextLineHasTimeLevelSourceSentenceAndFields) {
  Log log = make(LogForm::kText);
  log.write(MR_LOG_WARN, {"ingest/0", "sink.events"}, "the broker is gone",
            {{"broker", "b1:9092"}, {"why", "no route to host"}});
  log.info("started");
  EXPECT_THAT(lines_,
              ElementsAre("2026-09-10T00:26:40.123Z warn  ingest/0 sink.events the broker is gone broker=b1:9092 "
                          "why=\"no route to host\"",
                          "2026-09-10T00:26:40.123Z info  started"));
}

TEST_F(LogLines, AJsonLineNamesEachPart) {
  Log log = make(LogForm::kJson);
  log.write(MR_LOG_ERROR, {"ingest/0", "sink.events"}, "it said \"no\"", {{"why", "a\nb"}});
  EXPECT_THAT(
      lines_,
      ElementsAre(R"({"time":"2026-09-10T00:26:40.123Z","level":"error","text":"it said \"no\"","pipeline":"ingest",)"
                  R"("worker":"ingest/0","instance":"sink.events","why":"a\nb"})"));
}

TEST_F(LogLines, ALineOfAPipelineSaysWhichRulesetItRuns) {
  Log log = make(LogForm::kText);
  log.set_ruleset("ingest", "5f3c91aa0b12ffff");
  log.write(MR_LOG_INFO, {"ingest/0", "sink.events"}, "one", {{"broker", "b1"}});
  log.write(MR_LOG_INFO, {"load/0", ""}, "two");
  log.write(MR_LOG_INFO, {"ingest", ""}, "three", {{"ruleset", "aaaa"}});
  log.info("four");
  log.set_ruleset("ingest", "");
  log.write(MR_LOG_INFO, {"ingest/0", ""}, "five");
  EXPECT_THAT(lines_,
              ElementsAre("2026-09-10T00:26:40.123Z info  ingest/0 sink.events one broker=b1 ruleset=5f3c91aa0b12",
                          "2026-09-10T00:26:40.123Z info  load/0 two",
                          "2026-09-10T00:26:40.123Z info  ingest three ruleset=aaaa",
                          "2026-09-10T00:26:40.123Z info  four", "2026-09-10T00:26:40.123Z info  ingest/0 five"));
}

TEST_F(LogLines, AJsonLineSaysTheRulesetToo) {
  Log log = make(LogForm::kJson);
  log.set_ruleset("ingest", "5f3c91aa0b12ffff");
  log.write(MR_LOG_INFO, {"ingest/1", ""}, "one");
  EXPECT_THAT(lines_, ElementsAre(R"({"time":"2026-09-10T00:26:40.123Z","level":"info","text":"one",)"
                                  R"("pipeline":"ingest","worker":"ingest/1","ruleset":"5f3c91aa0b12"})"));
}

TEST_F(LogLines, ALineStaysALineWhateverIsInIt) {
  Log log = make(LogForm::kText);
  log.info("one\ntwo", {{"key", "three\nfour=\x1b"}});
  EXPECT_THAT(lines_, ElementsAre("2026-09-10T00:26:40.123Z info  one two key=\"three\\nfour=\\u001b\""));
}

TEST_F(LogLines, LeavesOutWhatIsLessSevereThanAsked) {
  Log log = make(LogForm::kText, MR_LOG_WARN);
  log.info("one");
  log.warn("two");
  log.set_least_level(MR_LOG_DEBUG);
  log.write(MR_LOG_DEBUG, {}, "three");
  EXPECT_THAT(lines_, SizeIs(2));
}

TEST_F(LogLines, SaysOneSentenceTenTimesInTenSecondsAndThenHowManyWereLeftOut) {
  Log log = make(LogForm::kText);
  for (int i = 0; i < 25; ++i) {
    log.warn("again", {{"i", std::to_string(i)}});
  }
  EXPECT_THAT(lines_, SizeIs(10));
  log.warn("something else");
  EXPECT_THAT(lines_, SizeIs(11));
  log.write(MR_LOG_WARN, {"ingest/0", ""}, "again");
  EXPECT_THAT(lines_, SizeIs(12)) << "another source has a limit of its own";
  clock_.now += 10'000'000'000;
  log.warn("again");
  ASSERT_THAT(lines_, SizeIs(13));
  EXPECT_EQ(lines_.back(), "2026-09-10T00:26:40.123Z warn  again left_out=15");
  log.warn("again");
  EXPECT_EQ(lines_.back(), "2026-09-10T00:26:40.123Z warn  again");
}

} // namespace
} // namespace millrace::host
