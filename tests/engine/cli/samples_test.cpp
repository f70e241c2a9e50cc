// The commands that look at sample events: explain, diff, and what test says of its own.
#include <gmock/gmock.h>

#include "run.hpp"

namespace millrace::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kRules = R"(edition 1
event click { id: string  kind: string  note?: string }

topic "clicks"  { event click }
topic "views"   { event click }
topic "dlq.web" { }

router web for click {
  match first
  dead_letter "dlq.web"
  route clicks when kind == "click" to topic "clicks" { key id }
  route views when kind == "view" to topic "views"
  otherwise drop
}

table web.clicks from topic "clicks" {
  id   text = id
  note text = note else "none"
  primary key (id)
  on conflict keep first
}

test "a click" {
  given { "id": "a", "kind": "click" }
  expect topic "clicks"
  expect row web.clicks { "note": "none" }
}
)";

class Samples : public CommandLine {
 protected:
  std::string file(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = folder_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  std::string rules(const std::string& name, const std::string& part = "", const std::string& instead = "") const {
    std::string text = kRules;
    if (!part.empty()) {
      text.replace(text.find(part), part.size(), instead);
    }
    return file(name, text);
  }
};

TEST_F(Samples, RulesWithoutARouterNameTheTopicsThatEventsCanBeginAt) {
  const std::string tables = file("tables.rules", R"(edition 1
event click { id: string }
topic "clicks" { event click }
table web.clicks from topic "clicks" { id text = id }
table web.again from topic "clicks" { id text = id }
)");
  const std::string event = file("event.json", R"({"id": "a"})");
  const Ran ran = run({"explain", tables, "--event", event});
  EXPECT_EQ(ran.code, ExitCode::kUsage);
  EXPECT_EQ(ran.err, "--topic: the rules have no router, so events begin at a topic; write --topic clicks\n");
  EXPECT_EQ(run({"explain", tables, "--event", event, "--topic", "clicks"}).code, ExitCode::kOk);
  const std::string events = file("events.rules", "edition 1\nevent click { id: string }\n");
  EXPECT_THAT(run({"explain", events, "--event", event}).err, HasSubstr("no router and no table"));
}

TEST_F(Samples, AnEventOnSeveralLinesIsOneAndLinesAreMany) {
  const std::string rules = this->rules("main.rules");
  const std::string one = file("one.json", "\xEF\xBB\xBF{\r\n  \"id\": \"a\",\r\n  \"kind\": \"click\"\r\n}\r\n");
  EXPECT_THAT(run({"explain", rules, "--event", one}).out,
              AllOf(HasSubstr("YES  route clicks  kind is \"click\""), HasSubstr("→ row of web.clicks"),
                    Not(HasSubstr("line 2"))));
  const std::string many =
      file("many.ndjson", "{\"id\":\"a\",\"kind\":\"click\"}\n\n{\"id\":\"b\",\"kind\":\"view\"}\n");
  const Ran ran = run({"explain", rules, "--event", many, "--format", "json"});
  EXPECT_EQ(ran.code, ExitCode::kOk) << ran.err;
  EXPECT_EQ(std::count(ran.out.begin(), ran.out.end(), '\n'), 2);
  EXPECT_THAT(ran.out, HasSubstr(R"("rules":["views"],"to":[{"topic":"views","key":null)"));
}

TEST_F(Samples, ALimitReadsTheFirstOfAFile) {
  const std::string many = file("many.ndjson", "{\"id\":\"a\",\"kind\":\"click\"}\n{\"id\":\"b\",\"kind\":\"view\"}\n");
  const Ran ran = run({"explain", rules("main.rules"), "--event", many, "--format", "json", "--limit", "1"});
  EXPECT_EQ(std::count(ran.out.begin(), ran.out.end(), '\n'), 1);
  EXPECT_THAT(ran.out, HasSubstr(R"("rules":["clicks"])"));
}

TEST_F(Samples, BrokenLinesAreNamedAndCountedAndEndItOnlyIfStrict) {
  const std::string rules = this->rules("main.rules");
  const std::string events =
      file("e.ndjson", "{\"id\":\"a\",\"kind\":\"click\"\n{\"id\":\"b\",\"kind\":\"view\"}\nno\n");
  const Ran ran = run({"explain", rules, "--event", events, "--format", "json"});
  EXPECT_EQ(ran.code, ExitCode::kOk);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("e.ndjson:1: R0101"), HasSubstr("e.ndjson:3: R0104"),
                             HasSubstr("2 of 3 events are no JSON")));
  EXPECT_EQ(run({"explain", rules, "--event", events, "--strict"}).code, ExitCode::kFindings);
}

