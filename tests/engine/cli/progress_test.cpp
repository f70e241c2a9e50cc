// What is drawn of progress, byte by byte, on a clock that stands still.
#include "engine/cli/progress.hpp"

#include <gmock/gmock.h>

#include <sstream>

#include "engine/cli/progress_line.hpp"
#include "run.hpp"
#include "tests/engine/host/fakes.hpp"

namespace millrace::cli {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

// A terminal to which both streams go.
class Drawn : public CommandLine {
 protected:
  // With names for what terminals understand.
  std::string text() const {
    std::string out = terminal_.str();
    for (std::size_t at = out.find("\r\x1b[K"); at != std::string::npos; at = out.find("\r\x1b[K", at)) {
      out.replace(at, 4, "<erase>");
    }
    return out;
  }
  void pass(std::int64_t milliseconds) { clock_.now += milliseconds * kMillisecond; }

  host::StillClock clock_;
  std::ostringstream terminal_;
  std::size_t columns_ = 40;
  ProgressLine line_{terminal_, [this] { return columns_; }, clock_};
  GivingWay buffer_{*terminal_.rdbuf(), line_};
  std::ostream stream_{&buffer_};
  Console console_{stream_, stream_, "", dsl::Colours::off, dsl::Colours::off, &line_};
};

void add(Counting& counting, int events, std::size_t bytes) {
  for (int i = 0; i < events; ++i) {
    counting.add(bytes);
  }
}

TEST_F(Drawn, EventsAreCountedAtMostTenTimesASecondAndErasedAtTheEnd) {
  {
    Counting counting(console_, "diff", 100 * 1024);
    add(counting, 64, 10);
    pass(99);
    add(counting, 64, 10);
    pass(1);
    add(counting, 1024, 10);
    pass(900);
    add(counting, 4096, 10);
  }
  EXPECT_EQ(text(),
            "<erase>diff: 64 events, 0 %"
            "<erase>diff: 192 events, 1.9 k/s, 1 %"
            "<erase>diff: 1,216 events, 1.2 k/s, 11 %"
            "<erase>");
}

TEST_F(Drawn, RatesAreToldInTheirOrderOfMagnitude) {
  Counting counting(console_, "infer", std::nullopt);
  clock_.now += 10'000;
  add(counting, 64, 1);
  pass(1000);
  add(counting, 64, 1);
  pass(1000);
  add(counting, 4096, 1);
  EXPECT_EQ(text(),
            "<erase>infer: 64 events, 6.4 M/s"
            "<erase>infer: 128 events, 128/s"
            "<erase>infer: 192 events, 96/s");
  pass(1);
  add(counting, 1, 1);
  pass(100);
  add(counting, 64, 1);
  EXPECT_THAT(text(), ::testing::EndsWith("<erase>infer: 4,288 events, 2.0 k/s"));
}

TEST_F(Drawn, NothingIsDrawnOfFewEvents) {
  {
    Counting counting(console_, "explain", 630);
    add(counting, 63, 10);
  }
  EXPECT_EQ(text(), "");
}

TEST_F(Drawn, OtherOutputErasesTheLineFirstAndIsNeverDrawnOver) {
  Steps steps(console_, "check", 3);
  steps.begin("a.rules");
  console_.out << "a.rules: ok\n";
  pass(100);
  steps.begin("b.rules");
  console_.err << "b.rules: ";
  pass(100);
  steps.begin("c.rules");
  console_.err << "wrong\n";
  pass(100);
  steps.begin("d.rules");
  EXPECT_EQ(text(),
            "<erase>check: 1 of 3, a.rules<erase>a.rules: ok\n"
            "<erase>check: 2 of 3, b.rules<erase>b.rules: wrong\n"
            "<erase>check: 4 of 3, d.rules");
}

TEST_F(Drawn, TheLineIsCutInsideTheTerminalBetweenCharacters) {
  columns_ = 24;
  Steps steps(console_, "fmt", 1);
  steps.begin("日本日本日本日本日本日本日本");
  EXPECT_EQ(text(), "<erase>fmt: 1 of 1, 日本日本日");
  columns_ = 1;
  pass(100);
  steps.begin("x");
  EXPECT_EQ(text(), "<erase>fmt: 1 of 1, 日本日本日");
}

TEST_F(Drawn, WhatIsWaitedForIsToldAtOnceUntilTheAnswer) {
  { const Waiting first(console_, "asking kafka"); }
  { const Waiting second(console_, "asking postgres"); }
  EXPECT_EQ(text(), "<erase>asking kafka<erase><erase>asking postgres<erase>");
}

TEST_F(Drawn, CommandsNameThoseWhomTheyWaitFor) {
  columns_ = 80;
  const std::vector<std::string> apply = {"apply", "-c", pipeline(R"(targets = ["a"])", "")};
  EXPECT_EQ(cli::run(apply, console_), ExitCode::kOk);
  EXPECT_EQ(text(),
            "<erase>apply: reading the rules of pipeline 'p'<erase>"
            "<erase>apply: asking sink.shelf of pipeline 'p'<erase>"
            "-- sink.shelf of pipeline 'p': to be created\ncreate shelf a\n"
            "<erase>apply: creating in sink.shelf of pipeline 'p'<erase>"
            "-- sink.shelf of pipeline 'p': done, 1 steps\n");
}

TEST(Progress, SaysNothingWithoutATerminal) {
  std::ostringstream out;
  const Console console{out, out, ""};
  Counting counting(console, "diff", 10);
  add(counting, 1000, 1);
  Steps steps(console, "check", 1);
  steps.begin("a.rules");
  const Waiting waiting(console, "asking");
  EXPECT_EQ(out.str(), "");
}

TEST(Progress, KnowsTheSizeOfFilesAlone) {
  EXPECT_GT(size_of(MILLRACE_SOURCE_DIR "/LICENSE"), 1000U);
  EXPECT_EQ(size_of("-"), std::nullopt);
  EXPECT_EQ(size_of("/dev/null"), std::nullopt);
  EXPECT_EQ(size_of(MILLRACE_SOURCE_DIR), std::nullopt);
}

} // namespace
} // namespace millrace::cli
