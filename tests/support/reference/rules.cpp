// Random definitions, routers and tables around random expressions.
#include <algorithm>
#include <set>

#include "tests/support/reference/phrases.hpp"

namespace millrace::reference {
namespace {

using dsl::Kind;

class RulesMaker {
 public:
  RulesMaker(const Schema& schema, Dice& dice) : schema_(schema), dice_(dice), phrases_(schema, dice) {}

  std::string make() {
    match_all_ = dice_.once_in(3);
    std::string out = "edition 1\n" + event_text(schema_) + topics() + lookups() + definitions();
    const bool fragment = dice_.once_in(4);
    if (fragment) {
      out += "rules part for e {\n" + rules(1 + dice_.below(6), 1) + "}\n";
    }
    out += std::string("router r for e {\n  match ") + (match_all_ ? "all" : "first") + "\n  dead_letter \"dlq\"\n";
    out += rules(1 + dice_.below(12), 2);
    out += fragment ? "  include rules part\n" : "";
    out += rules(dice_.below(8), 2);
    out += dice_.once_in(3) ? "  otherwise drop\n" : "  otherwise " + body(false) + "\n";
    out += "}\n";
    for (std::size_t i = dice_.below(4); i > 0; --i) {
      out += table(i);
    }
    return out;
  }

 private:
  std::string topics() {
    std::string out = "topic \"dlq\" { }\ntopic \"dlq.rows\" { partitions 3 }\n";
    for (const char* const name : {"t0", "t1", "over", "part.*", "part.a", "x.*.y"}) {
      out += "topic " + quoted(name) + " { event e" + (dice_.once_in(3) ? "  partitions 4" : "") + " }\n";
    }
    return out;
  }

  std::string lookups() {
    std::string out;
    for (std::size_t i = dice_.below(3); i > 0; --i) {
      Phrases::Lookup lookup;
      lookup.name = "look" + std::to_string(i);
      lookup.key.kind = dice_.pick(std::vector{Kind::text, Kind::text, Kind::integer});
      lookup.value.kind = dice_.pick(std::vector{Kind::text, Kind::text, Kind::integer});
      out += "lookup " + lookup.name + " = {";
      std::vector<std::string> keys;
      for (std::size_t entries = 1 + dice_.below(8); entries > 0; --entries) {
        const std::string key = phrases_.literal(lookup.key);
        if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
          keys.push_back(key);
          out += " " + key + ": " + phrases_.literal(lookup.value) + ",";
        }
      }
      out += " }\n";
      phrases_.lookups.push_back(lookup);
    }
    return out;
  }

  std::string definitions() {
    std::string out;
    for (std::size_t i = dice_.below(4); i > 0; --i) {
      const std::string name = "def" + std::to_string(i);
      if (dice_.once_in(3)) {
        conditions_.push_back(name);
        out += "def " + name + " = " + phrases_.condition(2) + "\n";
        continue;
      }
      const Type type = phrases_.some_type(false);
      const bool sure = dice_.once_in(2);
      if (const auto value = phrases_.value(type, sure, 3)) {
        Type plain = type;
        plain.wire = dsl::Wire::natural;
        phrases_.defs.push_back({name, plain, sure});
        out += "def " + name + " = " + *value + "\n";
      }
    }
    if (dice_.once_in(2)) {
      out += "def between(x: int, low: int) = x in 1..100 and x > low\n";
      with_parameters_ = true;
    }
    return out;
  }

  std::string condition(int depth) {
    if (!conditions_.empty() && dice_.once_in(8)) {
      return dice_.pick(conditions_);
    }
    if (with_parameters_ && dice_.once_in(10)) {
      const auto x = phrases_.value(Type{Kind::integer, dsl::Wire::natural, 0, 0, {}, false, nullptr}, true, 1);
      return x ? "between(" + *x + ", 2)" : "kind == \"a\"";
    }
    return phrases_.condition(depth);
  }

  /// Its condition, and what that makes known from here on.
  std::string group_condition() {
    std::string out;
    for (const Field* field : phrases_.leaves()) {
      if (!phrases_.known(*field) && dice_.once_in(3)) {
        out += (out.empty() ? "exists " : " and exists ") + field->path;
        phrases_.know(field->path);
      }
    }
    return out.empty() ? condition(2) : out;
  }

