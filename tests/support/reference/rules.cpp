// Random rulesets: the files, topics, routers and destinations, around what the other files make.
#include <algorithm>

#include "tests/support/reference/pieces.hpp"

namespace millrace::reference {
namespace {

using dsl::Kind;

class RulesMaker {
 public:
  RulesMaker(const Schema& schema, Dice& dice) : schema_(schema), dice_(dice), phrases_(schema, dice) {}

  Files make() {
    match_all_ = dice_.once_in(3);
    std::string main = event_text(schema_) + topics();
    std::string part;
    Definitions definitions = make_definitions(phrases_, dice_, files_);
    named_ = std::move(definitions.named);
    (dice_.once_in(4) ? part : main) += definitions.text;
    const bool fragment = dice_.once_in(3);
    if (fragment) {
      (dice_.once_in(2) ? part : main) += "rules part for e {\n" + rules(1 + dice_.below(6), 1) + "}\n";
    }
    main += router(fragment);
    Tables tables = make_tables(schema_, phrases_, dice_, deliveries_);
    main += tables.text;
    if (dice_.once_in(6)) {
      main += make_tests(schema_, dice_, rules_, tables.tables);
    }
    if (!part.empty()) {
      main = "import \"part.rules\"\n" + main;
      files_["part.rules"] = part;
    }
    files_["main.rules"] = "edition 1\n" + main;
    return std::move(files_);
  }

 private:
  std::string topics() {
    const std::vector<std::string> settings = {"partitions 4", "replicas 2", "retention 7d", "compact",
                                               "partitioner fnv1a"};
    std::string out = "topic \"dlq\" { }\ntopic \"dlq.rows\" { partitions 3 }\n";
    for (const char* const name : {"t0", "t1", "over", "part.*", "part.a", "x.*.y"}) {
      out += "topic " + quoted(name) + " { event e" + (dice_.once_in(3) ? "  " + dice_.pick(settings) : "") + " }\n";
    }
    return out;
  }

  // ---- rules

  std::string router(bool fragment) {
    std::string out =
        std::string("router r for e {\n  match ") + (match_all_ ? "all" : "first") + "\n  dead_letter \"dlq\"\n";
    out += dice_.once_in(15) ? many_alike() : "";
    out += rules(1 + dice_.below(12), 2);
    out += fragment ? "  include rules part\n" : "";
    out += rules(dice_.below(8), 2);
    out += dice_.once_in(3) ? "  otherwise drop\n" : "  otherwise " + body(false) + "\n";
    return out + "}\n";
  }

  /// So many rules alike that an index has to part them more than once: perhaps all ask for one value of one field, or
  /// all ask different things of one field.
  std::string many_alike() {
    std::vector<const Field*> fields;
    for (const Field* field : phrases_.leaves()) {
      if (!field->type.usual.empty()) {
        fields.push_back(field);
      }
    }
    std::string shared;
    if (const Field& field = *dice_.pick(fields); dice_.once_in(2)) {
      shared = field.path + " == " + literal(field.type, field.type.usual[0]) + " and ";
    }
    const Field* const about = dice_.once_in(2) ? dice_.once_in(2) ? &schema_.fields[0] : dice_.pick(fields) : nullptr;
    std::string out;
    for (std::size_t i = 40 + dice_.below(100); i > 0; --i) {
      const std::string name = "m" + std::to_string(i);
      const bool tap = !match_all_ && dice_.once_in(2);
      rules_.emplace_back(tap ? "tap" : "route", name);
      out += (tap ? "  tap " : "  route ") + name + " when " + shared + phrases_.conjunction_of_plain_tests(about) +
             " to topic \"t0\"\n";
    }
    deliveries_.push_back({"t0", {}, "", {}});
    return out;
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
      out = "  group " + name + " when " + condition_of_group(phrases_, dice_) + " {\n";
      out += rules(1 + dice_.below(5), depth - 1) + "  }\n";
    } else if (dice_.once_in(12)) {
      rules_.emplace_back("drop", name);
      out = "  drop " + name + " when " + phrases_.condition(3) + " and " + phrases_.condition(1) + "\n";
    } else {
      const bool tap = !match_all_ && dice_.once_in(3);
      rules_.emplace_back(tap ? "tap" : "route", name);
      out = std::string(tap ? "  tap " : "  route ") + name + " when ";
      out += dice_.once_in(4)   ? condition_of_group(phrases_, dice_)
             : dice_.once_in(4) ? phrases_.conjunction_of_plain_tests()
                                : phrases_.condition(3);
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
    const std::size_t first = deliveries_.size();
    std::string out = "{\n";
    for (std::size_t i = dice_.once_in(40) ? (dice_.once_in(2) ? 16 : 9) : 1 + dice_.below(3); i > 0; --i) {
      out += "    " + destination(tap, dice_.once_in(3)) + "\n";
    }
    const std::set<std::string> inside = omitted_;
    out += clauses(tap);
    for (std::size_t i = first; i < deliveries_.size(); ++i) { // what the rule leaves out, each `to` leaves out
      std::set_difference(omitted_.begin(), omitted_.end(), inside.begin(), inside.end(),
                          std::inserter(deliveries_[i].omitted, deliveries_[i].omitted.end()));
    }
    return out + "  }";
  }

