// `millrace check` of 10,000 rules.
#include "tests/bench/commands.hpp"

int main() {
  namespace bench = millrace::bench;
  return bench::measure_command("check", 500, {"check"}, bench::many_rules(bench::kRules)) ? 0 : 1;
}
