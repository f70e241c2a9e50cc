// Types, their values, and events' declarations.
#include <algorithm>
#include <functional>

#include "tests/support/reference/generate.hpp"

namespace millrace::reference {
namespace {

using dsl::Kind;
using dsl::Wire;

const std::vector<std::string> kTexts = {"a",
                                         "b",
                                         "ab",
                                         "",
                                         "A",
                                         "aB",
                                         "Ä",
                                         "ä",
                                         "ß",
                                         "ẞ",
                                         "İ",
                                         "ı",
                                         "K",
                                         "k",
                                         "ſ",
                                         "日本",
                                         "😀x",
                                         " a ",
                                         "a,b,c",
                                         "x.y",
                                         "a-b_c",
                                         "..",
                                         "a b",
                                         "5",
                                         "-7",
                                         "007",
                                         "1.5",
                                         "1e2",
                                         "1.0",
                                         "true",
                                         "null",
                                         "2024-06-10T08:00:00Z",
                                         "2024-06-10",
                                         "10 Jun 2024",
                                         "5m",
                                         "1h30m",
                                         "10.0.0.1",
                                         "::1",
                                         "1.2.3",
                                         "0d6c1b0e-5a0b-4a52-8f0e-3a1c5a1f0b01",
                                         "{\"a\":1,\"b\":[true,null]}",
                                         "[1,\"a\",null]",
                                         "http://User@Example.COM:80/path?q",
                                         "https://[2001:DB8::1]/x",
                                         "ftp://",
                                         "line\nbreak",
                                         "quote\"back\\slash",
                                         "a\tb",
                                         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
const std::vector<std::string> kInts = {"0",
                                        "1",
                                        "2",
                                        "3",
                                        "5",
                                        "-1",
                                        "-7",
                                        "10",
                                        "100",
                                        "32767",
                                        "32768",
                                        "-32768",
                                        "2147483647",
                                        "2147483648",
                                        "9007199254740993",
                                        "4503599627370497",
                                        "9223372036854775807",
                                        "-9223372036854775808",
                                        "20",
                                        "30"};
const std::vector<std::string> kFloats = {"0",
                                          "0.5",
                                          "1",
                                          "1.5",
                                          "-2.25",
                                          "0.1",
                                          "0.3",
                                          "1e21",
                                          "1e-7",
                                          "1.7e308",
                                          "5e-324",
                                          "123456.789",
                                          "3.4e38",
                                          "3.5e38",
                                          "2",
                                          "9007199254740993",
                                          "0.30000000000000004",
                                          "1e-46"};
const std::vector<std::string> kTimes = {
    "1970-01-01T00:00:00Z", "2024-06-10T08:00:00Z",        "2024-06-10T08:00:00.5Z",      "2024-06-10T08:00:00.123456Z",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z", "2024-02-29T23:59:59Z",
    "2024-06-09T12:30:00Z", "2024-05-10T06:13:20Z",        "2024-06-11T06:13:20Z",        "2024-06-11T06:13:20.000001Z",
    "2022-06-10T06:13:20Z", "2024-06-08T06:13:20Z",        "2024-04-08T06:13:20Z"};
const std::vector<std::string> kSpans = {"0s", "5m", "90s", "1h", "250ms", "2w", "7d", "12h", "1s", "30s"};
const std::vector<std::string> kAddresses = {
    "10.0.0.1", "10.0.0.255",  "10.1.2.3",         "192.168.0.1",   "127.0.0.1",      "::1",
    "::",       "2001:db8::1", "2001:db8:0:1::ff", "fe80::1:0:0:1", "255.255.255.255"};
const std::vector<std::string> kVersions = {
    "1",        "1.0",      "1.0.0",     "1.2.3",     "1.10",   "1.9",   "7.10.0",      "7.9.3",
    "1.0-rc.1", "1.0-rc.2", "1.0-rc.10", "1.0-alpha", "1.0+b5", "001.2", "2.0.0-a.b-c", "99999999999999999999.1"};
const std::vector<std::string> kUuids = {"0d6c1b0e-5a0b-4a52-8f0e-3a1c5a1f0b01", "00000000-0000-0000-0000-000000000000",
                                         "ffffffff-ffff-ffff-ffff-ffffffffffff",
                                         "7b0c2f7e-92f1-4d0a-9d53-0d8b1c1f0a11"};

std::string some_decimal(const Type& type, Dice& dice) {
  std::string whole;
  std::string fraction;
  const auto digits = [&](int most) {
    std::string out;
    for (std::size_t i = most > 0 ? dice.below(static_cast<std::size_t>(most) + 1) : 0; i > 0; --i) {
      out += "0159"[dice.below(4)];
    }
    return out;
  };
  const int before_point = type.precision - type.scale;
  whole = digits(dice.once_in(2) ? std::min(before_point, 1) : before_point);
  whole.erase(0, whole.find_first_not_of('0'));
  fraction = digits(dice.once_in(2) ? std::min(type.scale, 1) : type.scale);
  const std::string number = (whole.empty() ? "0" : whole) + (fraction.empty() ? "" : "." + fraction);
  return number.find_first_not_of("0.") != std::string::npos && dice.once_in(4) ? "-" + number : number;
}

Type some_type(Dice& dice, int depth) {
  Type type;
  switch (dice.below(depth > 0 ? 19 : 15)) {
    case 0:
      type.kind = Kind::boolean;
      break;
    case 1:
    case 2:
      type.kind = Kind::integer;
      break;
    case 3:
      type.kind = Kind::floating;
      break;
    case 4:
    case 5:
      type.kind = Kind::decimal;
      type.scale = static_cast<int>(dice.below(5));
      type.precision = type.scale + static_cast<int>(dice.below(12)) + (type.scale == 0 ? 1 : 0);
      break;
    case 6:
    case 7:
      type.kind = Kind::timestamp;
      type.wire = dice.pick(std::vector{Wire::natural, Wire::iso8601, Wire::unix_s, Wire::unix_ms, Wire::unix_us});
      break;
    case 8:
      type.kind = Kind::duration;
      break;
    case 9:
      type.kind = Kind::ip;
      break;
    case 10:
      type.kind = Kind::version;
      break;
    case 11:
      type.kind = Kind::uuid;
      break;
    case 12:
      type.names = {"a", "b", "x.y", "A"};
      type.or_other = dice.once_in(2);
      break;
    case 15:
      type.kind = Kind::any;
      break;
    case 16:
      type.kind = Kind::object;
      break;
    case 17:
    case 18:
      type.kind = Kind::list;
      break;
    default:
      break;
  }
  if (type.wire == Wire::natural && type.kind != Kind::object && type.kind != Kind::any && type.kind != Kind::list &&
      depth > 0 && type.names.empty() && dice.once_in(8)) {
    type.wire = Wire::text;
  }
  if (type.kind == Kind::list) {
    Type element;
    if (dice.once_in(3)) {
      element.kind = dice.pick(std::vector{Kind::any, Kind::object, Kind::object, Kind::list});
    } else {
      element = some_type(dice, 0);
      element.wire = Wire::natural;
    }
    if (element.kind == Kind::list) {
      Type inner = some_type(dice, 0);
      inner.wire = Wire::natural;
      element.element = std::make_shared<Type>(inner);
    }
    type.element = std::make_shared<Type>(element);
  }
  return type;
}

/// Rules and events are to speak of the same values often enough.
Type with_usual(Type type, Dice& dice) {
  if (type.kind == Kind::list) {
    type.element = std::make_shared<Type>(with_usual(*type.element, dice));
  } else if (type.names.empty() && type.kind != Kind::object && type.kind != Kind::any && type.kind != Kind::boolean) {
    for (std::size_t i = 2 + dice.below(4); i > 0; --i) {
      type.usual.push_back(some_value(type, dice));
    }
  }
  return type;
}

std::string name_in_rules(const std::string& name) {
  const bool plain = name.find_first_of(" -") == std::string::npos;
  return plain && name != "payload" ? name : "`" + name + "`";
}

Field some_field(const std::string& name, const Field* parent, Dice& dice, int depth) {
  Field field;
  field.name = name;
  field.path = (parent == nullptr ? "" : parent->path + ".") + name_in_rules(name);
  field.optional = dice.once_in(2);
  if (parent != nullptr) {
    field.chain = parent->chain;
    field.needs = parent->needs;
  }
  field.chain.push_back(field.path);
  if (field.optional) {
    field.needs.push_back(field.path);
  }
  if (depth > 0 && dice.once_in(6)) {
    field.type.kind = Kind::object;
    const std::vector<std::string> names = {"a", "b", "type", "key of it"};
    for (std::size_t i = 1 + dice.below(3); i > 0; --i) {
      field.children.push_back(some_field(names[i], &field, dice, depth - 1));
    }
    return field;
  }
  field.type = with_usual(some_type(dice, 1), dice);
  return field;
}

std::string fields_text(const std::vector<Field>& fields) {
  std::string out;
  for (const Field& field : fields) {
    out += "  " + name_in_rules(field.name) + (field.optional ? "?" : "");
    out += field.children.empty() ? ": " + field.type.text() : " {\n" + fields_text(field.children) + "  }";
    if (!field.when.empty()) {
      out += " required when " + field.when;
      std::string values;
      for (const std::string& value : field.when_values) {
        values += (values.empty() ? "" : ", ") + value;
      }
      out += field.when_values.size() > 1 ? " in (" + values + ")" : " == " + values;
    }
    out += "\n";
  }
  return out;
}

} // namespace

std::string Type::text() const {
  std::string out;
  switch (kind) {
    case Kind::boolean:
      out = "bool";
      break;
    case Kind::integer:
      out = "int";
      break;
    case Kind::floating:
      out = "float";
      break;
    case Kind::decimal:
      out = "decimal(" + std::to_string(precision) + "," + std::to_string(scale) + ")";
      break;
    case Kind::text:
      for (const std::string& name : names) {
        out += (out.empty() ? "one of " : ", ") + quoted(name);
      }
      out = names.empty() ? "string" : out + (or_other ? " or other" : "");
      break;
    case Kind::timestamp:
      out = "timestamp";
      break;
    case Kind::uuid:
      out = "uuid";
      break;
    case Kind::object:
      out = "object";
      break;
    case Kind::any:
      out = "any";
      break;
    case Kind::duration:
      out = "duration";
      break;
    case Kind::ip:
      out = "ip";
      break;
    case Kind::version:
      out = "version";
      break;
    case Kind::list:
      out = "list<" + element->text() + ">";
      break;
  }
  switch (wire) {
    case Wire::natural:
      return out;
    case Wire::iso8601:
      return out + " from iso8601";
    case Wire::unix_s:
      return out + " from unix_s";
    case Wire::unix_ms:
      return out + " from unix_ms";
    case Wire::unix_us:
      return out + " from unix_us";
    case Wire::text:
      return out + " from text";
  }
  return out;
}

std::string some_value(const Type& type, Dice& dice) {
  if (!type.usual.empty() && !dice.once_in(4)) {
    return dice.pick(type.usual);
  }
  switch (type.kind) {
    case Kind::boolean:
      return dice.once_in(2) ? "true" : "false";
    case Kind::integer:
      return dice.pick(kInts);
    case Kind::floating:
      return dice.pick(kFloats);
    case Kind::decimal:
      return some_decimal(type, dice);
    case Kind::timestamp:
      return dice.pick(kTimes);
    case Kind::uuid:
      return dice.pick(kUuids);
    case Kind::duration:
      return dice.pick(kSpans);
    case Kind::ip:
      return dice.pick(kAddresses);
    case Kind::version:
      return dice.pick(kVersions);
    case Kind::text:
      return type.names.empty() ? dice.pick(kTexts) : dice.pick(type.names);
    case Kind::object:
    case Kind::any:
    case Kind::list:
      break;
  }
  return dice.pick(kTexts);
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
      case '\\':
        out += std::string("\\") + c;
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '{':
      case '}':
        out += std::string("\\") + c;
        break;
      default:
        out += c;
    }
  }
  return out + "\"";
}