TEST_F(Samples, WhatIsNotThereIsNamedWithWhatIs) {
  const std::string rules = this->rules("main.rules");
  const std::string events = file("e.ndjson", "{}\n");
  const Ran router = run({"explain", rules, "--event", events, "--router", "wbe"});
  EXPECT_EQ(router.code, ExitCode::kUsage);
  EXPECT_THAT(router.err, HasSubstr("there is no router 'wbe'; did you mean 'web'?"));
  const Ran topic = run({"explain", rules, "--event", events, "--topic", "click"});
  EXPECT_EQ(topic.code, ExitCode::kUsage);
  EXPECT_THAT(topic.err, HasSubstr("no topic 'click'; did you mean 'clicks'?"));
  const Ran none = run({"explain", rules, "--event", (folder_ / "none.json").string()});
  EXPECT_EQ(none.code, ExitCode::kUsage);
  EXPECT_THAT(none.err, HasSubstr("none.json' cannot be read"));
}

// That nothing changes for events that nobody could read is no answer.
TEST_F(Samples, DiffOfNothingButBrokenLinesIsAFinding) {
  const std::string rules = this->rules("main.rules");
  const std::string list = file("list.json", "[{\"id\":\"a\",\"kind\":\"view\"},\n{\"id\":\"b\",\"kind\":\"view\"}]\n");
  const Ran ran = run({"diff", rules, rules, "--events", list});
  EXPECT_EQ(ran.code, ExitCode::kFindings);
  EXPECT_THAT(ran.err, HasSubstr("no event of it could be compared; each stands on a line of its own"));
  EXPECT_THAT(run({"explain", rules, "--event", list}).err, HasSubstr("`jq -c '.[]'` makes lines of a JSON list"));
  EXPECT_THAT(run({"infer", list}).err, HasSubstr("`jq -c '.[]'` makes lines of a JSON list"));
}

// A file that is no text is one message, not one for each of its lines.
TEST_F(Samples, EventsInAnotherEncodingAreRefusedAsAWhole) {
  using namespace std::string_literals;
  const std::string rules = this->rules("main.rules");
  const std::string packed = file("e.gz", "\x1F\x8B\x08\0\n\0\n"s);
  const std::string wide = file("e.txt", "\xFF\xFE{\0}\0\n\0"s);
  const std::vector<std::vector<std::string>> commands = {
      {"explain", rules, "--event"}, {"diff", rules, rules, "--events"}, {"infer"}};
  for (std::vector<std::string> command : commands) {
    SCOPED_TRACE(command.front());
    command.push_back(packed);
    const Ran ran = run(command);
    EXPECT_EQ(ran.code, ExitCode::kUsage);
    EXPECT_THAT(ran.err, HasSubstr("e.gz"));
    EXPECT_THAT(ran.err, HasSubstr("cannot be read: this file is compressed by gzip; unpack it: `gunzip`"));
    command.back() = wide;
    EXPECT_THAT(run(command).err, HasSubstr("cannot be read: this file is UTF-16, not UTF-8; save the file as UTF-8"));
    command.back() = file("none.ndjson.bak", "") + "k";
    EXPECT_THAT(run(command).err, HasSubstr("cannot be read: there is no such file; did you mean '"));
  }
}

