// Diagnostics as text, in one line, and as JSON.
#include "dsl/diagnostic/render.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>

namespace millrace::dsl {
namespace {

struct Example {
  SourceMap sources;
  Diagnostics diagnostics;
  Example() {
    const FileId file = sources.add("a.rules", "first\n\t日本 = x\n");
    const Span equals{file, 14, 15};
    diagnostics.add(Code::single_equals, equals, "a \"headline\"", "label")
        .help("write `==`", Fix{{{equals, "=="}}, Applicability::machine, "fix"})
        .note("a note");
  }
};

/// So that a text with colours can be read.
std::string with_names_of_colours(std::string text) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {{"\x1b[0m", "<>"},
                                                                      {"\x1b[1m", "<bold>"},
                                                                      {"\x1b[1;31m", "<bold red>"},
                                                                      {"\x1b[1;33m", "<bold yellow>"},
                                                                      {"\x1b[1;34m", "<bold blue>"},
                                                                      {"\x1b[1;36m", "<bold cyan>"}};
  for (const auto& [sequence, name] : kNames) {
    for (std::size_t at = text.find(sequence); at != std::string::npos; at = text.find(sequence, at)) {
      text.replace(at, sequence.size(), name);
    }
  }
  return text;
}

TEST(Render, CaretsCountCellsAndColumnsCountCharacters) {
  const Example example;
  EXPECT_EQ(render_text(example.diagnostics, example.sources),
            "error[E0110]: a \"headline\"\n"
            " --> a.rules:2:5\n"
            "2 |     日本 = x\n"
            "  |          ^ label\n"
            "  = help: write `==`                                                    [fix]\n"
            "  = note: a note\n");
}

TEST(Render, ColoursSetApartWhatIsWrongWhereItIsAndWhatToWrite) {
  Example example;
  example.diagnostics.add(Code::unused_def, {0, 0, 5}, "never used").label({0, 14, 15}, "second");
  EXPECT_EQ(with_names_of_colours(render_text(example.diagnostics, example.sources, Colours::on)),
            "<bold yellow>warning[W0231]<><bold>: never used<>\n"
            "<bold blue> --><> a.rules:1:1\n"
            "<bold blue>1 |<> first\n"
            "<bold blue>  |<> <bold yellow>^^^^^<>\n"
            "<bold blue>2 |<>     日本 = x\n"
            "<bold blue>  |<>          <bold blue>- second<>\n"
            "\n"
            "<bold red>error[E0110]<><bold>: a \"headline\"<>\n"
            "<bold blue> --><> a.rules:2:5\n"
            "<bold blue>2 |<>     日本 = x\n"
            "<bold blue>  |<>          <bold red>^ label<>\n"
            "<bold blue>  =<><bold cyan> help<>: write `==`                                                    "
            "<bold cyan>[fix]<>\n"
            "<bold blue>  =<><bold> note<>: a note\n");
}

TEST(Render, ShortIsOneLineEach) {
  const Example example;
  EXPECT_EQ(render_short(example.diagnostics, example.sources), "a.rules:2:5: error[E0110]: a \"headline\"\n");
}

TEST(Render, JsonHasPlacesLabelsAndEdits) {
  const Example example;
  simdjson::dom::parser parser;
  simdjson::dom::element json;
  const std::string text = render_json(example.diagnostics, example.sources);
  ASSERT_EQ(parser.parse(text).get(json), simdjson::SUCCESS) << text;
  const auto first = json.at(0);
  EXPECT_EQ(std::string_view(first["code"]), "E0110");
  EXPECT_EQ(std::string_view(first["severity"]), "error");
  EXPECT_EQ(std::string_view(first["message"]), "a \"headline\"");
  EXPECT_EQ(std::string_view(first["file"]), "a.rules");
  EXPECT_EQ(std::int64_t(first["line"]), 2);
  EXPECT_EQ(std::int64_t(first["column"]), 5);
  EXPECT_EQ(std::int64_t(first["byte_start"]), 14);
  EXPECT_EQ(std::string_view(first.at_pointer("/helps/0/edits/0/replacement")), "==");
  EXPECT_EQ(std::string_view(first.at_pointer("/helps/0/applicability")), "machine");
  EXPECT_EQ(std::string_view(first.at_pointer("/notes/0")), "a note");
}

TEST(Diagnostics, StopAtTwentyErrorsAndSayEachOnce) {
  SourceMap sources;
  const FileId file = sources.add("a.rules", std::string(100, 'x'));
  Diagnostics diagnostics;
  for (std::uint32_t i = 0; i < 30; ++i) {
    diagnostics.add(Code::unexpected, {file, i, i + 1}, "wrong");
    diagnostics.add(Code::unexpected, {file, i, i + 1}, "wrong");
  }
  EXPECT_EQ(diagnostics.error_count(), 30U);
  EXPECT_EQ(diagnostics.all().size(), Diagnostics::kMaxErrors);
  EXPECT_NE(render_text(diagnostics, sources).find("10 more errors are not shown"), std::string::npos);
}

} // namespace
} // namespace millrace::dsl
