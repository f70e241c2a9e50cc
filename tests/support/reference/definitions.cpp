// Random constants, lookups and definitions.
#include <algorithm>

#include "tests/support/reference/pieces.hpp"
#include "tests/support/reference/value.hpp"

namespace millrace::reference {
namespace {

using dsl::Kind;

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) {
    return text;
  }
  std::string out = "\"";
  for (const char c : text) {
    out += c == '"' ? "\"\"" : std::string(1, c);
  }
  return out + "\"";
}

class DefinitionsMaker {
 public:
  DefinitionsMaker(Phrases& phrases, Dice& dice, Files& files) : phrases_(phrases), dice_(dice), files_(files) {}

  Definitions make() {
    for (std::size_t i = dice_.below(4); i > 0; --i) {
      constant("let" + std::to_string(i));
    }
    for (std::size_t i = dice_.below(4); i > 0; --i) {
      dice_.once_in(2) ? csv("look" + std::to_string(i)) : inline_lookup("look" + std::to_string(i));
    }
    if (dice_.once_in(3)) {
      parts();
    }
    for (std::size_t i = dice_.below(6); i > 0; --i) {
      definition("def" + std::to_string(i));
    }
    return std::move(out_);
  }

 private:
  /// One that has literals, without its wire form.
  Type some_scalar() {
    Type type = phrases_.some_type(true);
    type.wire = dsl::Wire::natural;
    return type;
  }

  void constant(const std::string& name) {
    const Type type = some_scalar();
    const bool list = dice_.once_in(2);
    std::set<std::string> items;
    for (std::size_t i = list ? 1 + dice_.below(12) : 1; i > 0; --i) {
      items.insert(some_literal(type, dice_));
    }
    std::string text;
    for (const std::string& item : items) {
      text += (text.empty() ? "" : ", ") + item;
    }
    out_.text += "let " + name + " = " + (list ? "[" + text + "]" : text) + "\n";
    phrases_.lets.push_back({name, type, list});
  }

  // ---- lookups

  /// Keys that differ in what they are, not only in how they are written.
  std::vector<std::string> keys_of(const Type& type) {
    const dsl::ValueType as{type.kind, dsl::Wire::natural, 0, 0, dsl::kNone, dsl::kNone};
    std::vector<std::string> keys;
    for (std::size_t i = 1 + dice_.below(dice_.once_in(4) ? 30 : 8); i > 0; --i) {
      const std::string key = some_value(type, dice_);
      const bool known = std::any_of(keys.begin(), keys.end(), [&](const std::string& other) {
        return other == key || same(from_text(other, as), from_text(key, as));
      });
      if (!known) {
        keys.push_back(key);
      }
    }
    return keys;
  }

  void inline_lookup(const std::string& name) {
    const std::vector<Kind> kinds = {Kind::text,    Kind::text,    Kind::integer, Kind::integer,
                                     Kind::decimal, Kind::boolean, Kind::duration};
    Phrases::Lookup lookup{name, type_of(dice_.pick(kinds)), {{"", type_of(dice_.pick(kinds))}}};
    Type key = usual(lookup.key);
    Type value = usual(lookup.columns[0].type);
    for (Type* type : {&key, &value}) { // as a literal says what digits it has
      type->precision = type->kind == Kind::decimal ? 8 : 0;
      type->scale = type->kind == Kind::decimal ? 3 : 0;
    }
    out_.text += "lookup " + name + " = {";
    for (const std::string& each : keys_of(key)) {
      out_.text += " " + literal(key, each) + ": " + some_literal(value, dice_) + ",";
    }
    out_.text += " }\n";
    phrases_.lookups.push_back(lookup);
  }

  /// With the values that events often have, where there is a field of that type.
  Type usual(const Type& type) {
    for (const Field* field : phrases_.leaves()) {
      if (fits_place(type, field->type) && dice_.once_in(2)) {
        Type found = type;
        found.usual = field->type.usual;
        return found;
      }
    }
    return type;
  }

  Type csv_type() {
    if (dice_.once_in(2)) {
      return some_scalar();
    }
    const std::vector<Kind> kinds = {Kind::text, Kind::integer,   Kind::decimal,  Kind::floating, Kind::boolean,
                                     Kind::uuid, Kind::timestamp, Kind::duration, Kind::ip,       Kind::version};
    Type type = type_of(dice_.pick(kinds));
    if (type.kind == Kind::decimal) {
      type.precision = 9;
      type.scale = 2;
    }
    return type;
  }