  std::string destination(bool tap, bool with_clauses) {
    std::string out = "to topic " + topic();
    if (!with_clauses) {
      return out;
    }
    const std::set<std::string> before = omitted_;
    out += " {\n" + clauses(tap) + "    }";
    std::set<std::string>& own = deliveries_.back().omitted;
    std::set_difference(omitted_.begin(), omitted_.end(), before.begin(), before.end(), std::inserter(own, own.end()));
    return out;
  }

  std::string hole(bool of_any_text = false) {
    std::vector<std::string> holes = {"id"};
    if (!of_any_text) {
      holes.emplace_back("kind");
      for (const Named& named : named_) {
        holes.push_back(named.name);
      }
      for (const Phrases::Def& def : phrases_.defs) {
        if (def.sure && def.parameters.empty() && def.type && has_literal(*def.type)) {
          holes.push_back(def.name);
        }
      }
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
    const auto to = [&](const std::string& topic, std::vector<std::string> names, const std::string& overflow) {
      deliveries_.push_back({topic, std::move(names), overflow, {}});
    };
    switch (dice_.below(9)) {
      case 0:
        to("part.*", {"part.a", "part.b", "part.x-y"}, "");
        return "\"part.{kind}\"";
      case 1:
        to("part.*", {}, "over");
        return "\"part." + hole() + "\" at most 3 topics else \"over\"";
      case 2:
        to("x.*.y", {}, "over");
        return "\"x." + hole() + ".y\" at most 40 topics else \"over\"";
      case 3:
        to("part.*", {"part.a", "part.b", "part.x-y"}, "");
        return "\"part." + hole(true) + "\" one of (\"part.a\", \"part.b\", \"part.x-y\")";
      case 4:
        if (!named_.empty()) {
          std::vector<std::string> names;
          for (const std::string& part : named_[0].parts) {
            names.push_back("part." + part);
          }
          to("part.*", names, "");
          return "\"part.{" + named_[0].name + "}\"";
        }
        [[fallthrough]];
      default: {
        const std::string name = dice_.once_in(2) ? "t0" : "t1";
        to(name, {}, "");
        return quoted(name);
      }
    }
  }

  std::string clauses(bool tap) {
    std::string out;
    if (dice_.once_in(2)) {
      out += key(tap);
    }
    for (std::size_t i = dice_.below(3); i > 0; --i) {
      out += header("h" + std::to_string(i), tap);
    }
    if (dice_.once_in(6)) {
      if (const auto value = phrases_.value(phrases_.some_type(true), true, 1)) {
        out += "    partition by " + *value + "\n";
      }
    }
    if (dice_.once_in(6)) {
      if (const auto value = phrases_.value(type_of(Kind::timestamp), true, 1)) {
        out += "    timestamp " + *value + "\n";
      }
    }
    return out + (dice_.once_in(6) ? omit() : "");
  }

  std::string key(bool tap) {
    if (dice_.once_in(5)) {
      return "    key \"k-" + hole() + "/" + hole() + "\"\n";
    }
    if (dice_.once_in(8)) {
      return "    key " + phrases_.whole_condition() + "\n";
    }
    const auto [value, sure] = some_value();
    const std::string strict = tap ? " else skip" : " else reject";
    if (sure) {
      return "    key " + value + (dice_.once_in(5) ? strict : "") + "\n";
    }
    return "    key " + value + (dice_.once_in(2) ? " else none" : strict) + "\n";
  }

  std::string header(const std::string& name, bool tap) {
    const std::string begin = "    header \"" + name + "\" = ";
    if (dice_.once_in(5)) {
      return begin + phrases_.whole_condition() + "\n";
    }
    if (dice_.once_in(6)) {
      return begin + "\"" + hole() + " of \\{it\\}\"\n";
    }
    const auto [value, sure] = some_value();
    return begin + value + (sure ? "\n" : tap || dice_.once_in(2) ? " else skip\n" : " else reject\n");
  }

  std::string omit() {
    std::string paths;
    for (std::size_t i = 1 + dice_.below(3); i > 0; --i) {
      const Field& field = *dice_.pick(phrases_.all());
      const bool taken = std::any_of(omitted_.begin(), omitted_.end(), [&](const std::string& path) {
        return path.starts_with(field.path) || field.path.starts_with(path);
      });
      if (!taken) {
        omitted_.insert(field.path);
        paths += (paths.empty() ? "" : ", ") + field.path;
      }
    }
    return paths.empty() ? "" : "    omit " + paths + "\n";
  }

  std::pair<std::string, bool> some_value() {
    const bool sure = dice_.once_in(2);
    const Type type = !sure && dice_.once_in(8) ? type_of(Kind::any) : phrases_.some_type(true);
    const auto value = phrases_.value(type, sure, 2);
    return value ? std::pair(*value, sure) : std::pair(std::string("id"), true);
  }

  const Schema& schema_;
  Dice& dice_;
  Phrases phrases_;
  Files files_;
  std::vector<Named> named_;
  std::vector<Delivery> deliveries_;
  std::vector<std::pair<std::string, std::string>> rules_;
  bool match_all_ = false;
  std::set<std::string> omitted_; // by the rule that is being made
  int names_ = 0;
};

} // namespace

std::string condition_of_group(Phrases& phrases, Dice& dice) {
  if (dice.once_in(3) && phrases.all_is_there()) {
    const std::string kind = dice.pick(std::vector<std::string>{"\"a\"", "\"b\"", "\"x-y\""});
    for (const Field* field : phrases.all()) { // `required when` says so
      if (field->when == "kind" &&
          std::find(field->when_values.begin(), field->when_values.end(), kind) != field->when_values.end()) {
        phrases.know(*field);
      }
    }
    return "kind == " + kind;
  }
  std::string out;
  for (const Field* field : phrases.all()) {
    if (!phrases.known(*field) && dice.once_in(3)) {
      out += (out.empty() ? "exists " : " and exists ") + field->path;
      phrases.know(*field);
    }
  }
  return out.empty() ? phrases.condition(2) : out;
}

std::string why_refused(const dsl::Compilation& compilation) {
  const std::string text = compilation.text();
  const std::size_t begin = text.find("error[");
  std::string out;
  bool named = false;
  for (std::size_t at = begin; at < text.size() && text[at] != '\n'; ++at) {
    named = named != (text[at] == '`');
    out += !named ? text.substr(at, 1) : text[at] == '`' ? "`…" : "";
  }
  return out;
}

Files make_rules(const Schema& schema, Dice& dice) { return RulesMaker(schema, dice).make(); }

} // namespace millrace::reference