  std::string rules(std::size_t count, int depth) {
    std::string out;
    for (; count > 0; --count) {
      out += rule(depth);
    }
    return out;
  }

  std::string rule(int depth) {
    const std::string name = "n" + std::to_string(names_++);
    const std::size_t before = phrases_.mark();
    std::string out;
    if (depth > 0 && dice_.once_in(6)) {
      out = "  group " + name + " when " + group_condition() + " {\n";
      out += rules(1 + dice_.below(5), depth - 1) + "  }\n";
    } else if (dice_.once_in(9)) {
      out = "  drop " + name + " when " + condition(3) + " and " + condition(1) + "\n";
    } else {
      const bool tap = !match_all_ && dice_.once_in(3);
      out = std::string(tap ? "  tap " : "  route ") + name + " when ";
      out += dice_.once_in(3) ? group_condition() : condition(3);
      out += " " + body(tap) + "\n";
    }
    phrases_.forget_to(before);
    return out;
  }

  // ---- destinations

  std::string body(bool tap) {
    omitted_.clear();
    if (dice_.once_in(3)) {
      return destination(tap, false);
    }
    std::string out = "{\n";
    for (std::size_t i = 1 + dice_.below(3); i > 0; --i) {
      out += "    " + destination(tap, dice_.once_in(3)) + "\n";
    }
    return out + clauses(tap) + "  }";
  }

  std::string destination(bool tap, bool with_clauses) {
    std::string out = "to topic " + topic();
    return with_clauses ? out + " {\n" + clauses(tap) + "    }" : out;
  }

  std::string hole(bool of_any_text = false) {
    std::vector<std::string> holes = {"id"};
    if (!of_any_text) {
      holes.emplace_back("kind");
    }
    for (const Field* field : phrases_.leaves()) {
      if (phrases_.known(*field) && field->type.kind == Kind::text && (!of_any_text || field->type.names.empty()) &&
          field->path.find('`') == std::string::npos) {
        holes.push_back(field->path);
      }
    }
    return "{" + dice_.pick(holes) + "}";
  }

  std::string topic() {
    switch (dice_.below(8)) {
      case 0:
        return "\"part.{kind}\"";
      case 1:
        return "\"part." + hole() + "\" at most 3 topics else \"over\"";
      case 2:
        return "\"x." + hole() + ".y\" at most 40 topics else \"over\"";
      case 3:
        return "\"part." + hole(true) + "\" one of (\"part.a\", \"part.b\", \"part.x-y\")";
      default:
        return dice_.once_in(2) ? "\"t0\"" : "\"t1\"";
    }
  }

  std::string clauses(bool tap) {
    std::string out;
    if (dice_.once_in(2)) {
      if (dice_.once_in(5)) {
        out += "    key \"k-" + hole() + "/" + hole() + "\"\n";
      } else if (const auto [value, sure] = some_value(); sure) {
        out += "    key " + value + (dice_.once_in(5) ? (tap ? " else skip" : " else reject") : "") + "\n";
      } else {
        out += "    key " + value + (dice_.once_in(2) ? " else none" : tap ? " else skip" : " else reject") + "\n";
      }
    }
    for (std::size_t i = dice_.below(3); i > 0; --i) {
      const std::string name = "    header \"h" + std::to_string(i) + "\" = ";
      const auto [value, sure] = some_value();
      if (dice_.once_in(5)) {
        out += name + "(" + condition(1) + ")\n";
      } else if (sure) {
        out += name + value + "\n";
      } else {
        out += name + value + (tap || dice_.once_in(2) ? " else skip\n" : " else reject\n");
      }
    }
    if (dice_.once_in(6)) {
      if (const auto value = phrases_.value(phrases_.some_type(true), true, 1)) {
        out += "    partition by " + *value + "\n";
      }
    }
    if (dice_.once_in(6)) {
      Type time;
      time.kind = Kind::timestamp;
      if (const auto value = phrases_.value(time, true, 1)) {
        out += "    timestamp " + *value + "\n";
      }
    }
    if (dice_.once_in(6)) {
      const std::string path = dice_.pick(phrases_.leaves())->path;
      out += omitted_.insert(path).second ? "    omit " + path + "\n" : "";
    }
    return out;
  }

  std::pair<std::string, bool> some_value() {
    const bool sure = dice_.once_in(2);
    const auto value = phrases_.value(phrases_.some_type(true), sure, 2);
    return value ? std::pair(*value, sure) : std::pair(std::string("id"), true);
  }

