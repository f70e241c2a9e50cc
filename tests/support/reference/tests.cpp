// Random `test` blocks: their text is read, checked and formatted; they are not run.
#include "tests/support/reference/json.hpp"
#include "tests/support/reference/pieces.hpp"

namespace millrace::reference {
namespace {

std::string some_object(const Schema& schema, Dice& dice) {
  for (int i = 0; i < 20; ++i) {
    const std::string event = make_event(schema, dice);
    const Parsed parsed = is_utf8(event) ? parse_json(event) : Parsed{};
    if (parsed.json && parsed.json->is == Json::Is::object) {
      return event;
    }
  }
  return "{}";
}

} // namespace

std::string make_tests(const Schema& schema, Dice& dice, const std::vector<std::pair<std::string, std::string>>& rules,
                       const std::vector<Table>& tables) {
  const auto negated = [&] { return std::string(dice.once_in(4) ? "not " : ""); };
  std::string out = std::string("test \"of what comes\"") + (dice.once_in(2) ? " on r" : "") + " {\n";
  for (std::size_t i = 1 + dice.below(2); i > 0; --i) {
    out += "  given " + (dice.once_in(4) ? "file \"event.json\"" : some_object(schema, dice)) + "\n";
    out += dice.once_in(2) ? "  expect " + negated() + "topic \"t0\" key \"k\" header \"h1\" = \"1\"\n" : "";
    const auto& [kind, name] = dice.pick(rules);
    out += dice.once_in(2) ? "  expect " + negated() + kind + " " + name + "\n" : "";
    if (!tables.empty() && dice.once_in(2)) {
      const Table& table = dice.pick(tables);
      out += dice.once_in(2) ? "  expect row " + table.name + " { \"" + table.columns[0] + "\": 1 }\n"
                             : "  expect reject " + table.name + " at " + table.columns[0] + "\n";
    }
    out += dice.once_in(2) ? "  expect invalid at kind\n" : "  expect otherwise\n";
  }
  return out + "}\n";
}

} // namespace millrace::reference
