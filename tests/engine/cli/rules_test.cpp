#include <gmock/gmock.h>
#include <sys/stat.h>

#include "run.hpp"

namespace millrace::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kRules = R"(edition 1
event click { type: string  user: string }

topic "clicks"  { event click }
topic "other"   { event click }
topic "dlq.web" { }

router web for click {
  match first
  dead_letter "dlq.web"
  route clicks when type == "click" to topic "clicks" { key user }
  otherwise to topic "other"
}

test "a click goes to clicks" on web {
  given { "type": "click", "user": "u" }
  expect topic "WANTED"
}
)";

class RulesFiles : public CommandLine {
 protected:
  std::string rules(const std::string& wanted) const {
    std::string text = kRules;
    text.replace(text.find("WANTED"), 6, wanted);
    const std::filesystem::path file = folder_ / "main.rules";
    std::ofstream(file) << text;
    return file.string();
  }
  static std::string read(const std::string& file) {
    std::ifstream in(file);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }
};

TEST_F(RulesFiles, TestRunsTheTestsInThem) {
  const Ran ran = run({"test", rules("clicks")});
  EXPECT_EQ(ran.code, ExitCode::kOk) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("passed: a click goes to clicks"), HasSubstr("1 tests passed, 0 failed")));
}

TEST_F(RulesFiles, ATestThatFailsSaysWhere) {
  const std::string file = rules("other");
  const Ran ran = run({"test", file});
  EXPECT_EQ(ran.code, ExitCode::kFindings);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("failed: a click goes to clicks"), HasSubstr(file + ":17:")));
  EXPECT_EQ(run({"check", file}).code, ExitCode::kFindings);
}

TEST_F(RulesFiles, CheckNeedsNoConfigurationForThem) {
  const Ran ran = run({"check", rules("clicks")});
  EXPECT_EQ(ran.code, ExitCode::kOk) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("1 tests passed, 0 failed"));
}

TEST_F(RulesFiles, FmtPutsAFileIntoTheOneStyleInPlace) {
  const std::string file = rules("clicks");
  EXPECT_EQ(run({"fmt", file}).code, ExitCode::kOk);
  EXPECT_EQ(run({"fmt", file}).out, "") << "once is enough";
  EXPECT_EQ(run({"fmt", "--check", file}).code, ExitCode::kOk);
  std::ofstream(file, std::ios::app) << "\n\n\n\ntopic    \"late\"  {   event   click }\n";
  const Ran checked = run({"fmt", "--check", file});
  EXPECT_EQ(checked.code, ExitCode::kFindings);
  EXPECT_EQ(checked.out, file + "\n");
  EXPECT_EQ(run({"fmt", file}).out, file + "\n");
  EXPECT_EQ(run({"fmt", "--check", file}).code, ExitCode::kOk);
  EXPECT_EQ(run({"check", file}).code, ExitCode::kOk) << "and it still means something";
}

TEST_F(RulesFiles, FmtLeavesAFileThatIsNotRightAlone) {
  const std::string file = (folder_ / "bad.rules").string();
  std::ofstream(file) << "edition 1\nrouter { }\n";
  const Ran ran = run({"fmt", file});
  EXPECT_EQ(ran.code, ExitCode::kFindings);
  EXPECT_THAT(ran.err, HasSubstr("bad.rules:2:"));
  EXPECT_EQ(run({"fmt", (folder_ / "gone.rules").string()}).code, ExitCode::kUsage);
}