  // ---- tables

  std::string table(std::size_t number) {
    const std::size_t before = phrases_.mark();
    const std::vector<std::string> topics = {"t0", "t1", "over", "part.*", "part.a"};
    std::string out = std::string("table ") + (dice_.once_in(2) ? "s." : "") + "rows" + std::to_string(number) +
                      " from topic " + quoted(dice_.pick(topics));
    if (dice_.once_in(2)) {
      out += " where " + group_condition();
    }
    out += " {\n";
    std::vector<std::string> times;
    for (std::size_t i = 1 + dice_.below(7); i > 0; --i) {
      const std::string name = "c" + std::to_string(i);
      out += column(name, times);
    }
    if (dice_.once_in(3)) {
      out += "  rest jsonb = unmapped else reject\n";
    }
    if (dice_.once_in(6)) {
      out += "  whole jsonb = payload\n";
    }
    if (!times.empty() && dice_.once_in(2)) {
      out += "  partition by month of " + times[0] + " keep 12 months\n";
    } else if (!times.empty() && dice_.once_in(2)) {
      out += "  partition by day of " + times[0] + "\n";
    }
    out += dice_.once_in(2) ? "  dead_letter \"dlq.rows\"\n" : "";
    phrases_.forget_to(before);
    return out + "}\n";
  }

  std::string column(const std::string& name, std::vector<std::string>& times) {
    const bool sure = dice_.once_in(2);
    const Type type = phrases_.some_type(false);
    if (dice_.once_in(8)) {
      return "  " + name + " boolean = (" + phrases_.condition(1) + ")\n";
    }
    const auto value = phrases_.value(type, sure, 2);
    if (!value) {
      return "  " + name + " text = id\n";
    }
    const auto [sql, may_not_fit] = sql_type(type);
    if ((sql == "timestamptz" || sql == "date") && sure) {
      times.push_back(name);
    }
    std::string out = "  " + name + " " + sql + " = " + *value;
    if (sure && !may_not_fit) {
      return out + "\n";
    }
    const bool constant = dice_.once_in(3) && type.kind == Kind::integer;
    return out + (constant ? " else 7\n" : dice_.once_in(2) && times.empty() ? " else null\n" : " else reject\n");
  }

  /// The column's type, and whether a value may be too much for it.
  std::pair<std::string, bool> sql_type(const Type& type) {
    switch (type.kind) {
      case Kind::boolean:
        return {"boolean", false};
      case Kind::integer: {
        const std::vector<std::string> types = {"smallint",     "int",     "bigint",
                                                "numeric(9,2)", "numeric", "double precision"};
        return {dice_.pick(types), true};
      }
      case Kind::floating:
        return {dice_.once_in(2) ? "real" : "double precision", true};
      case Kind::decimal: {
        const std::vector<std::string> types = {"numeric(6,1)", "numeric(20,2)", "numeric", "numeric(9,4)"};
        return {dice_.pick(types), true};
      }
      case Kind::text: {
        const std::vector<std::string> types = {"text", "varchar(3)", "char(2)", "varchar(40)"};
        return {dice_.pick(types), true};
      }
      case Kind::timestamp:
        return {dice_.once_in(4) ? "date" : "timestamptz", false};
      case Kind::uuid:
        return {"uuid", false};
      case Kind::duration:
        return {"interval", false};
      case Kind::ip:
        return {"inet", false};
      case Kind::version:
        return {"text", false};
      case Kind::list: {
        const Kind element = type.element->kind;
        if (element == Kind::object || element == Kind::any || dice_.once_in(3)) {
          return {"jsonb", true};
        }
        Type plain = *type.element;
        return {sql_type(plain).first + "[]", true};
      }
      case Kind::object:
      case Kind::any:
        return {"jsonb", true};
    }
    return {"text", true};
  }

  const Schema& schema_;
  Dice& dice_;
  Phrases phrases_;
  bool match_all_ = false;
  bool with_parameters_ = false;
  std::vector<std::string> conditions_; // definitions that are conditions
  std::set<std::string> omitted_;       // by the rule that is being made
  int names_ = 0;
};

} // namespace

std::string make_rules(const Schema& schema, Dice& dice) { return RulesMaker(schema, dice).make(); }

} // namespace millrace::reference
