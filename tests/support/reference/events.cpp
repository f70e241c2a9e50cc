// Random events: right, nearly right, and no JSON.
#include <algorithm>
#include <cstdio>

#include "tests/support/reference/generate.hpp"
#include "tests/support/reference/value.hpp"

namespace millrace::reference {
namespace {

using dsl::Kind;
using dsl::Wire;

/// Texts of JSON have many spellings.
std::string json_text(std::string_view text, Dice& dice) {
  std::string out = "\"";
  const bool escape_all = dice.once_in(30);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || c == '"' || c == '\\' || (escape_all && byte < 0x80)) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(byte));
      out += escape.data();
    } else {
      out += c;
    }
  }
  return out + "\"";
}

class EventMaker {
 public:
  explicit EventMaker(Dice& dice) : dice_(dice) {
    wrong_in_ = dice.once_in(10) ? 6 : dice.once_in(4) ? 60 : 1'000'000; // most events are to be right
  }

  std::string object(const std::vector<Field>& fields, int depth) {
    std::vector<std::string> members;
    for (const Field& field : fields) {
      const bool wrong = dice_.once_in(wrong_in_);
      if (wrong && dice_.once_in(3)) {
        continue;
      }
      if (field.optional && dice_.once_in(field.when.empty() ? 4 : 20)) {
        if (dice_.once_in(3)) {
          members.push_back(json_text(field.name, dice_) + ":null");
        }
        continue;
      }
      for (int i = wrong && dice_.once_in(3) ? 2 : 1; i > 0; --i) {
        members.push_back(json_text(field.name, dice_) + ":" + space() + value(field, wrong, depth));
      }
    }
    while (dice_.once_in(6)) {
      static const std::vector<std::string> names = {"undeclared0", "undeclared1", "zz", "a", "odd key"};
      const std::string& name = dice_.pick(names);
      const bool taken = std::any_of(fields.begin(), fields.end(), [&](const Field& f) { return f.name == name; });
      if (!taken) {
        members.push_back(json_text(name, dice_) + ":" + anything(2));
      }
    }
    if (dice_.once_in(10)) {
      std::reverse(members.begin(), members.end());
    }
    return joined(members, '{', '}');
  }

  std::string damaged(std::string event) {
    switch (dice_.below(6)) {
      case 0:
        return event.substr(0, dice_.below(event.size() + 1));
      case 1:
        event[dice_.below(event.size())] = static_cast<char>(dice_.below(256));
        return event;
      case 2:
        event.insert(dice_.below(event.size() + 1), 1, "{}[]\",:\\0e-x"[dice_.below(12)]);
        return event;
      case 3:
        return event + " " + event;
      case 4:
        return "{\"deep\":" + std::string(60 + dice_.below(8), '[') + "1" + std::string(60 + dice_.below(8), ']') + "}";
      default:
        return anything(2);
    }
  }

  std::string anything(int depth) {
    static const std::vector<std::string> numbers = {"0",
                                                     "-0",
                                                     "5",
                                                     "1.5",
                                                     "1e2",
                                                     "5.0",
                                                     "1e400",
                                                     "123456789012345678901234567890",
                                                     "1.0",
                                                     "-7",
                                                     "1e-400",
                                                     "0.1",
                                                     "2",
                                                     "18446744073709551616",
                                                     "1234567890.12345678901234567890123456789"};
    Type text;
    switch (dice_.below(depth > 0 ? 7 : 5)) {
      case 0:
        return "null";
      case 1:
        return dice_.once_in(2) ? "true" : "false";
      case 2:
        return dice_.pick(numbers);
      case 3:
        return json_text(some_value(text, dice_), dice_);
      case 4: { // what conditions on `any` ask for
        static const std::vector<std::string> texts = {"a", "b", "ab", "5", "a,b"};
        return json_text(dice_.pick(texts), dice_);
      }
      case 5: {
        std::vector<std::string> items;
        while (dice_.once_in(2)) {
          items.push_back(anything(depth - 1));
        }
        return joined(items, '[', ']');
      }
      default: {
        std::vector<std::string> members;
        static const std::vector<std::string> names = {"a", "b", "odd key", "c"};
        while (!dice_.once_in(3)) {
          members.push_back(json_text(dice_.pick(names), dice_) + ":" + anything(depth - 1));
        }
        return joined(members, '{', '}');
      }
    }
  }

 private:
  std::string space() {
    if (!dice_.once_in(20)) {
      return "";
    }
    static const std::vector<std::string> spaces = {" ", "\n", "\t ", "  "};
    return dice_.pick(spaces);
  }

  std::string joined(const std::vector<std::string>& parts, char open, char close) {
    std::string out(1, open);
    for (const std::string& part : parts) {
      out += (out.size() > 1 ? "," + space() : space()) + part + space();
    }
    return out + close;
  }

  std::string value(const Field& field, bool wrong, int depth) {
    if (wrong && dice_.once_in(2)) {
      return anything(1);
    }
    if (!field.children.empty()) {
      return object(field.children, depth + 1);
    }
    return value_of_type(field.type, wrong);
  }

