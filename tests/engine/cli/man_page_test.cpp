// Pages of the manual as text; man_test.py shows them to groff.
#include "engine/cli/man.hpp"

#include <gmock/gmock.h>

#include "run.hpp"

namespace millrace::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

DeclaredCommand weigh() {
  DeclaredCommand command;
  command.path = "scale weigh";
  command.description = "Say how heavy things are";
  command.notes = {"What `scale tare` left out is not weighed."};
  command.examples = {".weigh 'a\\b' --in kg"};
  DeclaredOption thing;
  thing.value = "THING";
  thing.description = "What is weighed: … and more";
  thing.required = thing.repeated = true;
  command.arguments = {thing};
  DeclaredOption in;
  in.names = {"-i", "--in"};
  in.value = "TEXT";
  in.kind = ValueKind::choice;
  in.choices = {{"kg", ""}, {"lb", ""}};
  in.description = "The unit";
  in.by_default = "kg";
  in.needs = {"THING"};
  in.excludes = {"--tare"};
  DeclaredOption digits;
  digits.names = {"--digits"};
  digits.value = "N";
  digits.description = "Behind the point";
  digits.range = "0 - 9";
  digits.required = true;
  command.options = {in, digits};
  return command;
}

TEST(ManPage, HasEverythingThatIsDeclared) {
  DeclaredCommand all;
  all.path = "scale";
  all.commands = {weigh()};
  const std::string page = man_page(all.commands.front(), all);
  EXPECT_THAT(page, StartsWith(".TH \"SCALE\\-WEIGH\" 1 \"\" \"Millrace "));
  const std::string body = page.substr(page.find('\n') + 1);
  EXPECT_THAT(body, StartsWith(R"(.SH NAME
scale\-weigh \- Say how heavy things are
.SH SYNOPSIS
\fBscale weigh\fR [\fIOPTION\fR...] \fB\-\-digits\fR \fIN\fR \fITHING\fR...
.SH DESCRIPTION
Say how heavy things are\&.
.PP
What \fBscale tare\fR left out is not weighed\&.
.SH OPTIONS
.TP
\fITHING\fR
What is weighed: \[u2026] and more\&.
.TP
\fB\-i\fR, \fB\-\-in\fR \fBkg\fR|\fBlb\fR
The unit\&.
The default is \fBkg\fR.
Only with \fBTHING\fR.
Not with \fB\-\-tare\fR.
.TP
\fB\-\-digits\fR \fIN\fR
Behind the point\&.
A number in 0 \- 9.
.SH EXAMPLES
.EX
\&.weigh \(aqa\eb\(aq \-\-in kg
.EE
.SH "EXIT STATUS"
.TP
\fB0\fR
ok\&.
)"));
  EXPECT_THAT(body, HasSubstr(".TP\n\\fB70\\fR\ninternal: a mistake in the engine itself\\&.\n"));
  EXPECT_THAT(body, ::testing::EndsWith(".SH \"SEE ALSO\"\n\\fBscale\\fR(1)\n"));
}

TEST_F(CommandLine, ManPrintsThePageOfACommandHoweverItsNameIsJoined) {
  const Ran list = run({"man", "plugins", "list"});
  EXPECT_EQ(list.code, ExitCode::kOk);
  EXPECT_THAT(list.out, HasSubstr(".SH NAME\nmillrace\\-plugins\\-list \\- List the plugins"));
  EXPECT_EQ(run({"man", "plugins-list"}).out, list.out);
  EXPECT_THAT(run({"man"}).out,
              AllOf(HasSubstr(".SH NAME\nmillrace \\- "), HasSubstr(".SH COMMANDS\n.TP\n\\fBapply\\fR\n")));
  const Ran unknown = run({"man", "chekc"});
  EXPECT_EQ(unknown.code, ExitCode::kUsage);
  EXPECT_EQ(unknown.err, "there is no command 'chekc', and so no page of it; did you mean 'check'?\n");
}

TEST_F(CommandLine, ManWritesAPageForEveryCommandIntoAFolder) {
  const std::filesystem::path folder = folder_ / "share/man1";
  EXPECT_EQ(run({"man", "--into", folder.string()}).code, ExitCode::kOk);
  for (const char* page : {"millrace.1", "millrace-check.1", "millrace-plugins.1", "millrace-plugins-list.1"}) {
    EXPECT_TRUE(std::filesystem::is_regular_file(folder / page)) << page;
  }
  std::ofstream(folder_ / "taken") << "a file";
  const Ran taken = run({"man", "--into", (folder_ / "taken").string()});
  EXPECT_EQ(taken.code, ExitCode::kUsage);
  EXPECT_THAT(taken.err, HasSubstr("taken/millrace.1 cannot be written: Not a directory"));
}

} // namespace
} // namespace millrace::cli