  void csv(const std::string& name) {
    Phrases::Lookup lookup{name, csv_type(), {}};
    for (std::size_t i = 1 + dice_.below(3); i > 0; --i) {
      lookup.columns.push_back({"col" + std::to_string(i), csv_type()});
    }
    std::vector<std::string> keys = keys_of(lookup.key);
    std::erase(keys, "");
    if (keys.empty()) {
      return;
    }
    out_.text += "lookup " + name + " from csv \"" + name + ".csv\" key k: " + lookup.key.text() + " {";
    std::string rows = "k";
    for (const Phrases::Column& column : lookup.columns) {
      out_.text += " " + column.name + ": " + column.type.text();
      rows += "," + column.name;
    }
    out_.text += " }\n";
    for (const std::string& key : keys) {
      rows += (dice_.once_in(2) ? "\n" : "\r\n") + csv_cell(key);
      for (const Phrases::Column& column : lookup.columns) {
        rows += "," + (dice_.once_in(6) ? "" : csv_cell(some_value(column.type, dice_)));
      }
    }
    files_[name + ".csv"] = rows + (dice_.once_in(2) ? "\n" : "");
    phrases_.lookups.push_back(lookup);
  }

  /// What a topic's name can be filled in with, and the compiler knows all of it.
  void parts() {
    const std::string name = "named";
    if (dice_.once_in(2)) {
      out_.text += "lookup of_kind from csv \"of_kind.csv\" key k: string { part: string }\n";
      files_["of_kind.csv"] = "k,part\na,a\nb,q1\nx-y,\n";
      out_.text += "def " + name + " = of_kind[kind].part ?? \"none\"\n";
    } else {
      out_.text += "lookup of_kind = { \"a\": \"a\", \"b\": \"q1\" }\n";
      out_.text += "def " + name + " = of_kind[kind] ?? \"none\"\n";
    }
    out_.named.push_back({name, {"a", "q1", "none"}});
  }

  // ---- definitions

  Type parameter_type() {
    Type type = dice_.once_in(2) ? phrases_.some_type(false) : csv_type();
    if (dice_.once_in(8)) {
      type = type_of(dice_.once_in(2) ? Kind::any : Kind::object);
    }
    type.wire = dsl::Wire::natural;
    return type;
  }

  void definition(const std::string& name) {
    Phrases::Def def;
    def.name = name;
    def.strict = dice_.once_in(2);
    std::string parameters;
    for (std::size_t i = dice_.once_in(2) ? 1 + dice_.below(3) : 0; i > 0; --i) {
      const std::string parameter = "p" + std::to_string(i);
      def.parameters.push_back(parameter_type());
      parameters += (parameters.empty() ? "" : ", ") + parameter + ": " + def.parameters.back().text();
      phrases_.enter(parameter, def.parameters.back(), def.strict);
    }
    std::string body;
    const std::size_t quantifiers = phrases_.quantifiers_made();
    if (dice_.once_in(3)) {
      def.sure = dice_.once_in(2);
      body = phrases_.condition(2, def.sure);
    } else {
      Type type = def.parameters.empty() || dice_.once_in(2) ? phrases_.some_type(false) : dice_.pick(def.parameters);
      type.wire = dsl::Wire::natural;
      def.sure = dice_.once_in(2);
      body = phrases_.value(type, def.sure, 3).value_or("");
      def.type = type;
    }
    for (std::size_t i = 0; i < def.parameters.size(); ++i) {
      phrases_.leave();
    }
    def.quantifies = phrases_.quantifiers_made() > quantifiers;
    if (!body.empty()) {
      out_.text += "def " + name + (parameters.empty() ? "" : "(" + parameters + ")") + " = " + body + "\n";
      phrases_.defs.push_back(def);
    }
  }

  Phrases& phrases_;
  Dice& dice_;
  Files& files_;
  Definitions out_;
};

} // namespace

Definitions make_definitions(Phrases& phrases, Dice& dice, Files& files) {
  return DefinitionsMaker(phrases, dice, files).make();
}

} // namespace millrace::reference