std::string literal(const Type& type, const std::string& value) {
  switch (type.kind) {
    case Kind::boolean:
    case Kind::integer:
    case Kind::floating:
    case Kind::decimal:
    case Kind::duration:
      return value;
    default:
      return quoted(value);
  }
}

std::string some_literal(const Type& type, Dice& dice) { return literal(type, some_value(type, dice)); }

std::vector<const Field*> Schema::all() const {
  std::vector<const Field*> out;
  const std::function<void(const std::vector<Field>&)> collect = [&](const std::vector<Field>& below) {
    for (const Field& field : below) {
      out.push_back(&field);
      collect(field.children);
    }
  };
  collect(fields);
  return out;
}

std::vector<const Field*> Schema::leaves() const {
  std::vector<const Field*> out = all();
  std::erase_if(out, [](const Field* field) { return !field->children.empty(); });
  return out;
}

namespace {

Field required_field(const std::string& name, Type type) {
  Field field;
  field.name = field.path = name;
  field.chain = {name};
  field.type = std::move(type);
  return field;
}

void require_when(Field& field, const Type& kind, Dice& dice) {
  const bool flag = dice.once_in(4);
  field.when = flag ? "flag" : "kind";
  field.when_values.push_back(flag ? dice.once_in(2) ? "true" : "false" : quoted(dice.pick(kind.names)));
  if (const std::string more = quoted(dice.pick(kind.names));
      !flag && dice.once_in(3) && more != field.when_values[0]) {
    field.when_values.push_back(more);
  }
}

} // namespace

Schema make_schema(Dice& dice) {
  const std::vector<std::string> names = {"id",    "f1", "f2", "f3",    "type", "key", "odd name", "f4",
                                          "topic", "f5", "f6", "group", "f7",   "f8",  "f9",       "event"};
  Schema schema;
  schema.open = dice.once_in(5);
  Type kind;
  kind.names = {"a", "b", "x-y"};
  Type flag;
  flag.kind = Kind::boolean;
  schema.fields.push_back(required_field("id", with_usual(Type{}, dice)));
  schema.fields.push_back(required_field("kind", kind));
  schema.fields.push_back(required_field("flag", flag));
  for (std::size_t i = 1; i < 5 + dice.below(names.size() - 5); ++i) {
    Field field = some_field(names[i], nullptr, dice, 2);
    if (field.optional && dice.once_in(5)) {
      require_when(field, kind, dice);
    }
    schema.fields.push_back(field);
  }
  return schema;
}

std::string event_text(const Schema& schema) {
  return std::string("event e ") + (schema.open ? "open " : "") + "{\n" + fields_text(schema.fields) + "}\n";
}

} // namespace millrace::reference