TEST_F(RulesFiles, FixMendsWhatHasOneRightAnswerInEveryFileAndPrintsTheRest) {
  const std::string file = rules("clicks");
  const auto edit = [&](std::string_view right, std::string_view wrong) {
    std::string text = read(file);
    text.replace(text.find(right), right.size(), wrong);
    std::ofstream(file) << text;
  };
  edit("edition 1\n", "edition 1\nimport \"more.rules\"\n");
  edit("when type == \"click\"", "when typ = \"click\"");
  edit("{ key user }", "{ key user  header \"c\" = country }");
  edit("user: string", "user: string  country?: string");
  const std::string more = (folder_ / "more.rules").string();
  std::ofstream(more) << "def unused = typ == \"x\"\n";
  const std::string outside = (folder_ / "outside.rules").string();
  std::ofstream(outside) << "def other = typ == \"x\"\n";

  const Ran ran = run({"check", "--fix", file});
  EXPECT_EQ(ran.code, ExitCode::kFindings) << "an `else` is for the author to choose";
  EXPECT_THAT(ran.out, AllOf(HasSubstr("fixed " + file + ":"), HasSubstr("E0110"), HasSubstr("E0201")));
  EXPECT_THAT(ran.err, AllOf(HasSubstr("E0305"), HasSubstr("[fix 1]"), Not(HasSubstr("E0201"))));
  EXPECT_THAT(read(file), AllOf(HasSubstr("when type == \"click\""), HasSubstr("header \"c\" = country }")));
  EXPECT_EQ(read(more), "def unused = type == \"x\"\n");
  EXPECT_EQ(read(outside), "def other = typ == \"x\"\n");
  EXPECT_EQ(run({"check", "--fix", file}).out, "") << "once is enough";
}

TEST_F(RulesFiles, CostIsToldRouterByRouter) {
  const std::string file = (folder_ / "cost.rules").string();
  std::ofstream(file) << R"(edition 1
event e { id: string  n: int }
topic "t" { event e }
topic "dlq" { }
router r for e {
  match first
  dead_letter "dlq"
  route one when id == "a" to topic "t"
  route two when id in ("b", "c") and n > 5 to topic "t"
  route any when n != 3 to topic "t"
  otherwise drop
}
)";
  const Ran ran = run({"check", "--cost", file});
  EXPECT_EQ(ran.code, ExitCode::kOk);
  EXPECT_NE(ran.out.find("router r: 3 rules, which match in 3 ways; "), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("         2 looked up by `id` ==\n  compared with every event: any ("), std::string::npos)
      << ran.out;
  EXPECT_EQ(run({"check", "--cost"}).code, ExitCode::kUsage);
  const Ran mistyped = run({"check", "--cots", file});
  EXPECT_EQ(mistyped.code, ExitCode::kUsage);
  EXPECT_THAT(mistyped.err, HasSubstr("millrace check: there is no option '--cots'; did you mean '--cost'?"));
}

TEST_F(RulesFiles, FixNeedsToBeToldTheFiles) { EXPECT_EQ(run({"check", "--fix"}).code, ExitCode::kUsage); }

// main.rules imports clicks/parts.rules, and that one clicks/deep/topics.rules.
class ImportedRules : public RulesFiles {
 protected:
  ImportedRules() {
    std::filesystem::create_directories(folder_ / "clicks/deep");
    std::ofstream(folder_ / "millrace.toml") << "\n";
    std::string text = kRules;
    text.replace(text.find("WANTED"), 6, "clicks");
    const std::string topics = "topic \"clicks\"  { event click }\n";
    text.replace(text.find(topics), topics.size(), "import \"clicks/parts.rules\"\n");
    std::ofstream(root_) << text;
    std::ofstream(part_) << "edition 1\nimport \"deep/topics.rules\"\n";
    std::ofstream(deep_) << "edition 1\n" << topics;
  }

  const std::string root_ = (folder_ / "main.rules").string();
  const std::string part_ = (folder_ / "clicks/parts.rules").string();
  const std::string deep_ = (folder_ / "clicks/deep/topics.rules").string();
};

TEST_F(ImportedRules, AreCheckedWithTheirRoot) {
  const Ran ran = run({"check", deep_});
  EXPECT_EQ(ran.code, ExitCode::kOk) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr(deep_ + " is imported by " + root_ + ", which is checked\n"));
  EXPECT_THAT(ran.out, HasSubstr(root_ + ": ruleset "));
}

