// Files that are not plain UTF-8 with `\n`: what is read all the same, and what one message says of the rest.
#include <gmock/gmock.h>

#include "dsl/diagnostic/render.hpp"
#include "dsl/format/format.hpp"
#include "tests/dsl/compile/fixture.hpp"

namespace millrace::dsl {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;
using testing::Not;

const std::string kRight = "edition 1\nevent e { id: string }\ntopic \"t\" { event e }\n"s;
const std::string kWrong = "event e { id: strng }\n"s;
const std::string kMark = "\xEF\xBB\xBF"s;

Compilation compiled(const std::string& text) {
  return compile("main.rules",
                 [&](std::string_view name) { return name == "main.rules" ? std::optional(text) : std::nullopt; });
}

std::string formatted(const std::string& text) {
  SourceMap sources;
  Diagnostics diagnostics;
  return format_text(sources, "x.rules", text, diagnostics).value_or(render_text(diagnostics, sources));
}

std::string with_windows_ends(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c == '\n' ? "\r\n"s : std::string(1, c);
  }
  return out;
}

std::string widened(const std::string& text, bool big_endian) {
  std::string out;
  for (const char c : text) {
    out += big_endian ? "\0"s + c : c + "\0"s;
  }
  return out;
}

TEST(Encodings, AByteOrderMarkIsNoPartOfTheText) {
  EXPECT_EQ(compiled(kMark + kRight).text(), "");
  const std::string text = compiled(kMark + kWrong).text();
  EXPECT_THAT(text, HasSubstr(" --> main.rules:1:15\n1 | event e { id: strng }\n  |               ^^^^^ "));
  EXPECT_THAT(compiled(kRight + kMark).text(), HasSubstr("a byte order mark (U+FEFF) has no meaning here"));
}

TEST(Encodings, FormattingRemovesAByteOrderMarkAndWindowsLineEnds) {
  EXPECT_EQ(formatted(kMark + kRight), kRight);
  EXPECT_EQ(formatted(with_windows_ends(kRight)), kRight);
  const std::string test = kRight +
                           "\ntable r from topic \"t\" {\n  id text = id\n}\n\n# of a row\ntest \"a\" {\n  given {\n" +
                           "    \"id\": \"x\"\n  } topic \"t\" # here\n  expect row r\n}\n";
  EXPECT_EQ(formatted(with_windows_ends(test)), formatted(test));
}

TEST(Encodings, PlacesAreRightBehindWindowsLineEnds) {
  const std::string text = compiled(with_windows_ends("edition 1\n# x\n" + kWrong)).text();
  EXPECT_THAT(text, HasSubstr(" --> main.rules:3:15\n3 | event e { id: strng }\n  |               ^^^^^ "));
  EXPECT_THAT(text, Not(HasSubstr("\r")));
}

TEST(Encodings, ATabTakesTheCaretAlong) {
  EXPECT_THAT(compiled("event e {\n\tid:\tstrng\n}\n").text(),
              HasSubstr(" --> main.rules:2:6\n2 |     id: strng\n  |         ^^^^^ "));
}

struct NotUtf8 {
  std::string text;
  const char* headline;
  const char* place;
  const char* help;
};

class OtherEncodings : public testing::TestWithParam<NotUtf8> {};

TEST_P(OtherEncodings, AreOneMessage) {
  const Compilation compilation = compiled(GetParam().text);
  EXPECT_EQ(compilation.diagnostics.error_count(), 1U) << compilation.text();
  EXPECT_THAT(compilation.text(), HasSubstr("error[E0107]: "s + GetParam().headline + "\n"));
  EXPECT_THAT(compilation.text(), HasSubstr(" --> main.rules:"s + GetParam().place + "\n"));
  EXPECT_THAT(compilation.text(), HasSubstr("= help: "s + GetParam().help));
  EXPECT_THAT(compilation.text(), Not(HasSubstr("\0"s)));
}

INSTANTIATE_TEST_SUITE_P(
    Texts, OtherEncodings,
    testing::Values(
        NotUtf8{"\xFF\xFE"s + widened(kRight, false), "this file is UTF-16, not UTF-8", "1:1",
                "save the file as UTF-8, or convert it: `iconv -f UTF-16 -t UTF-8`"},
        NotUtf8{"\xFE\xFF"s + widened(kRight, true), "this file is UTF-16, not UTF-8", "1:1", "save"},
        NotUtf8{widened(kRight, false), "this file is UTF-16, not UTF-8", "1:1", "save"},
        NotUtf8{widened(kRight, true), "this file is UTF-16, not UTF-8", "1:1", "save"},
        NotUtf8{"\xFF\xFE\0\0e\0\0\0"s, "this file is UTF-32, not UTF-8", "1:1", "save"},
        NotUtf8{"\x1F\x8B\x08\0\0"s, "this file is compressed by gzip", "1:1", "unpack it"},
        NotUtf8{kRight + "\0\0\0"s, "this file is no text: byte 56 is zero", "4:1", "name a file of text"},
        NotUtf8{"# K\xE4se\n" + kRight, "this file is not UTF-8: byte 4 is 0xE4", "1:4",
                "save the file as UTF-8; if it is Latin-1 or Windows-1252: `iconv -f WINDOWS-1252 -t UTF-8`"},
        NotUtf8{kRight + "# \x80\n", "this file is not UTF-8: byte 58 is 0x80", "4:3", "save the file as UTF-8\n"}));

TEST(Encodings, ControlCharactersAreNotSentToTheTerminal) {
  EXPECT_THAT(compiled("edition 1\n\x1B[31m\n").text(), Not(HasSubstr("\x1B")));
  EXPECT_THAT(compiled("edition 1\n\x1B[31m\n").text(), HasSubstr("the control character U+001B has no meaning here"));
}

TEST(Encodings, TwoFilesMayImportEachOther) {
  const Compilation compilation = compile("a.rules", [&](std::string_view name) -> std::optional<std::string> {
    return name == "a.rules"
               ? std::optional("edition 1\nimport \"b.rules\"\nevent e { id: string }\ntopic \"b\" { event f }\n"s)
           : name == "b.rules"
               ? std::optional("edition 1\nimport \"a.rules\"\nevent f { id: string }\ntopic \"a\" { event e }\n"s)
               : std::nullopt;
  });
  EXPECT_EQ(compilation.text(), "");
  const Compilation twice = compile("a.rules", [&](std::string_view name) -> std::optional<std::string> {
    return name == "a.rules"   ? std::optional("import \"b.rules\"\nevent e { id: string }\n"s)
           : name == "b.rules" ? std::optional("import \"a.rules\"\nevent e { id: string }\n"s)
                               : std::nullopt;
  });
  EXPECT_EQ(twice.diagnostics.error_count(), 1U) << twice.text();
  EXPECT_THAT(twice.text(), HasSubstr("event `e` is defined twice"));
}

} // namespace
} // namespace millrace::dsl