TEST_F(Samples, FromATopicOnlyItsTablesAreAsked) {
  const std::string events = file("e.ndjson", "{\"id\":\"a\",\"kind\":\"view\"}\n");
  const Ran ran = run({"explain", rules("main.rules"), "--event", events, "--topic", "clicks", "--format", "json"});
  EXPECT_THAT(ran.out, HasSubstr(R"("to":[],"rows":[{"table":"web.clicks","columns":{"id":"a","note":"none"}}])"));
}

TEST_F(Samples, DiffCountsWaysRowsAndColumnsThatChange) {
  const std::string before = rules("before.rules");
  const std::string events = file("e.ndjson",
                                  "{\"id\":\"a\",\"kind\":\"click\"}\n{\"id\":\"b\",\"kind\":\"view\"}\n"
                                  "{\"id\":\"c\",\"kind\":\"view\"}\n{\"id\":\"d\",\"kind\":\"other\"}\nno\n");
  const Ran same = run({"diff", before, before, "--events", events});
  EXPECT_EQ(same.code, ExitCode::kOk);
  EXPECT_THAT(same.out, HasSubstr("5 events, 0 changed"));
  EXPECT_THAT(same.err, HasSubstr("1 of 5 events is no JSON"));
  const Ran way =
      run({"diff", before,
           rules("after.rules", "kind == \"view\" to topic \"views\"", "kind == \"view\" to topic \"clicks\""),
           "--events", events});
  EXPECT_EQ(way.code, ExitCode::kFindings);
  EXPECT_THAT(way.out, AllOf(HasSubstr("5 events, 2 changed"),
                             HasSubstr("2  views → clicks   by route views\n          line 2: "),
                             HasSubstr("2  rows of web.clicks: no row → a row")));
  const Ran column = run(
      {"diff", before, rules("column.rules", "else \"none\"", "else \"nil\""), "--events", events, "--format", "json"});
  EXPECT_THAT(
      column.out,
      HasSubstr(
          R"("columns":[{"count":1,"table":"web.clicks","column":"note","before":"none","after":"nil","line":1)"));
  const Ran key = run({"diff", before, rules("key.rules", "{ key id }", "{ key kind }"), "--events", events});
  EXPECT_THAT(key.out, HasSubstr("1  clicks → clicks, another key   by route clicks"));
  const Ran headers = run(
      {"diff", before, rules("headers.rules", "{ key id }", "{ key kind  header \"h\" = id }"), "--events", events});
  EXPECT_THAT(headers.out, HasSubstr("1  clicks → clicks, another key, other headers   by route clicks"));
  const Ran name = run({"diff", before, rules("name.rules", "route views", "route looks"), "--events", events});
  EXPECT_EQ(name.code, ExitCode::kOk) << name.out;
}

TEST_F(Samples, ATestThatFailsShowsTheRowAndTheWay) {
  const Ran ran = run({"test", rules("main.rules", "\"note\": \"none\"", "\"note\": \"nil\", \"id\": \"b\"")});
  EXPECT_EQ(ran.code, ExitCode::kFindings);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("    - note  \"nil\"\n    + note  none\n    - id    \"b\"\n    + id    a\n"),
                             HasSubstr("YES  route clicks  kind is \"click\"")));
}

TEST_F(Samples, CoverageNamesWhatNoTestReaches) {
  const Ran ran = run({"test", rules("main.rules"), "--coverage"});
  EXPECT_EQ(ran.code, ExitCode::kOk);
  EXPECT_THAT(ran.out,
              AllOf(HasSubstr("no test reaches: route views ("), HasSubstr("no test reaches: otherwise of web"),
                    HasSubstr("1 of 3 rules reached by tests")));
}

TEST_F(Samples, AFilterThatNoTestMatchesIsAMistake) {
  const std::string rules = this->rules("main.rules");
  EXPECT_THAT(run({"test", rules, "--filter", "a c*"}).out, HasSubstr("1 tests passed"));
  const Ran ran = run({"test", rules, "--filter", "a clcik"});
  EXPECT_EQ(ran.code, ExitCode::kUsage);
  EXPECT_THAT(ran.err, HasSubstr("no test is named like 'a clcik'; did you mean 'a click'?"));
}

} // namespace
} // namespace millrace::cli
