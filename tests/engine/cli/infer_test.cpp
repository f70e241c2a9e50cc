// `millrace infer`: from a file of events to rules that `millrace check` takes.
#include <gtest/gtest.h>

#include <sstream>

#include "engine/cli/lines.hpp"
#include "tests/engine/cli/run.hpp"

namespace millrace::cli {
namespace {

class Infer : public CommandLine {
 protected:
  std::string file(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = folder_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
};

TEST_F(Infer, WritesRulesThatCheckTakes) {
  const std::string events = file("web-clicks.json", "{\"user\":\"ann\",\"n\":1}\n{\"user\":\"bob\",\"n\":2}\n");
  const Ran ran = run({"infer", events});
  ASSERT_EQ(ran.code, ExitCode::kOk) << ran.err;
  EXPECT_EQ(ran.err, "");
  EXPECT_NE(ran.out.find("event web_clicks {"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("table web_clicks from topic \"web_clicks\""), std::string::npos) << ran.out;
  const Ran checked = run({"check", file("out.rules", ran.out)});
  EXPECT_EQ(checked.code, ExitCode::kOk) << checked.err;
  EXPECT_EQ(checked.err, "");
}

TEST_F(Infer, TakesNamesAndWritesAFile) {
  const std::string out = (folder_ / "new.rules").string();
  const std::vector<std::string> arguments = {"infer",   file("a.json", "{\"a\":1}\n"),
                                              "--event", "click",
                                              "--topic", "web.clicks",
                                              "--table", "app.clicks",
                                              "-o",      out};
  const Ran ran = run(arguments);
  ASSERT_EQ(ran.code, ExitCode::kOk) << ran.err;
  EXPECT_EQ(ran.out, "");
  std::stringstream rules;
  rules << std::ifstream(out).rdbuf();
  EXPECT_NE(rules.str().find("event click {\n  a: int\n}"), std::string::npos) << rules.str();
  EXPECT_NE(rules.str().find("table app.clicks from topic \"web.clicks\" {"), std::string::npos) << rules.str();
  const Ran again = run(arguments);
  EXPECT_EQ(again.code, ExitCode::kUsage);
  EXPECT_NE(again.err.find("is there already"), std::string::npos) << again.err;
}

TEST_F(Infer, CountsLinesThatAreNoEventsAndShowsTheFirst) {
  std::string text = "\xEF\xBB\xBF{\"a\":1}\r\n\n";
  for (int i = 0; i < 7; ++i) {
    text += "{\"a\":\n";
  }
  text += "{\"a\":2}";
  const std::string events = file("e.json", text);
  const Ran ran = run({"infer", events});
  EXPECT_EQ(ran.code, ExitCode::kOk);
  EXPECT_NE(ran.out.find("# From 2 events"), std::string::npos) << ran.out;
  EXPECT_NE(ran.err.find(events + ":3: the event is not valid JSON, at byte 1\n"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find(events + ":7: "), std::string::npos) << ran.err;
  EXPECT_EQ(ran.err.find(events + ":8: "), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("7 of 9 lines are no event and left out"), std::string::npos) << ran.err;
  const Ran strict = run({"infer", events, "--strict"});
  EXPECT_EQ(strict.code, ExitCode::kFindings);
  EXPECT_EQ(strict.out, "");
}

TEST_F(Infer, ReadsNoMoreThanTheLimit) {
  const Ran ran = run({"infer", file("e.json", "{\"a\":1}\n{\"a\":2}\n{\"a\":\"x\"}\n"), "--limit", "2"});
  EXPECT_NE(ran.out.find("a: int"), std::string::npos) << ran.out;
}

TEST_F(Infer, SaysWhenThereIsNothingToLearnFrom) {
  const Ran empty = run({"infer", file("e.json", "\n\n")});
  EXPECT_EQ(empty.code, ExitCode::kFindings);
  EXPECT_NE(empty.err.find("there is no event in it"), std::string::npos) << empty.err;
  const Ran missing = run({"infer", (folder_ / "nowhere.json").string()});
  EXPECT_EQ(missing.code, ExitCode::kUsage);
  EXPECT_NE(missing.err.find("cannot be read: there is no such file"), std::string::npos) << missing.err;
  EXPECT_EQ(run({"infer", folder_.string()}).code, ExitCode::kUsage);
}

TEST_F(Infer, ATopicNeedsAClusterAndSaysHowItIsNamed) {
  const std::string none = (folder_ / "none.toml").string();
  const Ran nowhere = run({"infer", "kafka:web.clicks", "-c", none});
  EXPECT_EQ(nowhere.code, ExitCode::kUsage);
  EXPECT_EQ(nowhere.err,
            "kafka:web.clicks: name the cluster with --brokers HOST:PORT, or with --config a file that has "
            "a source of it; '" +
                none + "' is not there\n");
  const std::string file = pipeline("", "");
  EXPECT_EQ(run({"infer", "kafka:web.clicks", "-c", file}).err,
            file + ": no pipeline has a source kafka; name the cluster with --brokers HOST:PORT\n");
  EXPECT_EQ(run({"infer", "kafka:web.clicks", "-c", file, "--pipeline", "q"}).err,
            file + ": no pipeline 'q' has a source kafka; name the cluster with --brokers HOST:PORT\n");
  EXPECT_EQ(run({"infer", "kafka:web.clicks", "-c", file, "--brokers", "h:1"}).err,
            "there is no plugin that reads topics: `millrace plugins list` says which ones there are\n");
  EXPECT_EQ(run({"infer", "kafka:web.clicks", "--kafka-property", "a=b"}).code, ExitCode::kUsage);
}

TEST_F(Infer, RefusesNamesThatCannotBe) {
  const Ran ran = run({"infer", file("e.json", "{\"a\":1}\n"), "--topic", "no good"});
  EXPECT_EQ(ran.code, ExitCode::kUsage);
  EXPECT_NE(ran.err.find("E0402"), std::string::npos) << ran.err;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  Lines lines(in);
  std::vector<std::string> all;
  while (const auto line = lines.next()) {
    all.push_back(std::to_string(lines.number()) + (lines.too_long() ? " too long" : " " + std::string(*line)));
  }
  return all;
}

TEST(Lines, AreNumberedAndNoneIsLongerThanAnEventMayBe) {
  const std::string far(Lines::kLongest + 5, 'x');
  const std::string near(3 * 1024 * 1024, 'y');
  EXPECT_EQ(lines_of("a\n\n  \nb"), (std::vector<std::string>{"1 a", "4 b"}));
  EXPECT_EQ(lines_of(""), std::vector<std::string>{});
  EXPECT_EQ(lines_of("a\n" + near + "\nb\n"), (std::vector<std::string>{"1 a", "2 " + near, "3 b"}));
  EXPECT_EQ(lines_of("a\n" + far + far + "\nb\n"), (std::vector<std::string>{"1 a", "2 too long", "3 b"}));
  EXPECT_EQ(lines_of(far), std::vector<std::string>{"1 too long"});
}

} // namespace
} // namespace millrace::cli
