// Rules that are written to overwhelm the compiler cost it no more than a second and 256 MiB. Each is compiled in a
// process of its own, which the system measures.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "dsl/compile.hpp"

namespace millrace::dsl {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double kFactor = 20;
#else
constexpr double kFactor = 1;
#endif
constexpr double kSeconds = 1;
constexpr double kMebibytes = 256;

std::string repeated(std::string_view part, std::size_t times) {
  std::string text;
  text.reserve(part.size() * times);
  for (; times > 0; --times) {
    text += part;
  }
  return text;
}

const std::string kHead =
    "edition 1\nevent e { a: int  s: string }\ntopic \"t\" { event e }\ntopic \"d\" { }\n"
    "router r for e {\n  match first\n  dead_letter \"d\"\n";
const std::string kTail = "\n  otherwise drop\n}\n";

std::string condition(const std::string& text) { return kHead + "route x when " + text + " to topic \"t\"" + kTail; }

std::string doubling() {
  std::string text = "def d0 = s\n";
  for (int i = 1; i <= 60; ++i) {
    const std::string before = "d" + std::to_string(i - 1);
    text += "def d" + std::to_string(i) + " = concat(" + before + ", " + before + ")\n";
  }
  return condition("d60 == \"a\"") + text;
}

std::string imports() {
  std::string text = "edition 1\n";
  for (int i = 0; i < 100'000; ++i) {
    text += "import \"f" + std::to_string(i) + ".rules\"\n";
  }
  return text;
}

/// What a child process says of the compilation: 0 for a message, 1 for none.
void measure(const std::string& what, const std::function<Compilation()>& compile_it) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const Compilation compilation = compile_it();
    _exit(compilation.diagnostics.has_errors() && !compilation.text().empty() ? 0 : 1);
  }
  int status = 0;
  rusage usage{};
  ASSERT_EQ(wait4(child, &status, 0, &usage), child);
  EXPECT_TRUE(WIFEXITED(status)) << what << " ended by signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0) << what << " was given no message";
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  EXPECT_LT(seconds(usage.ru_utime) + seconds(usage.ru_stime), kSeconds * kFactor) << what;
  EXPECT_LT(static_cast<double>(usage.ru_maxrss) / 1024, kMebibytes * kFactor) << what;
}

void measure(const std::string& what, const std::string& text) {
  measure(what, [&] {
    return compile("main.rules",
                   [&](std::string_view name) { return name == "main.rules" ? std::optional(text) : std::nullopt; });
  });
}

TEST(HostileRulesCost, NoMoreThanASecondAndAQuarterOfAGibibyte) {
  constexpr std::size_t kMebi = std::size_t{1} << 20U;
  measure("1 MiB of (", repeated("(", kMebi));
  measure("1 MiB of ( in a condition", condition(repeated("(", kMebi)));
  measure("a million )", repeated(")\n", 1'000'000));
  measure("a million rules )", kHead + repeated("route )\n", 1'000'000 / 8) + kTail);
  measure("1 MiB of {", repeated("{", kMebi));
  measure("1 MiB of \"", repeated("\"", kMebi));
  measure("a def that doubles 60 times", doubling());
  measure("a regular expression that explodes", condition("s matches /((a{1,900}){1,900}){1,900}/"));
  measure("100,000 imports of nothing", imports());
  measure("1 MiB of not", condition(repeated("not ", kMebi / 4)));
  measure("1 MiB of events without an end", repeated("event e { ", kMebi / 10));
}

TEST(HostileRulesCost, FilesThatImportEachOther) {
  measure("100,000 imports of files that import the next", [] {
    return compile("0.rules", [](std::string_view name) {
      const int number = std::stoi(std::string(name));
      return std::optional("edition 1\nimport \"" + std::to_string((number + 1) % 100'000) + ".rules\"\n");
    });
  });
}

} // namespace
} // namespace millrace::dsl
