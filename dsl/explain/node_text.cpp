#include "dsl/explain/node_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "dsl/check/functions.hpp"
#include "dsl/evaluate/reason_text.hpp"
#include "dsl/values/arena.hpp"
#include "dsl/values/text_form.hpp"

namespace millrace::dsl {
namespace {

constexpr std::size_t kMostOfAValue = 60; // bytes
constexpr std::size_t kMostItems = 5;

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : shortened(text, kMostOfAValue)) {
    switch (c) {
      case '"':
      case '\\':
        out += {'\\', c};
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '.' : c;
    }
  }
  return out + "\"";
}

std::string percent(std::uint32_t of_ten_thousand) {
  std::array<char, 16> text{};
  const char* const end =
      std::to_chars(text.data(), text.data() + text.size(), static_cast<double>(of_ten_thousand) / 100).ptr;
  return std::string(static_cast<const char*>(text.data()), end) + "%";
}

std::string_view word_of(JsonType type) {
  constexpr std::array<std::string_view, 5> kWords = {"string", "number", "bool", "list", "object"};
  return kWords[static_cast<std::size_t>(type) - 1];
}

bool is_infix(Op op) {
  constexpr std::array kOps = {Op::coalesce, Op::add,    Op::subtract, Op::multiply, Op::divide,    Op::read_as,
                               Op::all_of,   Op::any_of, Op::some,     Op::every,    Op::as_boolean};
  return (op >= Op::is_null && op <= Op::is_not_kind) || std::find(kOps.begin(), kOps.end(), op) != kOps.end();
}

std::string join(const std::vector<std::string>& parts, const std::string& between, const std::string& last) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    out += (i == 0 ? "" : i + 1 == parts.size() ? last : between) + parts[i];
  }
  return out;
}

} // namespace

std::string shortened(std::string_view text, std::size_t most) {
  const std::string_view fitting = cut(text, most);
  return std::string(fitting) + (fitting.size() < text.size() ? "…" : "");
}

std::string value_text(const Value& value) {
  switch (value.tag()) {
    case Tag::absent:
      return "missing";
    case Tag::text:
      return quoted(value.as_text());
    case Tag::json:
      return shortened(value.as_text(), kMostOfAValue);
    case Tag::list: {
      if (!value.as_list().json.empty()) {
        return shortened(value.as_list().json, kMostOfAValue);
      }
      std::vector<std::string> items;
      for (const Value& item : value.as_list().items) {
        items.push_back(value_text(item));
      }
      return shortened("[" + join(items, ", ", ", ") + "]", kMostOfAValue);
    }
    default:
      break;
  }
  Arena arena;
  return shortened(text_form(value, arena).value_or("?"), kMostOfAValue);
}

std::string NodeText::operand(Index node) const {
  const std::string text = of(node);
  return is_infix(program_.nodes[node].op) ? "(" + text + ")" : text;
}

std::string NodeText::infix(const Node& node, const char* sign) const {
  const std::string ignoring = node.detail == kIgnoringCase ? " ignoring case" : "";
  return operand(node.a) + " " + sign + " " + operand(node.b) + ignoring;
}

std::string NodeText::suffix(const Node& node, const char* text) const { return operand(node.a) + " " + text; }

std::string NodeText::list(const Node& node, const char* between) const {
  std::vector<std::string> parts;
  for (Index i = 0; i < node.b; ++i) {
    parts.push_back(operand(program_.operands[node.a + i]));
  }
  return join(parts, between, between);
}

std::string NodeText::call(const Node& node) const {
  std::vector<std::string> arguments;
  for (Index i = 0; i < node.b; ++i) {
    arguments.push_back(of(program_.operands[node.a + i]));
  }
  return std::string(check::name_of(static_cast<Function>(node.detail))) + "(" + join(arguments, ", ", ", ") + ")";
}

std::string NodeText::items(Index number, bool with_or) const {
  const ValueSet& set = program_.sets[number];
  const std::size_t count = set.values.size() + set.ranges.size() + set.blocks.size();
  if (count > kMostItems) {
    return std::string(with_or ? "one of " : "") + std::to_string(count) + " values";
  }
  std::vector<std::string> items;
  for (const Value& value : set.values) {
    items.push_back(value_text(value));
  }
  for (const ValueRange& range : set.ranges) {
    items.push_back(value_text(range.low) + (range.open ? "..<" : "..") + value_text(range.high));
  }
  for (const IpBlock& block : set.blocks) {
    const bool old = std::all_of(block.address.begin(), block.address.begin() + 10, [](auto b) { return b == 0; }) &&
                     block.address[10] == 0xFF && block.bits >= 96;
    items.push_back("\"" + value_text(Value::of_ip(block.address)) + "/" +
                    std::to_string(old ? block.bits - 96 : block.bits) + "\"");
  }
  return join(items, ", ", with_or ? " or " : ", ");
}

