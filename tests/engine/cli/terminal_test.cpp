// Colours as the commands write them. terminal_test.py has a terminal for them.
#include "engine/cli/terminal.hpp"

#include <gmock/gmock.h>

#include "run.hpp"

namespace millrace::cli {
namespace {

using dsl::Colours;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kRules = R"(edition 1
event click { id: string }
topic "clicks" { event click }
topic "dlq" { }
router web for click {
  match first
  dead_letter "dlq"
  route clicks when id != "" to topic "clicks" { key id }
  otherwise drop
}
table web.clicks from topic "clicks" {
  id text = id
  primary key (id)
  on conflict keep first
}
)";

class Terminal : public CommandLine {
 protected:
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
};

TEST(Colours, AreForTerminalsThatTakeThemUnlessUnwanted) {
  EXPECT_EQ(colours_of(true, {nullptr, "xterm-256color"}), Colours::on);
  EXPECT_EQ(colours_of(true, {"", "xterm"}), Colours::on);
  EXPECT_EQ(colours_of(false, {nullptr, "xterm"}), Colours::off);
  EXPECT_EQ(colours_of(true, {"1", "xterm"}), Colours::off);
  EXPECT_EQ(colours_of(true, {"0", "xterm"}), Colours::off);
  EXPECT_EQ(colours_of(true, {nullptr, "dumb"}), Colours::off);
  EXPECT_EQ(colours_of(true, {nullptr, nullptr}), Colours::off);
}

TEST_F(Terminal, FindingsHaveTheColoursOfTheStreamThatTheyAreWrittenTo) {
  const std::string rules = file("wrong.rules", "edition 1\nevent click { id: strin }\n");
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"check", rules}, {"test", rules}, {"explain", rules, "--event", rules}}) {
    EXPECT_THAT(run(arguments, Colours::off, Colours::on).err, StartsWith("\x1b[1;31merror[E0101]\x1b[0m\x1b[1m: "));
    EXPECT_THAT(run(arguments, Colours::on, Colours::off).err, StartsWith("error[E0101]: "));
  }
  EXPECT_THAT(run({"fmt", file("broken.rules", "edition 1 }")}, Colours::off, Colours::on).err,
              StartsWith("\x1b[1;31merror[E0"));
  EXPECT_THAT(run({"check", rules, "--format", "json"}, Colours::on, Colours::on).out, Not(HasSubstr("\x1b")));
}

TEST_F(Terminal, FmtDiffIsRedAndGreen) {
  const std::string rules = file("click.rules", "edition 1\nevent click {id: string}\n");
  const std::string coloured = run({"fmt", "--diff", rules}, Colours::on).out;
  EXPECT_EQ(coloured, "\x1b[1m--- " + rules + "\x1b[0m\n\x1b[1m+++ " + rules +
                          "\x1b[0m\n"
                          "\x1b[1;36m@@ -1,2 +1,2 @@\x1b[0m\n"
                          " edition 1\n"
                          "\x1b[31m-event click {id: string}\x1b[0m\n"
                          "\x1b[32m+event click { id: string }\x1b[0m\n");
  EXPECT_THAT(run({"fmt", "--diff", rules}, Colours::off, Colours::on).out, Not(HasSubstr("\x1b")));
}

TEST_F(Terminal, ATestThatFailsShowsTheColumnsInRedAndGreen) {
  const std::string rules = file("main.rules", std::string(kRules) + R"(
test "a click" {
  given { "id": "a" }
  expect row web.clicks { "id": "b" }
}
test "passes" {
  given { "id": "a" }
  expect topic "clicks"
}
)");
  const Ran ran = run({"test", rules}, Colours::on, Colours::on);
  EXPECT_THAT(ran.err, AllOf(StartsWith("\x1b[1;31mfailed\x1b[0m: a click ("),
                             HasSubstr("    \x1b[31m- id  \"b\"\x1b[0m\n    \x1b[32m+ id  a\x1b[0m\n")));
  EXPECT_THAT(ran.out, StartsWith("\x1b[32mpassed\x1b[0m: passes ("));
  const Ran plain = run({"test", rules});
  EXPECT_THAT(plain.err + plain.out, Not(HasSubstr("\x1b")));
}

TEST_F(Terminal, DiffShowsWhatWasInRedAndWhatWouldBeInGreen) {
  const std::string before = file("before.rules", kRules);
  std::string text = kRules;
  text.replace(text.find("id != \"\""), 8, "id == \"a\"");
  const std::string after = file("after.rules", text);
  const std::string events = file("events.json", "{\"id\":\"b\"}\n");
  const std::vector<std::string> arguments = {"diff", before, after, "--events", events};
  EXPECT_THAT(run(arguments, Colours::on).out, HasSubstr("\x1b[31mclicks\x1b[0m → \x1b[32m"));
  EXPECT_THAT(run(arguments).out, AllOf(HasSubstr("clicks → "), Not(HasSubstr("\x1b"))));
}

} // namespace
} // namespace millrace::cli