TEST_F(ImportedRules, AreNotCheckedTwiceWhereTheirRootIsNamedToo) {
  const Ran ran = run({"check", part_, root_, deep_});
  EXPECT_EQ(ran.code, ExitCode::kOk) << ran.err;
  EXPECT_EQ(ran.out.find(": ruleset "), ran.out.rfind(": ruleset ")) << ran.out;
  EXPECT_THAT(ran.out, AllOf(HasSubstr(part_ + " is imported by"), HasSubstr(deep_ + " is imported by")));
}

TEST_F(ImportedRules, HaveTheWidestRootWhereThereAreSeveral) {
  std::ofstream(folder_ / "all.rules") << "edition 1\nimport \"main.rules\"\n";
  EXPECT_THAT(run({"check", deep_}).out, HasSubstr("is imported by " + (folder_ / "all.rules").string() + ","));
}

TEST_F(ImportedRules, AreRootsWhereTheyImportWhatImportsThem) {
  const std::string all = (folder_ / "all.rules").string();
  std::ofstream(all) << "edition 1\nimport \"main.rules\"\n";
  std::ofstream(root_, std::ios::app) << "import \"all.rules\"\n";
  for (const std::string& file : {all, root_}) {
    EXPECT_THAT(run({"check", file}).out, HasSubstr(file + ": ruleset "));
  }
}

TEST_F(ImportedRules, AreNotLookedForAboveTheFolderOfTheConfiguration) {
  std::filesystem::rename(folder_ / "millrace.toml", folder_ / "clicks/millrace.toml");
  const Ran ran = run({"check", part_});
  EXPECT_EQ(ran.code, ExitCode::kFindings) << "alone it names an event that it does not know";
  EXPECT_THAT(ran.out, Not(HasSubstr("is imported by")));
}

TEST_F(ImportedRules, AreNotLookedForAboveTheirOwnFolderWhereNothingMarksTheProject) {
  std::filesystem::remove(folder_ / "millrace.toml");
  EXPECT_THAT(run({"check", deep_}).out, Not(HasSubstr("is imported by")));
}

TEST_F(RulesFiles, CheckShowsWhatIsWrongInEach) {
  const std::string file = rules("clicks");
  std::ofstream(folder_ / "bad.rules") << "edition 1\nrouter web for nothing { match first }\n";
  const Ran ran = run({"check", (folder_ / "bad.rules").string(), file, (folder_ / "gone.rules").string()});
  EXPECT_EQ(ran.code, worse(ExitCode::kFindings, ExitCode::kUsage));
  EXPECT_THAT(ran.err,
              AllOf(HasSubstr("bad.rules:2:"), HasSubstr("gone.rules' cannot be read: there is no such file")));
  EXPECT_THAT(ran.out, HasSubstr("main.rules: ruleset "));
}

TEST_F(RulesFiles, CheckSaysThatAFileIsEmpty) {
  const std::string file = (folder_ / "empty.rules").string();
  std::ofstream(file) << "# nothing yet\n";
  const Ran ran = run({"check", file});
  EXPECT_EQ(ran.code, ExitCode::kOk);
  EXPECT_THAT(ran.out, HasSubstr("0 tests passed, 0 failed; no router and no table in it\n"));
  EXPECT_THAT(run({"check", rules("clicks")}).out, Not(HasSubstr("no router")));
}