std::string NodeText::of(Index index) const {
  const Node& node = program_.nodes[index];
  const std::string ignoring = node.detail == kIgnoringCase ? " ignoring case" : "";
  switch (node.op) {
    case Op::constant:
      return value_text(program_.constants[node.a]);
    case Op::field:
      return shape_.fields[node.a].path;
    case Op::meta_topic:
      return "meta.topic";
    case Op::received_at:
      return "meta.received_at";
    case Op::meta_header:
      return "meta.headers[" + quoted(program_.text(node.a)) + "]";
    case Op::payload:
      return "payload";
    case Op::unmapped:
      return "unmapped";
    case Op::coalesce:
      return infix(node, "??");
    case Op::add:
      return infix(node, "+");
    case Op::subtract:
      return infix(node, "-");
    case Op::multiply:
      return infix(node, "*");
    case Op::divide:
      return infix(node, "/");
    case Op::negate:
      return "-" + operand(node.a);
    case Op::read_as: {
      Arena arena;
      return suffix(node, "as ") + std::string(type_text(program_, node.type, arena));
    }
    case Op::concat: {
      std::string text;
      for (Index i = 0; i < node.b; ++i) {
        const Index part = program_.operands[node.a + i];
        text += program_.nodes[part].op == Op::constant
                    ? std::string(program_.constants[program_.nodes[part].a].as_text())
                    : "{" + of(part) + "}";
      }
      return "\"" + text + "\"";
    }
    case Op::as_boolean:
      return of(node.a);
    case Op::call:
      return call(node);
    case Op::element:
      return node.a == 0 ? "item" : "inner_item";
    case Op::member:
      return operand(node.a) + "." + std::string(program_.text(node.b));
    case Op::item:
      return operand(node.a) + "[" + std::to_string(node.b) + "]";
    case Op::lookup: {
      const Lookup& lookup = program_.lookups[node.b];
      return lookup.name + "[" + of(node.a) + "]" + (lookup.is_record ? "." + lookup.columns[node.detail] : "");
    }
    case Op::always:
      return "true";
    case Op::never:
      return "false";
    case Op::all_of:
      return list(node, " and ");
    case Op::any_of:
      return list(node, " or ");
    case Op::exists:
      return "exists " + operand(node.a);
    case Op::not_exists:
      return "not exists " + operand(node.a);
    case Op::is_null:
      return suffix(node, "is null");
    case Op::is_not_null:
      return "not (" + suffix(node, "is null") + ")";
    case Op::is_true:
      return of(node.a);
    case Op::is_false:
      return "not " + operand(node.a);
    case Op::equal:
      return infix(node, "==");
    case Op::unequal:
      return infix(node, "!=");
    case Op::less:
      return infix(node, "<");
    case Op::less_equal:
      return infix(node, "<=");
    case Op::greater:
      return infix(node, ">");
    case Op::greater_equal:
      return infix(node, ">=");
    case Op::in_set:
      return suffix(node, "in (") + items(node.b, false) + ")" + ignoring;
    case Op::not_in_set:
      return suffix(node, "not in (") + items(node.b, false) + ")" + ignoring;
    case Op::starts_with:
      return infix(node, "starts with");
    case Op::not_starts_with:
      return infix(node, "not starts with");
    case Op::ends_with:
      return infix(node, "ends with");
    case Op::not_ends_with:
      return infix(node, "not ends with");
    case Op::contains:
      return infix(node, "contains");
    case Op::not_contains:
      return infix(node, "not contains");
    case Op::in_list:
      return infix(node, "in");
    case Op::not_in_list:
      return infix(node, "not in");
    case Op::in_lookup:
      return suffix(node, "in ") + program_.lookups[node.b].name;
    case Op::not_in_lookup:
      return suffix(node, "not in ") + program_.lookups[node.b].name;
    case Op::matches:
      return suffix(node, "matches /") + program_.regexes[node.b].pattern + "/";
    case Op::not_matches:
      return suffix(node, "not matches /") + program_.regexes[node.b].pattern + "/";
    case Op::is_kind:
      return suffix(node, "is ") + std::string(word_of(static_cast<JsonType>(node.detail)));
    case Op::is_not_kind:
      return "not (" + suffix(node, "is ") + std::string(word_of(static_cast<JsonType>(node.detail))) + ")";
    case Op::some:
      return "some item in " + operand(node.a) + " satisfies (" + of(node.b) + ")";
    case Op::every:
      return "every item in " + operand(node.a) + " satisfies (" + of(node.b) + ")";
    case Op::sampled:
      return "sampled(" + of(node.a) + ", " + percent(program_.samples[node.b].below) + ")";
    case Op::not_sampled:
      return "not sampled(" + of(node.a) + ", " + percent(program_.samples[node.b].below) + ")";
  }
  return "?";
}

} // namespace millrace::dsl
