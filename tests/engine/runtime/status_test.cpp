#include "engine/runtime/status.hpp"

#include <gmock/gmock.h>
#include <millrace/plugin.h>

namespace millrace::runtime {
namespace {

using ::testing::ElementsAre;

constexpr std::int64_t kSecond = 1'000'000'000;

Status example() {
  Status status;
  PipelineStatus ingest;
  ingest.name = "ingest";
  ingest.ruleset = "5f3c91aa0b12ffff";
  ingest.workers.resize(2);
  ingest.running = 2;
  ingest.totals.events = 1'234'567;
  ingest.totals.verdicts[MR_DELIVERED] = 1'234'000;
  ingest.totals.verdicts[MR_DEAD_LETTERED] = 17;
  ingest.totals.retries = 3;
  ingest.in_flight = 550;
  ingest.bytes_in_flight = 3u << 19;
  ingest.bytes_limit = 512u << 20;
  ingest.events_per_second = 4.25;
  PipelineStatus load;
  load.name = "load";
  load.workers.resize(1);
  load.bytes_limit = 64u << 20;
  load.lag = 1'000;
  load.stopped = 2;
  load.last_trouble = Trouble{1'795'500'855'000'000, "load/0: sink.postgres: nobody answers"};
  status.pipelines = {ingest, load};
  status.not_ready = {"load/0 is starting: sink.postgres: nobody answers"};
  return status;
}

TEST(Pace, KnowsNothingBeforeTheSecondNote) {
  Pace pace;
  EXPECT_EQ(pace.per_second(), std::nullopt);
  pace.note(kSecond, 100);
  EXPECT_EQ(pace.per_second(), std::nullopt);
  pace.note(3 * kSecond, 300);
  EXPECT_EQ(pace.per_second(), 100);
}

TEST(Pace, ForgetsWhatIsLongerAgoThanTenSeconds) {
  Pace pace;
  for (int second = 0; second <= 20; ++second) {
    pace.note(second * kSecond, second <= 10 ? 0 : static_cast<std::uint64_t>(second - 10) * 50);
  }
  EXPECT_EQ(pace.per_second(), 50);
}

TEST(Status, IsATableForPeople) {
  EXPECT_EQ(text_of(example()),
            "PIPELINE  WORKERS  RULESET       EVENTS/S     EVENTS  DELIVERED  DEAD-LETTERED  FAILED  RETRIES  IN FLIGHT"
            "        BYTES    LAG\n"
            "ingest    2/2      5f3c91aa0b12       4.2  1,234,567  1,234,000             17       0        3        550"
            "  1.5/512 MiB      -\n"
            "load      0/1      -                    -          0          0              0       0        0          0"
            "     0/64 MiB  1,000\n"
            "load: 2 partitions are not read any more; the log says which and why\n"
            "load: last trouble 2026-11-24 06:14:15 UTC: load/0: sink.postgres: nobody answers\n"
            "not ready: load/0 is starting: sink.postgres: nobody answers\n");
}

TEST(Status, SaysReadyWhenNothingIsWrong) { EXPECT_TRUE(text_of(Status()).ends_with("\nready\n")); }

TEST(Status, ComparesTwoMomentsPerSecond) {
  Status later = example();
  later.pipelines[0].totals.events += 3'000;
  later.pipelines[0].totals.verdicts[MR_DELIVERED] += 2'999;
  later.pipelines[0].totals.verdicts[MR_DEAD_LETTERED] += 1;
  later.pipelines[0].ruleset = "aaaa";
  EXPECT_EQ(table_of(example(), later, 2),
            "PIPELINE  WORKERS  RULESET  EVENTS/S  DELIVERED/S  DEAD-LETTERED/S  RETRIES/S  FAILED  IN FLIGHT        "
            "BYTES    LAG\n"
            "ingest    2/2      aaaa        1,500        1,500              0.5          0       0        550  "
            "1.5/512 MiB      -\n"
            "load      0/1      -               0            0                0          0       0          0     "
            "0/64 MiB  1,000\n");
}

TEST(Status, CountsFromNothingAfterARestart) {
  Status restarted = example();
  restarted.pipelines[0].totals = {};
  EXPECT_THAT(table_of(example(), restarted, 1),
              ::testing::HasSubstr("ingest    2/2      5f3c91aa0b12         0            0 "));
}

TEST(Status, ComesBackFromItsJson) {
  const std::optional<Status> read = status_of(json_of(example()));
  ASSERT_TRUE(read);
  EXPECT_EQ(text_of(*read), text_of(example()));
  EXPECT_FALSE(status_of("{}"));
  EXPECT_FALSE(status_of("<html>"));
}

// Two engines that are there, with different rulesets, and one that went without a word.
Status in_a_group() {
  Status status = example();
  status.not_ready.clear();
  status.pipelines.resize(1);
  status.engine = "a:1:x";
  status.engines = {{"ingest", "a:1:x", "5f3c91aa0b12ffff", "127.0.0.1:8686", std::chrono::seconds(0), false},
                    {"ingest", "b:22:x", "77aa", "10.0.0.2:8686", std::chrono::milliseconds(1'900), false},
                    {"ingest", "c:3:x", "", "", std::chrono::seconds(40), true}};
  return status;
}

TEST(Status, ShowsTheEnginesThatShareAPipelineAndWarnsOfAMix) {
  EXPECT_THAT(text_of(in_a_group()),
              ::testing::EndsWith(
                  "\n\n"
                  "PIPELINE  ENGINE  RULESET       STATE\n"
                  "ingest    a:1:x   5f3c91aa0b12  this one\n"
                  "ingest    b:22:x  77aa          there, at 10.0.0.2:8686\n"
                  "ingest    c:3:x   -             vanished, heard of 40 s ago\n"
                  "warning: the engines of pipeline 'ingest' have different rulesets: 5f3c91aa0b12 at a:1:x; 77aa at "
                  "b:22:x; `millrace reload --all` gives all of them the same\n"
                  "ready\n"));
}

TEST(Status, DoesNotWarnOfEnginesThatHaveTheSameRuleset) {
  Status status = in_a_group();
  status.engines[1].hash = status.engines[0].hash;
  EXPECT_THAT(text_of(status), ::testing::EndsWith("heard of 40 s ago\nready\n"));
}

TEST(Status, SaysNothingOfEnginesWhereOneIsAlone) {
  Status status = in_a_group();
  status.engines = in_company({status.engines.front()});
  EXPECT_THAT(text_of(status), ::testing::Not(::testing::HasSubstr("ENGINE")));
  EXPECT_EQ(in_company(in_a_group().engines).size(), 3u);
}

TEST(Status, BringsItsEnginesBackFromItsJson) {
  const std::string json = json_of(in_a_group());
  EXPECT_THAT(json, ::testing::HasSubstr(R"("warnings":["the engines of pipeline 'ingest')"));
  const std::optional<Status> read = status_of(json);
  ASSERT_TRUE(read);
  EXPECT_EQ(text_of(*read), text_of(in_a_group()));
}

TEST(Status, IsReadFromAnEngineThatSaysNothingOfOthers) {
  const std::optional<Status> read = status_of(R"({"pipelines":[],"ready":true,"why_not":[]})");
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->engines.empty());
}

TEST(Status, PaintsEachPartAsWhatItIs) {
  const std::string text = text_of(in_a_group(), "A\nb\n", [](Part part, std::string_view words) {
    return part == Part::warning || part == Part::headline ? "<" + std::string(words) + ">" : std::string(words);
  });
  EXPECT_THAT(text, ::testing::AllOf(::testing::StartsWith("<A>\nb\n"), ::testing::HasSubstr("\n<PIPELINE "),
                                     ::testing::HasSubstr("\n<warning>: the engines")));
}

TEST(Status, TellsTheTroublesOfThosePipelinesThatHadSome) {
  EXPECT_THAT(troubles_of(example()),
              ElementsAre(::testing::StartsWith("load: 2 partitions "), ::testing::StartsWith("load: last trouble ")));
}

} // namespace
} // namespace millrace::runtime
