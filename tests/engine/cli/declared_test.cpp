// What every command declares of itself, and that its examples are command lines.
#include "engine/cli/declared.hpp"

#include <gmock/gmock.h>

#include "engine/cli/cli.hpp"
#include "run.hpp"

namespace millrace::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

DeclaredCommand everything() {
  Chosen chosen;
  return declared(*command_line(chosen));
}

const DeclaredCommand& find(const DeclaredCommand& all, const std::string& path) {
  for (const DeclaredCommand* command : with_all_below(all)) {
    if (command->path == path) {
      return *command;
    }
  }
  throw std::invalid_argument(path);
}

const DeclaredOption& find(const std::vector<DeclaredOption>& options, const std::string& name) {
  for (const DeclaredOption& option : options) {
    if (option.names.empty() ? option.value == name : option.names.back() == name) {
      return option;
    }
  }
  throw std::invalid_argument(name);
}

// Words of a line of a shell: quotes keep blanks, and what stands behind a pipe, `&&` or a redirection is another's.
std::vector<std::string> words_of_millrace(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  const auto end_word = [&] {
    if (!word.empty()) {
      words.push_back(std::exchange(word, ""));
    }
  };
  for (const char c : line) {
    if (c == '\'') {
      quoted = !quoted;
    } else if (c == ' ' && !quoted) {
      end_word();
    } else {
      word += c;
    }
  }
  end_word();
  const auto begin = std::find(words.begin(), words.end(), "millrace");
  const auto end = std::find_if(begin, words.end(), [](const std::string& each) {
    return each == "|" || each == "&&" || each == ">" || each == "<";
  });
  return begin == words.end() ? words : std::vector<std::string>(begin + 1, end);
}

TEST(Declared, EveryCommandSaysWhatItDoesAndShowsAnExample) {
  const DeclaredCommand all = everything();
  ASSERT_GT(with_all_below(all).size(), 14U);
  for (const DeclaredCommand* command : with_all_below(all)) {
    EXPECT_THAT(command->description, Not(IsEmpty())) << command->path;
    EXPECT_THAT(command->examples, Not(IsEmpty())) << command->path << " --help shows no example";
    for (const std::string& example : command->examples) {
      EXPECT_THAT(example, HasSubstr(command->path)) << command->path;
    }
  }
}

TEST(Declared, EveryOptionSaysWhatItIsFor) {
  const DeclaredCommand all = everything();
  for (const DeclaredCommand* command : with_all_below(all)) {
    for (const auto* options : {&command->options, &command->arguments}) {
      for (const DeclaredOption& option : *options) {
        const std::string name = option.names.empty() ? option.value : option.names.back();
        EXPECT_THAT(option.description, Not(IsEmpty())) << command->path << " " << name;
      }
    }
  }
}

TEST(Declared, EveryExampleIsACommandLineThatIsUnderstood) {
  const DeclaredCommand all = everything();
  for (const DeclaredCommand* command : with_all_below(all)) {
    for (const std::string& example : command->examples) {
      std::vector<std::string> words = words_of_millrace(example);
      std::reverse(words.begin(), words.end());
      Chosen chosen;
      try {
        command_line(chosen)->parse(words);
      } catch (const CLI::ParseError& error) {
        EXPECT_EQ(error.get_exit_code(), 0) << example << ": " << error.what();
      }
    }
  }
}

TEST(Declared, KnowsWhatStandsForAValue) {
  const DeclaredCommand all = everything();
  const DeclaredCommand& check = find(all, "millrace check");
  EXPECT_EQ(find(check.arguments, "RULES").kind, ValueKind::rules);
  EXPECT_TRUE(find(check.arguments, "RULES").repeated);
  const DeclaredOption& format = find(check.options, "--format");
  EXPECT_EQ(format.kind, ValueKind::choice);
  EXPECT_EQ(format.by_default, "text");
  ASSERT_EQ(format.choices.size(), 3U);
  EXPECT_EQ(format.choices[2].value, "sarif");
  EXPECT_THAT(find(check.options, "--cost").needs, ::testing::ElementsAre("RULES"));
  EXPECT_EQ(find(check.options, "--config").kind, ValueKind::file);
  EXPECT_THAT(find(check.options, "--config").names, ::testing::ElementsAre("-c", "--config"));
  EXPECT_THAT(find(check.options, "--cost").value, IsEmpty());
  const DeclaredOption& quiet = find(find(all, "millrace lsp").options, "--quiet-ms");
  EXPECT_EQ(quiet.value, "MS");
  EXPECT_EQ(quiet.range, "0 - 60000");
  EXPECT_EQ(find(find(all, "millrace plugins list").options, "--plugins").kind, ValueKind::folder);
  EXPECT_EQ(find(find(all, "millrace reload").options, "--admin").value, "HOST:PORT");
  const std::vector<Choice>& codes = find(find(all, "millrace explain-code").arguments, "CODE").choices;
  ASSERT_GT(codes.size(), 50U);
  EXPECT_EQ(codes.front().value, "E0101");
}

TEST_F(CommandLine, WhatIsMissingIsNamedWithAnExample) {
  const Ran ran = run({"explain", "main.rules"});
  EXPECT_EQ(ran.code, ExitCode::kUsage);
  EXPECT_THAT(ran.err,
              AllOf(StartsWith("millrace explain: --event FILE is missing: Events, one a line"),
                    HasSubstr("\nExample: millrace explain rules/main.rules --event crash.json\n         millrace ")));
  EXPECT_THAT(run({"diff", "old.rules", "new.rules"}).err,
              AllOf(StartsWith("millrace diff: --events FILE is missing: Events, "), HasSubstr("--events sample.")));
  EXPECT_THAT(run({"fmt"}).err, StartsWith("millrace fmt: RULES is missing: Rules files"));
}

TEST_F(CommandLine, AFileBehindTheRulesIsTakenForTheEventsThatAreMissing) {
  EXPECT_THAT(run({"explain", "main.rules", "crash.json"}).err,
              AllOf(StartsWith("millrace explain: --event FILE is missing; did you mean '--event crash.json'?\n"),
                    HasSubstr("Example: millrace explain rules/main.rules --event crash.json")));
  EXPECT_THAT(run({"diff", "old.rules", "new.rules", "sample.ndjson"}).err,
              StartsWith("millrace diff: --events FILE is missing; did you mean '--events sample.ndjson'?\n"));
}

} // namespace
} // namespace millrace::cli
