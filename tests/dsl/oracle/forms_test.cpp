// Random rules use the whole language: each form of it comes up, and nearly all of them compile.
#include <gtest/gtest.h>

#include <cstdlib>

#include "dsl/compile.hpp"
#include "dsl/syntax/parser.hpp"
#include "tests/support/reference/forms.hpp"
#include "tests/support/reference/generate.hpp"

namespace millrace::dsl {
namespace {

using reference::Forms;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kPrograms = 200; // too few for what is rare
constexpr std::size_t kSeldom = 0;
#else
constexpr std::uint64_t kPrograms = 2'000;
constexpr std::size_t kSeldom = 5;
#endif

std::optional<std::string> file_of(const reference::Files& files, std::string_view name) {
  const auto found = files.find(std::string(name));
  return found == files.end() ? std::nullopt : std::optional(found->second);
}

TEST(RandomRules, UseTheWholeLanguageAndNearlyAllCompile) {
  const Forms wanted = reference::all_forms();
  Forms seen = wanted;
  std::map<std::string, int> reasons;
  std::uint64_t refused = 0;
  for (std::uint64_t seed = 1; seed <= kPrograms; ++seed) {
    reference::Dice dice(seed);
    const reference::Files files = reference::make_rules(reference::make_schema(dice), dice);
    const Compilation compilation =
        compile_with_unreachable("main.rules", [&](std::string_view name) { return file_of(files, name); });
    if (!compilation.ruleset) {
      ++refused;
      ++reasons[reference::why_refused(compilation)];
      continue;
    }
    reference::count_forms(compilation.ruleset->program, seen);
    for (const auto& [name, text] : files) {
      if (name.ends_with(".rules")) {
        SourceMap sources;
        Diagnostics diagnostics;
        reference::count_forms(parse_file(sources, sources.add(name, text), diagnostics), seen);
      }
    }
  }
  for (const auto& [form, count] : seen) {
    if (std::getenv("MILLRACE_SHOW_FORMS") != nullptr) {
      std::printf("%8zu %s\n", count, form.c_str());
    }
    EXPECT_TRUE(wanted.contains(form)) << form << " is counted and not listed";
    EXPECT_GE(count, kSeldom) << form << " comes up too rarely in " << kPrograms << " programs";
  }
  for (const auto& [reason, count] : reasons) {
    std::printf("refused %d times: %s\n", count, reason.c_str());
  }
  EXPECT_LE(refused * 50, kPrograms) << "more than 2 % do not compile";
}

} // namespace
} // namespace millrace::dsl