// Each command that takes rules says the same of a file that it cannot read.
TEST_F(RulesFiles, WhatCannotBeReadIsNamedWithTheReasonAndTheNearestName) {
  const std::string file = rules("clicks");
  const std::string near = (folder_ / "mian.rules").string();
  const std::string folder = (folder_ / "folder.rules").string();
  const std::string pipe = (folder_ / "pipe.rules").string();
  const std::string events = (folder_ / "events.json").string();
  std::filesystem::create_directory(folder);
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::ofstream(events) << "{}\n";
  const std::vector<std::vector<std::string>> commands = {{"check"}, {"test"}, {"fmt"}, {"explain", "--event", events}};
  for (std::vector<std::string> command : commands) {
    SCOPED_TRACE(command.front());
    command.push_back(near);
    const Ran missing = run(command);
    EXPECT_EQ(missing.code, ExitCode::kUsage);
    EXPECT_THAT(missing.err, HasSubstr("cannot be read: there is no such file; did you mean '" + file + "'?\n"));
    command.back() = pipe;
    EXPECT_THAT(run(command).err, HasSubstr("cannot be read: it is no file"));
    command.back() = folder;
    if (command.front() != "check") { // which takes the rules files in it
      EXPECT_THAT(run(command).err, HasSubstr("cannot be read: it is a folder"));
    }
  }
  EXPECT_THAT(run({"check", folder}).err, HasSubstr("has no file whose name ends with .rules"));
  EXPECT_THAT(run({"diff", file, near, "--events", events}).err, HasSubstr("did you mean '" + file + "'?"));
}

TEST_F(RulesFiles, AFolderStandsForItsRulesFilesEachRootOnce) {
  rules("clicks");
  std::filesystem::create_directories(folder_ / "more");
  std::ofstream(folder_ / "more" / "part.rules") << "edition 1\nlet few = 3\n";
  std::ofstream(folder_ / "more" / "root.rules") << "edition 1\nimport \"part.rules\"\n";
  const Ran ran = run({"check", folder_.string()});
  EXPECT_EQ(ran.code, ExitCode::kOk) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("main.rules: ruleset"), HasSubstr("root.rules: ruleset"),
                             Not(HasSubstr("part.rules: ruleset"))));
  std::filesystem::create_directories(folder_ / "empty");
  const Ran none = run({"check", (folder_ / "empty").string()});
  EXPECT_EQ(none.code, ExitCode::kUsage);
  EXPECT_THAT(none.err, HasSubstr("no file whose name ends with .rules"));
}

TEST_F(RulesFiles, FindingsAreJsonOrSarifForPrograms) {
  const std::string file = rules("other"); // a test fails
  const Ran json = run({"check", file, "--format", "json"});
  EXPECT_EQ(json.code, ExitCode::kFindings);
  EXPECT_THAT(json.out, AllOf(HasSubstr(R"("diagnostics":[],"tests":{"passed":0,"failed":[)"),
                              HasSubstr(R"({"test":"a click goes to clicks","place":")")));
  EXPECT_EQ(json.err, "");
  const Ran failed = run({"check", file, "--format", "sarif"});
  EXPECT_THAT(failed.out, AllOf(HasSubstr(R"("ruleId":"failed-test")"), HasSubstr(R"("startLine":17)")));
  std::ofstream(file) << "edition 1\nevent e { a: strnig }\n";
  const Ran wrong = run({"check", file, "--format", "sarif"});
  EXPECT_EQ(wrong.code, ExitCode::kFindings);
  EXPECT_THAT(wrong.out,
              AllOf(HasSubstr(R"("ruleId":"E0101","level":"error")"), HasSubstr(R"("startLine":2,"startColumn":14)"),
                    HasSubstr(R"("insertedContent":{"text":"string"})")));
  EXPECT_EQ(run({"check", file, "--format", "xml"}).code, ExitCode::kUsage);
}

TEST_F(RulesFiles, FmtDiffShowsAndChangesNothing) {
  const std::string file = rules("clicks");
  run({"fmt", file});
  EXPECT_EQ(run({"fmt", "--diff", file}).code, ExitCode::kOk);
  const std::string good = read(file);
  std::string bad = good;
  bad.replace(bad.find("match first"), 11, "match   first");
  std::ofstream(file) << bad;
  const Ran ran = run({"fmt", "--diff", file});
  EXPECT_EQ(ran.code, ExitCode::kFindings);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("--- " + file), HasSubstr("-  match   first\n+  match first\n")));
  EXPECT_EQ(read(file), bad);
}

} // namespace
} // namespace millrace::cli