  std::string value_of_type(const Type& type, bool wrong) {
    if (type.kind == Kind::any) {
      return anything(2);
    }
    if (type.kind == Kind::object) {
      std::string out = anything(2);
      return out[0] == '{' ? out : "{\"a\":" + out + "}";
    }
    if (type.kind == Kind::list) {
      std::vector<std::string> items;
      while (!dice_.once_in(3)) {
        items.push_back(wrong && dice_.once_in(4) ? anything(1) : value_of_type(*type.element, wrong));
      }
      return joined(items, '[', ']');
    }
    std::string text = some_value(type, dice_);
    if (type.kind == Kind::text && (type.or_other || wrong) && dice_.once_in(4)) {
      text = some_value(Type{}, dice_);
    }
    if (wrong) {
      text = nearly(type, text);
    }
    text = other_spelling(type, text);
    const bool number = type.kind == Kind::integer || type.kind == Kind::floating || type.kind == Kind::decimal;
    if (type.wire == Wire::text) {
      return json_text(text, dice_);
    }
    if (number || type.kind == Kind::boolean) {
      return text;
    }
    if (type.kind == Kind::timestamp && type.wire != Wire::natural && type.wire != Wire::iso8601) {
      return unix_time(type, text);
    }
    return json_text(text, dice_);
  }

  /// The same value, written in another way.
  std::string other_spelling(const Type& type, const std::string& text) {
    if (!dice_.once_in(6)) {
      return text;
    }
    switch (type.kind) {
      case Kind::decimal:
      case Kind::floating:
        if (text.find_first_of("eE") == std::string::npos) {
          return dice_.once_in(2) ? text + "e0" : text.find('.') == std::string::npos ? text + ".0" : text + "0";
        }
        return text;
      case Kind::timestamp: {
        std::string out = text;
        out[10] = dice_.once_in(2) ? ' ' : 't';
        if (dice_.once_in(2)) {
          out.back() = '+';
          out += dice_.once_in(2) ? "02:00" : "00:00";
        }
        return out;
      }
      case Kind::uuid:
        return upper(text);
      case Kind::ip:
        return text.find(':') == std::string::npos ? "::ffff:" + text : upper(text);
      case Kind::duration: {
        static const std::vector<std::string> spans = {"1h30m", "-2d", "1w1d1h1m1s1ms1us", "60s", "1us", "-0s"};
        return dice_.pick(spans);
      }
      default:
        return text;
    }
  }

  std::string nearly(const Type& type, const std::string& text) {
    static const std::vector<std::string> numbers = {"1.5",
                                                     "1e3",
                                                     "9223372036854775808",
                                                     "-9223372036854775809",
                                                     "123456789012345678901234567890",
                                                     "1e400",
                                                     "1.0",
                                                     "0.00001",
                                                     "-0",
                                                     "1e-400",
                                                     "99999999999.9999"};
    switch (type.kind) {
      case Kind::integer:
      case Kind::floating:
      case Kind::decimal:
        return dice_.pick(numbers);
      case Kind::timestamp: {
        static const std::vector<std::string> times = {
            "2024-02-30T00:00:00Z",  "2024-06-10T08:00:60Z",         "2024-06-10T08:00Z",    "2024-06-10T08:00:00",
            "0000-01-01T00:00:00Z",  "9999-12-31T23:59:59-01:00",    "2023-02-29T00:00:00Z", "2024-06-10T24:00:00Z",
            "2024-06-10T08:00:00.Z", "2024-06-10T08:00:00.1234567Z", "2024-06-10T08:00:00z"};
        return dice_.pick(times);
      }
      case Kind::ip: {
        static const std::vector<std::string> addresses = {
            "10.0.0.01",       "10.0.0", "::ffff:10.0.0.1", "fe80::1%eth0", "10.0.0.0/8",
            "1:2:3:4:5:6:7:8", ":::",    "1::2::3",         "256.1.1.1",    "::10.0.0.1"};
        return dice_.pick(addresses);
      }
      case Kind::version: {
        static const std::vector<std::string> versions = {"v1",   "1.",  "1..2",   "1.0-",   "1.0-a..b",
                                                          "1.0+", "1.a", "1.0-01", "1.0+a+b"};
        return dice_.pick(versions);
      }
      case Kind::duration: {
        static const std::vector<std::string> spans = {"5",
                                                       "m5",
                                                       "5m1h",
                                                       "5m5m",
                                                       "1.5h",
                                                       "",
                                                       "-",
                                                       "99999999999999w",
                                                       "1h 5m",
                                                       "5 m",
                                                       "9223372036854775807us",
                                                       "-9223372036854775808us",
                                                       "9223372036854775808us"};
        return dice_.pick(spans);
      }
      case Kind::boolean:
        return dice_.once_in(2) ? "1" : "null";
      default:
        return text.empty() ? "x" : text.substr(1);
    }
  }

  std::string unix_time(const Type& type, const std::string& text) {
    const auto micros = moment_of(text);
    const int zeros = type.wire == Wire::unix_s ? 6 : type.wire == Wire::unix_ms ? 3 : 0;
    if (!micros) {
      static const std::vector<std::string> numbers = {
          "1e30", "253402300800000000", "-62135596800000001", "0.5", "-0.5", "1e-9", "-1e-9"};
      return dice_.pick(numbers);
    }
    return written(multiply(big_of(*micros), big_of("1e-" + std::to_string(zeros))));
  }

  Dice& dice_;
  std::size_t wrong_in_;
};

} // namespace

std::string make_event(const Schema& schema, Dice& dice) {
  EventMaker maker(dice);
  const std::string event = maker.object(schema.fields, 0);
  return dice.once_in(60) ? maker.damaged(event) : event;
}

} // namespace millrace::reference
