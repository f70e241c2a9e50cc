// Values that are made of others: by functions, arithmetic, `as`, from lists.
#include <algorithm>

#include "tests/support/reference/phrases.hpp"

namespace millrace::reference {
namespace {

using dsl::Kind;

using Text = std::optional<std::string>;

Text with(const Text& value, const std::string& before, const std::string& behind) {
  return value ? Text(before + *value + behind) : std::nullopt;
}

bool is_ordered(const Type& type) {
  return has_literal(type) && type.kind != Kind::boolean && type.kind != Kind::uuid && type.names.empty();
}

Type list_of(const Type& element) {
  Type list = type_of(Kind::list);
  list.element = std::make_shared<Type>(element);
  return list;
}

} // namespace

Text Phrases::made(const Type& type, bool sure, int depth) {
  Text out;
  if (!out && dice_.once_in(5)) {
    out = called_def(type, sure, depth);
  }
  if (!out && !sure && dice_.once_in(4)) {
    out = looked_up(type, depth);
  }
  if (!out && !sure && dice_.once_in(4)) {
    out = read_as(type);
  }
  if (!out && !sure && dice_.once_in(5)) {
    out = of_list(type);
  }
  if (!out && is_ordered(type) && dice_.once_in(6)) {
    out = extreme(type, sure);
  }
  if (out) {
    return out;
  }
  switch (type.kind) {
    case Kind::integer:
    case Kind::floating:
    case Kind::decimal:
      return made_number(type, sure, depth);
    case Kind::text:
      return type.names.empty() ? made_text(sure, depth) : std::nullopt;
    case Kind::timestamp:
      return made_time(type, sure, depth);
    case Kind::duration:
      return sure ? std::nullopt : made_duration(type, sure, depth);
    case Kind::list:
      return made_list(type, sure, depth);
    case Kind::any:
      return sure ? std::nullopt : made_any(depth);
    case Kind::object:
    case Kind::boolean:
    case Kind::uuid:
    case Kind::ip:
    case Kind::version:
      return std::nullopt;
  }
  return std::nullopt;
}

/// `(x as T)`
Text Phrases::read_as(const Type& type) {
  const bool listed = !type.names.empty();
  if (type.kind == Kind::any || listed) {
    return std::nullopt;
  }
  Type plain = type;
  plain.wire = dsl::Wire::natural;
  if (type.kind == Kind::decimal && type.precision == 0) {
    plain.precision = 12;
    plain.scale = 3;
  }
  const bool of_tree = type.kind == Kind::list || type.kind == Kind::object;
  const Kind from = of_tree || dice_.once_in(2)                ? Kind::any
                    : is_number(type.kind) && dice_.once_in(3) ? dice_.pick(std::vector{Kind::integer, Kind::floating})
                                                               : Kind::text;
  return with(source(type_of(from), false), "(", " as " + plain.text() + ")");
}

/// An item of a list, the first or the last, the least or the greatest.
Text Phrases::of_list(const Type& type) {
  const auto items = source(list_of(type), false);
  if (!items) {
    return std::nullopt;
  }
  const bool is_call = items->find('(') != std::string::npos;
  const bool is_def =
      std::any_of(defs.begin(), defs.end(), [&](const Def& def) { return def.name == *items; }); // which has no parts
  if (!is_call && !is_def && dice_.once_in(3)) {
    return *items + "[" + std::to_string(dice_.below(3)) + "]";
  }
  const std::vector<std::string> calls = {"first(", "last("};
  const std::vector<std::string> ordered = {"first(", "last(", "min(", "max("};
  return dice_.pick(is_ordered(type) ? ordered : calls) + *items + ")";
}

/// `min` and `max` of several.
Text Phrases::extreme(const Type& type, bool sure) {
  std::string arguments;
  for (std::size_t i = 2 + dice_.below(2); i > 0; --i) {
    const auto next = source(type, sure);
    if (!next) {
      return std::nullopt;
    }
    arguments += (arguments.empty() ? "" : ", ") + *next;
  }
  if (dice_.once_in(3)) {
    arguments += ", " + some_literal(type, dice_);
  }
  return (dice_.once_in(2) ? "min(" : "max(") + arguments + ")";
}

Text Phrases::made_time(const Type& type, bool sure, int depth) {
  const std::vector<std::string> steps = {"1h", "1d", "5m", "7d", "250ms"};
  if (sure) {
    return with(value(type, sure, depth), "truncate(", ", " + dice_.pick(steps) + ")");
  }
  switch (dice_.below(5)) {
    case 0:
      return with(value(type, sure, depth), "truncate(", ", " + dice_.pick(steps) + ")");
    case 1:
      return with(value(type, sure, depth), "(", (dice_.once_in(2) ? " + " : " - ") + dice_.pick(steps) + ")");
    case 2: {
      const auto span = value(type_of(Kind::duration), sure, depth);
      return span ? with(value(type, sure, depth), "(", " + " + *span + ")") : std::nullopt;
    }
    case 3: {
      const auto span = value(type_of(Kind::duration), sure, depth);
      return span ? with(value(type, sure, depth), "truncate(", ", " + *span + ")") : std::nullopt;
    }
    default: {
      const std::vector<std::string> formats = {"\"%Y-%m-%d\"", "\"%d %b %Y\"", "\"%Y-%m-%dT%H:%M:%SZ\"",
                                                "\"%Y%z\"",     "\"%j %Y\"",    "\"%H:%M\""};
      return with(value(type_of(Kind::text), sure, depth), "parse_time(", ", " + dice_.pick(formats) + ")");
    }
  }
}

Text Phrases::made_duration(const Type& type, bool sure, int depth) {
  switch (dice_.below(4)) {
    case 0:
      return with(value(type_of(Kind::timestamp), sure, depth), "(", " - meta.received_at)");
    case 1:
      return with(source(type, sure), "(-", ")");
    default: {
      const auto other = value(type, sure, depth);
      return other ? with(value(type, sure, depth), "(", (dice_.once_in(2) ? " + " : " - ") + *other + ")")
                   : std::nullopt;
    }
  }
}

Text Phrases::made_list(const Type& type, bool sure, int depth) {
  if (type.element->kind != Kind::text || !type.element->names.empty()) {
    return std::nullopt;
  }
  const std::vector<std::string> separators = {"\",\"", "\"a\"", "\".\"", "\"-\""};
  return with(value(type_of(Kind::text), sure, depth), "split(", ", " + dice_.pick(separators) + ")");
}

/// What is below an object or `any`, and what a text says.
Text Phrases::made_any(int depth) {
  if (dice_.once_in(4)) {
    return with(value(type_of(Kind::text), false, depth), "json(", ")");
  }
  const std::vector<std::string> steps = {".a", ".b", "[0]", "[\"odd key\"]", ".a.b", "[\"b\"][1]"};
  std::vector<std::pair<std::string, Kind>> bases;
  for (const Field* field : leaves_) {
    if (field->type.kind == Kind::object || field->type.kind == Kind::any) {
      bases.emplace_back(field->path, field->type.kind);
    }
  }
  for (const Local& local : locals_) {
    if (local.type.kind == Kind::object || local.type.kind == Kind::any) {
      bases.emplace_back(local.name, local.type.kind);
    }
  }
  if (bases.empty() || (open_ && dice_.once_in(4))) {
    return open_ ? Text("undeclared" + std::to_string(dice_.below(2))) : std::nullopt;
  }
  const auto& [base, kind] = dice_.pick(bases);
  const std::string& step = dice_.pick(steps);
  return base + (kind == Kind::object && step == "[0]" ? ".a" : step);
}

// ---- numbers

Text Phrases::made_integer(const Type& type, bool sure, int depth) {
  const auto call = [&](const std::string& name, Kind kind) {
    return with(value(type_of(kind), sure, depth), name + "(", ")");
  };
  const std::vector<std::string> signs = {" + ", " - ", " * "};
  switch (dice_.below(7)) {
    case 0:
      return call("length", Kind::text);
    case 1:
      return call("hour", Kind::timestamp);
    case 2:
      return with(value(type, sure, depth), "abs(", ")");
    case 3: {
      std::vector<std::string> lists;
      for (const Field* field : leaves_) {
        if (field->type.kind == Kind::list && (!sure || known(*field))) {
          lists.push_back(field->path);
        }
      }
      return lists.empty() ? with(made_list(list_of(type_of(Kind::text)), sure, depth), "count(", ")")
                           : Text("count(" + dice_.pick(lists) + ")");
    }
    case 4:
      return with(source(type, sure), "(-", ")");
    case 5:
      return with(source(type, sure), "round(", ")");
    default: {
      const auto left = source(type, sure);
      const auto right = dice_.once_in(2) ? source(type, sure) : Text("3");
      return left && right ? Text("(" + *left + dice_.pick(signs) + *right + ")") : std::nullopt;
    }
  }
}

Text Phrases::made_number(const Type& type, bool sure, int depth) {
  const std::vector<std::string> signs = {" + ", " - ", " * "};
  if (type.kind == Kind::integer) {
    return made_integer(type, sure, depth);
  }
  if (type.kind == Kind::floating) {
    if (sure || dice_.once_in(3)) {
      return with(value(type, sure, depth), dice_.once_in(2) ? "abs(" : "round(", ")");
    }
    const auto left = source(type, sure);
    const auto right = source(dice_.once_in(2) ? type : type_of(Kind::integer), sure);
    const std::string sign = dice_.once_in(4) ? " / " : dice_.pick(signs);
    return left && right ? Text("(" + *left + sign + *right + ")") : std::nullopt;
  }
  switch (dice_.below(5)) {
    case 0:
      return with(source(type, sure), "round(", ", " + std::to_string(dice_.below(4)) + ")");
    case 1:
      return with(value(type, sure, depth), "abs(", ")");
    case 2:
      return with(source(type, sure), "(-", ")");
    case 3: {
      const auto left = source(dice_.once_in(2) ? type : type_of(Kind::integer), false);
      const auto right = source(dice_.once_in(2) ? type : type_of(Kind::integer), false);
      if (!left || !right || sure) {
        return std::nullopt;
      }
      const std::string quotient = "(" + *left + " / " + *right + ")";
      return dice_.once_in(2) ? "(" + quotient + " as decimal(20,3))" : quotient;
    }
    default: {
      const auto left = source(type, sure);
      const auto right = dice_.once_in(2) ? source(type_of(Kind::integer), sure) : source(type, sure);
      return left && right ? Text("(" + *left + dice_.pick(signs) + *right + ")") : std::nullopt;
    }
  }
}

// ---- texts

Text Phrases::made_text(bool sure, int depth) {
  const Type text = type_of(Kind::text);
  const auto inner = value(text, sure, depth);
  if (!inner) {
    return std::nullopt;
  }
  switch (dice_.below(9)) {
    case 0:
      return "lower(" + *inner + ")";
    case 1:
      return "upper(" + *inner + ")";
    case 2:
      return "trim(" + *inner + ")";
    case 3:
      return "substring(" + *inner + ", " + std::to_string(dice_.below(3)) +
             (dice_.once_in(2) ? ", " + std::to_string(dice_.below(3)) : "") + ")";
    case 4: {
      const auto other = value(some_type(true), sure, depth);
      return other ? Text("concat(" + *inner + ", \"-\", " + *other + ")") : std::nullopt;
    }
    case 5:
      return with(dice_.once_in(2) ? value(some_type(true), sure, depth) : inner, "hash(", ")");
    case 6:
      return with(value(type_of(Kind::timestamp), sure, depth), "date(", ")");
    case 7:
      return sure ? std::nullopt : Text("host(" + *inner + ")");
    default:
      return sure ? std::nullopt : with(value(some_type(true), sure, depth), "(", " as string)");
  }
}

} // namespace millrace::reference
