// `millrace fmt` of 10,000 rules of which each line is wrongly indented, so that all of the file is written anew.
#include "tests/bench/commands.hpp"

namespace {

std::string badly_indented(std::string text) {
  for (std::size_t at = 0; (at = text.find("\n  ", at)) != std::string::npos; at += 2) {
    text.replace(at, 3, "\n \t ");
  }
  return text;
}

} // namespace

int main() {
  namespace bench = millrace::bench;
  return bench::measure_command("fmt", 1'000, {"fmt"}, badly_indented(bench::many_rules(bench::kRules))) ? 0 : 1;
}
