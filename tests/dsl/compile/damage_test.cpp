// Rules with random damage: the compiler ends with a message or a ruleset, the formatter keeps its promises, and every
// place that a message names lies in the text. Seeded; a failing round prints its text.
#include <gtest/gtest.h>

#include <random>

#include "dsl/diagnostic/render.hpp"
#include "dsl/format/format.hpp"
#include "dsl/syntax/dump.hpp"
#include "dsl/syntax/parser.hpp"
#include "dsl/testing.hpp"
#include "tests/dsl/compile/fixture.hpp"

namespace millrace::dsl {
namespace {

std::vector<std::string> seeds() {
  std::vector<std::string> texts;
  for (const char* const folder : {"diagnostics", "decisions", "format"}) {
    for (const auto& path : fixture_paths(folder)) {
      // Good rules more often, or nearly nothing would still be good after the damage.
      for (int copies = folder == std::string_view("decisions") ? 20 : 1; copies > 0; --copies) {
        texts.push_back(read_fixture(path).file("main.rules").value());
      }
    }
  }
  return texts;
}

class Damage {
 public:
  explicit Damage(std::uint32_t seed) : random_(seed) {}

  std::string make(const std::vector<std::string>& texts) {
    std::string text = texts[below(texts.size())];
    for (std::size_t times = 1 + below(4); times > 0; --times) {
      text = once(text, texts);
    }
    return text;
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  std::string once(std::string text, const std::vector<std::string>& texts) {
    static const std::vector<std::string> kPieces = {"{",
                                                     "}",
                                                     "(",
                                                     ")",
                                                     "\"",
                                                     "`",
                                                     "#",
                                                     "/",
                                                     "=",
                                                     "==",
                                                     "??",
                                                     "not ",
                                                     " or ",
                                                     " and ",
                                                     " in ",
                                                     " exists ",
                                                     "when ",
                                                     "route x when ",
                                                     "else reject ",
                                                     "null",
                                                     "true",
                                                     "\\",
                                                     "\xff",
                                                     "topic \"t\" ",
                                                     "group g when ",
                                                     "otherwise drop",
                                                     "event e { ",
                                                     "5min",
                                                     "1e999",
                                                     "\n",
                                                     "{a}",
                                                     "..",
                                                     "-"};
    const std::size_t at = below(text.size() + 1);
    switch (below(5)) {
      case 0:
        return text.erase(at, below(12));
      case 1:
        return text.insert(at, kPieces[below(kPieces.size())]);
      case 2: {
        const std::string& other = texts[below(texts.size())];
        const std::size_t from = below(other.size());
        return text.insert(at, other.substr(from, below(60)));
      }
      case 3:
        return text.substr(0, at);
      default: {
        const std::string part = text.substr(at, below(40));
        return text.insert(below(text.size() + 1), part);
      }
    }
  }

  std::mt19937 random_;
};

std::size_t rounds() {
  const char* const wanted = std::getenv("MILLRACE_ROUNDS");
  return wanted == nullptr ? 3000 : std::stoul(wanted);
}

void check_places(const Compilation& compilation) {
  for (const Diagnostic& diagnostic : compilation.diagnostics.all()) {
    std::vector<Span> spans = {diagnostic.primary.span};
    for (const Label& label : diagnostic.secondary) {
      spans.push_back(label.span);
    }
    for (const Help& help : diagnostic.helps) {
      for (const Edit& edit : help.fix ? help.fix->edits : std::vector<Edit>()) {
        spans.push_back(edit.span);
      }
    }
    for (const Span span : spans) {
      ASSERT_LE(span.begin, span.end) << diagnostic.headline;
      ASSERT_LE(span.end, compilation.sources.text(span.file).size()) << diagnostic.headline;
    }
  }
}

void check_format(const std::string& text) {
  SourceMap sources;
  Diagnostics diagnostics;
  const auto once = format_text(sources, "main.rules", text, diagnostics);
  if (!once) {
    return;
  }
  const auto twice = format_text(sources, "again.rules", *once, diagnostics);
  ASSERT_TRUE(twice) << *once;
  ASSERT_EQ(*once, *twice);
  ASSERT_EQ(dump(parse_file(sources, 0, diagnostics)), dump(parse_file(sources, 1, diagnostics))) << *once;
}

TEST(Damage, EndsWithAMessageOrARuleset) {
  const std::vector<std::string> texts = seeds();
  std::size_t compiled = 0;
  for (std::uint32_t seed = 0; seed < rounds(); ++seed) {
    const std::string text = Damage(seed).make(texts);
    const Compilation result = compile(
        "main.rules", [&](std::string_view name) { return name == "main.rules" ? std::optional(text) : std::nullopt; });
    ASSERT_EQ(result.ruleset == nullptr, result.diagnostics.has_errors()) << "seed " << seed << "\n" << text;
    check_places(result);
    check_format(text);
    ASSERT_FALSE(testing::Test::HasFatalFailure()) << "seed " << seed << "\n" << text;
    ASSERT_EQ(result.text().empty(), result.diagnostics.all().empty());
    if (result.ruleset) {
      ++compiled;
      run_tests(*result.ruleset, [](std::string_view) { return std::nullopt; });
    }
  }
  EXPECT_GT(compiled, rounds() / 100) << "too much damage says little";
}

} // namespace
} // namespace millrace::dsl
