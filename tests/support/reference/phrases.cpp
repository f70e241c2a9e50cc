#include "tests/support/reference/phrases.hpp"

#include <algorithm>

namespace millrace::reference {
namespace {

using dsl::Kind;

Type of(Kind kind) {
  Type type;
  type.kind = kind;
  return type;
}

bool fits_place(const Type& wanted, const Type& type) {
  if (wanted.kind == Kind::text) {
    return type.kind == Kind::text && type.names == wanted.names && type.or_other == wanted.or_other;
  }
  if (wanted.kind == Kind::decimal && wanted.precision > 0) { // or its literals might not fit
    return type.kind == wanted.kind && type.precision == wanted.precision && type.scale == wanted.scale;
  }
  if (wanted.kind == Kind::list) {
    return type.kind == Kind::list && type.element->kind == wanted.element->kind;
  }
  return type.kind == wanted.kind;
}

bool is_number(Kind kind) { return kind == Kind::integer || kind == Kind::floating || kind == Kind::decimal; }

const std::vector<std::string> kPatterns = {"/a/",          "/^a/",      "/b$/i",   "/^(a|b)+$/", "/[0-9]+/",
                                            "/a.b/",        "/ä/i",      "/x\\.y/", "/^$/",       "/(a|aB)[bB]/",
                                            "/\\bred\\b/i", "/^[^a]*$/", "/日/"};

} // namespace

bool Phrases::known(const Field& field) const {
  if (field.sure) {
    return true;
  }
  return std::any_of(known_.begin(), known_.end(), [&](const std::string& path) { return path == field.path; });
}

Type Phrases::some_type(bool with_text) {
  std::vector<Type> types = {of(Kind::text)};
  for (const Field* field : leaves_) {
    const Kind kind = field->type.kind;
    if (!with_text || (kind != Kind::list && kind != Kind::object && kind != Kind::any)) {
      types.push_back(field->type);
    }
  }
  return dice_.pick(types);
}

/// A field, a variable, a definition or what the source knows.
std::optional<std::string> Phrases::source(const Type& type, bool sure) {
  std::vector<std::string> found;
  for (const Field* field : leaves_) {
    if (fits_place(type, field->type) && (!sure || known(*field))) {
      found.push_back(field->path);
    }
  }
  for (const Local& local : locals_) {
    if (fits_place(type, local.type) && !(sure && local.type.kind == Kind::any)) {
      found.insert(found.end(), 3, local.name);
    }
  }
  for (const Def& def : defs) {
    if (fits_place(type, def.type) && (!sure || def.sure)) {
      found.push_back(def.name);
    }
  }
  if (type.kind == Kind::timestamp) {
    found.emplace_back("meta.received_at");
  }
  if (type.kind == Kind::text && type.names.empty() && !sure) {
    found.emplace_back("meta.topic");
    found.emplace_back("meta.headers[\"h\"]");
  }
  return found.empty() ? std::nullopt : std::optional(dice_.pick(found));
}

std::optional<std::string> Phrases::value(const Type& type, bool sure, int depth) {
  if (depth > 0 && dice_.once_in(3)) {
    if (auto out = made(type, sure, depth - 1)) {
      return out;
    }
  }
  if (sure && dice_.once_in(3) && type.kind != Kind::list && type.kind != Kind::object && type.kind != Kind::any) {
    if (const auto absent = depth > 0 && dice_.once_in(2) ? made(type, false, depth - 1) : source(type, false)) {
      return "(" + *absent + " ?? " + literal(type) + ")";
    }
  }
  return source(type, sure);
}

std::optional<std::string> Phrases::made(const Type& type, bool sure, int depth) {
  const auto with = [](const std::optional<std::string>& value, const std::string& before, const std::string& behind) {
    return value ? std::optional(before + *value + behind) : std::nullopt;
  };
  if (!sure && dice_.once_in(5)) {
    for (const Lookup& lookup : lookups) {
      if (fits_place(type, lookup.value) && dice_.once_in(2)) {
        return with(value(lookup.key, false, depth), lookup.name + "[", "]");
      }
    }
  }
  if (!sure && dice_.once_in(4) && type.kind != Kind::list && type.kind != Kind::object && type.kind != Kind::any &&
      type.names.empty()) {
    const auto from = dice_.once_in(2) ? source(of(Kind::any), false) : source(of(Kind::text), false);
    Type plain = type;
    plain.wire = dsl::Wire::natural;
    return with(from, "(", " as " + plain.text() + ")");
  }
  if (!sure && dice_.once_in(6) && type.kind != Kind::list) {
    Type list = of(Kind::list);
    list.element = std::make_shared<Type>(type);
    const auto items = source(list, false);
    const std::vector<std::string> calls = {"first(", "last("};
    if (items) {
      return dice_.once_in(3) ? *items + "[" + std::to_string(dice_.below(3)) + "]" : dice_.pick(calls) + *items + ")";
    }
  }
  switch (type.kind) {
    case Kind::integer:
    case Kind::floating:
    case Kind::decimal:
      return made_number(type, sure, depth);
    case Kind::text:
      return type.names.empty() ? made_text(sure, depth) : std::nullopt;
    case Kind::timestamp: {
      const std::vector<std::string> steps = {"1h", "1d", "5m", "7d", "250ms"};
      switch (sure ? 0 : dice_.below(4)) {
        case 0:
          return sure ? std::nullopt : with(value(type, sure, depth), "truncate(", ", " + dice_.pick(steps) + ")");
        case 1:
          return with(value(type, sure, depth), "(", (dice_.once_in(2) ? " + " : " - ") + dice_.pick(steps) + ")");
        case 2: {
          const auto span = value(of(Kind::duration), sure, depth);
          return span ? with(value(type, sure, depth), "(", " + " + *span + ")") : std::nullopt;
        }
        default: {
          const std::vector<std::string> formats = {"\"%Y-%m-%d\"", "\"%d %b %Y\"", "\"%Y-%m-%dT%H:%M:%SZ\""};
          return with(value(of(Kind::text), sure, depth), "parse_time(", ", " + dice_.pick(formats) + ")");
        }
      }
    }
    case Kind::duration: {
      if (sure) {
        return std::nullopt;
      }
      if (dice_.once_in(2)) {
        return with(value(of(Kind::timestamp), sure, depth), "(", " - meta.received_at)");
      }
      const auto other = value(type, sure, depth);
      return other ? with(value(type, sure, depth), "(", (dice_.once_in(2) ? " + " : " - ") + *other + ")")
                   : std::nullopt;
    }
    case Kind::list:
      if (type.element->kind == Kind::text && type.element->names.empty()) {
        const std::vector<std::string> separators = {"\",\"", "\"a\"", "\".\""};
        return with(value(*type.element, sure, depth), "split(", ", " + dice_.pick(separators) + ")");
      }
      return std::nullopt;
    case Kind::any: {
      if (sure) {
        return std::nullopt;
      }
      if (dice_.once_in(3)) {
        return with(value(of(Kind::text), sure, depth), "json(", ")");
      }
      const std::vector<std::string> steps = {".a", ".b", "[0]", "[\"odd key\"]", ".a.b"};
      const auto object = source(of(dice_.once_in(2) ? Kind::object : Kind::any), false);
      const auto plain = [](const std::string& path) { return path.find('(') == std::string::npos; };
      if (!object || !plain(*object)) {
        return open_ ? std::optional<std::string>("undeclared" + std::to_string(dice_.below(2))) : std::nullopt;
      }
      const std::string step = dice_.pick(steps);
      const bool of_object = std::any_of(leaves_.begin(), leaves_.end(), [&](const Field* field) {
        return field->path == *object && field->type.kind == Kind::object;
      });
      return *object + (of_object && step == "[0]" ? ".a" : step);
    }
    case Kind::boolean:
    case Kind::uuid:
    case Kind::object:
    case Kind::ip:
    case Kind::version:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::string> Phrases::made_number(const Type& type, bool sure, int depth) {
  const auto call = [&](const std::string& name, const Type& of_type) -> std::optional<std::string> {
    const auto argument = value(of_type, sure, depth);
    return argument ? std::optional(name + "(" + *argument + ")") : std::nullopt;
  };
  const std::vector<std::string> signs = {" + ", " - ", " * "};
  if (type.kind == Kind::integer) {
    switch (dice_.below(6)) {
      case 0:
        return call("length", of(Kind::text));
      case 1:
        return call("hour", of(Kind::timestamp));
      case 2:
        return call("abs", type);
      case 3:
        for (const Field* field : leaves_) {
          if (field->type.kind == Kind::list && (!sure || known(*field))) {
            return "count(" + field->path + ")";
          }
        }
        return std::nullopt;
      case 4: {
        const auto left = source(type, sure);
        return left ? std::optional("(-" + *left + ")") : std::nullopt;
      }
      default: {
        const auto left = source(type, sure);
        const auto right = dice_.once_in(2) ? source(type, sure) : std::optional<std::string>("3");
        return left && right ? std::optional("(" + *left + dice_.pick(signs) + *right + ")") : std::nullopt;
      }
    }
  }
  if (type.kind == Kind::floating) {
    if (sure) {
      return call(dice_.once_in(2) ? "abs" : "round", type);
    }
    const auto left = source(type, sure);
    const auto right = source(dice_.once_in(2) ? type : of(Kind::integer), sure);
    const std::string sign = dice_.once_in(4) ? " / " : dice_.pick(signs);
    return left && right ? std::optional("(" + *left + sign + *right + ")") : std::nullopt;
  }
  switch (dice_.below(5)) {
    case 0: {
      const auto argument = source(type, sure);
      return argument ? std::optional("round(" + *argument + ", " + std::to_string(dice_.below(4)) + ")")
                      : std::nullopt;
    }
    case 1:
      return call("abs", type);
    case 2: {
      const auto left = source(type, sure);
      const auto right = source(type, sure);
      const std::string name = dice_.once_in(2) ? "min(" : "max(";
      return left && right ? std::optional(name + *left + ", " + *right + ")") : std::nullopt;
    }
    case 3: {
      const auto left = source(dice_.once_in(2) ? type : of(Kind::integer), false);
      const auto right = source(dice_.once_in(2) ? type : of(Kind::integer), false);
      if (!left || !right || sure) {
        return std::nullopt;
      }
      const std::string quotient = "(" + *left + " / " + *right + ")";
      return dice_.once_in(2) ? "(" + quotient + " as decimal(20,3))" : quotient;
    }
    default: {
      const auto left = source(type, sure);
      const auto right = dice_.once_in(2) ? source(of(Kind::integer), sure) : source(type, sure);
      return left && right ? std::optional("(" + *left + dice_.pick(signs) + *right + ")") : std::nullopt;
    }
  }
}

std::optional<std::string> Phrases::made_text(bool sure, int depth) {
  const Type text = of(Kind::text);
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
      return other ? std::optional("concat(" + *inner + ", \"-\", " + *other + ")") : std::nullopt;
    }
    case 5:
      return "hash(" + *inner + ")";
    case 6: {
      const auto time = value(of(Kind::timestamp), sure, depth);
      return time ? std::optional("date(" + *time + ")") : std::nullopt;
    }
    case 7:
      return sure ? std::nullopt : std::optional("host(" + *inner + ")");
    default: {
      const auto other = sure ? std::nullopt : value(some_type(true), sure, depth);
      return other ? std::optional("(" + *other + " as string)") : std::nullopt;
    }
  }
}

// ---- conditions

std::string Phrases::condition(int depth, bool negatable) {
  const std::size_t before = mark();
  std::string out;
  if (depth > 0 && dice_.once_in(3)) {
    const bool is_and = dice_.once_in(2);
    const std::string word = is_and ? " and " : " or ";
    std::string left;
    std::vector<const Field*> unsure;
    std::copy_if(leaves_.begin(), leaves_.end(), std::back_inserter(unsure),
                 [&](const Field* f) { return !known(*f); });
    if (!negatable && !unsure.empty() && dice_.once_in(2)) { // what narrowing is for
      const Field& field = *dice_.pick(unsure);
      left = (is_and ? "exists " : "not exists ") + field.path;
      know(field.path);
    } else {
      left = condition(depth - 1, negatable);
    }
    out = "(" + left + word + condition(depth - 1, negatable) + ")";
  } else if (depth > 0 && dice_.once_in(6)) {
    out = "not (" + condition(depth - 1, true) + ")";
  } else {
    out = test(depth, negatable);
  }
  forget_to(before);
  return out;
}

std::string Phrases::test(int depth, bool negatable) {
  if (!negatable && dice_.once_in(10)) {
    const Field& field = *dice_.pick(leaves_);
    return dice_.once_in(2) ? negation(true) + "exists " + field.path : field.path + " is null";
  }
  if (dice_.once_in(14)) {
    const auto x = value(some_type(true), negatable, 1);
    const std::vector<std::string> shares = {"50%", "12.5%", "0.01%", "99.99%", "100%"};
    return x ? "sampled(" + *x + ", " + dice_.pick(shares) + ")" : "true";
  }
  if (dice_.once_in(8)) {
    return quantified(depth, negatable);
  }
  if (dice_.once_in(8)) {
    return test_of_any(negatable);
  }
  const bool sure = negatable || dice_.once_in(2);
  Type type = dice_.once_in(3) ? of(Kind::text) : some_type(false);
  if (type.kind == Kind::list || type.kind == Kind::object || type.kind == Kind::any) {
    type = of(Kind::text);
  }
  const auto left = value(type, sure, 2);
  if (!left) {
    return "kind == \"a\"";
  }
  if (type.kind == Kind::boolean) {
    return negation(sure) + *left;
  }
  if (type.kind == Kind::text && dice_.once_in(2)) {
    return text_test(*left, sure);
  }
  return dice_.once_in(3) ? membership(type, *left, sure) : comparison(type, *left, sure, depth);
}

std::string Phrases::comparison(const Type& type, const std::string& left, bool sure, int) {
  std::vector<std::string> signs = {" == "};
  if (sure) {
    signs.insert(signs.end(), {" != "});
  }
  const bool ordered = type.kind != Kind::uuid && type.names.empty();
  if (ordered) {
    signs.insert(signs.end(), {" < ", " <= ", " > ", " >= "});
  }
  std::optional<std::string> right;
  if (dice_.once_in(3)) {
    const std::vector<Type> numbers = {of(Kind::integer), of(Kind::floating), of(Kind::decimal)};
    right = source(is_number(type.kind) ? dice_.pick(numbers) : type, sure);
  }
  const std::string sign = dice_.pick(signs);
  const bool fold = type.kind == Kind::text && (sign == " == " || sign == " != ") && dice_.once_in(4);
  return left + sign + right.value_or(literal(type)) + (fold ? " ignoring case" : "");
}

std::string Phrases::membership(const Type& type, const std::string& left, bool sure) {
  const std::string in = " " + negation(sure) + "in ";
  std::set<std::string> items; // the same twice is flagged
  for (std::size_t i = 1 + dice_.below(dice_.once_in(4) ? 14 : 3); i > 0; --i) {
    items.insert(literal(type));
  }
  if (type.kind == Kind::integer && dice_.once_in(2)) {
    const std::size_t low = dice_.below(30);
    items.insert(std::to_string(low) + (dice_.once_in(2) ? ".." : "..<") + std::to_string(low + 1 + dice_.below(200)));
  }
  if (type.kind == Kind::ip && dice_.once_in(2)) {
    const std::vector<std::string> blocks = {"\"10.0.0.0/8\"",  "\"10.0.0.0/24\"",   "\"0.0.0.0/0\"",
                                             "\"::/0\"",        "\"2001:db8::/32\"", "\"fe80::/10\"",
                                             "\"10.0.0.1/32\"", "\"126.0.0.0/7\""};
    items.insert(dice_.pick(blocks));
  }
  if (type.kind == Kind::text && type.names.empty() && dice_.once_in(5)) {
    for (const Lookup& lookup : lookups) {
      if (lookup.key.kind == Kind::text) {
        return left + in + lookup.name;
      }
    }
  }
  Type list = of(Kind::list);
  list.element = std::make_shared<Type>(type);
  if (const auto found = dice_.once_in(5) ? source(list, sure) : std::nullopt) {
    return left + in + *found;
  }
  std::string out;
  for (const std::string& item : items) {
    out += (out.empty() ? "" : ", ") + item;
  }
  const bool fold = type.kind == Kind::text && dice_.once_in(5);
  return left + in + "(" + out + ")" + (fold ? " ignoring case" : "");
}

std::string Phrases::text_test(const std::string& left, bool sure) {
  const Type text = of(Kind::text);
  const std::vector<std::string> words = {"starts with ", "ends with ", "contains "};
  if (dice_.once_in(4)) {
    return left + " " + negation(sure) + "matches " + dice_.pick(kPatterns);
  }
  const auto other = dice_.once_in(5) ? source(text, sure) : std::nullopt;
  return left + " " + negation(sure) + dice_.pick(words) + other.value_or(literal(text)) +
         (dice_.once_in(4) ? " ignoring case" : "");
}

std::string Phrases::quantified(int depth, bool negatable) {
  std::vector<const Field*> lists;
  for (const Field* field : leaves_) {
    if (field->type.kind == Kind::list && (!negatable || known(*field))) {
      lists.push_back(field);
    }
  }
  if (lists.empty() || locals_.size() > 1) {
    return "kind == \"b\"";
  }
  const Field& list = *dice_.pick(lists);
  const std::string variable = "v" + std::to_string(names_++);
  Type element = *list.type.element;
  locals_.push_back({variable, element});
  std::string body;
  if (element.kind == Kind::object) {
    const std::vector<std::string> tests = {".a == 1", ".b == \"a\"", ".a > 0", ".b starts with \"a\"", ".c is null"};
    body = negatable ? "exists " + variable : variable + dice_.pick(tests);
  } else if (element.kind == Kind::any || dice_.once_in(4)) {
    body = negatable ? "exists " + variable : condition(std::min(depth, 1), false);
  } else if (element.kind == Kind::boolean) {
    body = variable;
  } else if (element.kind == Kind::text && dice_.once_in(2)) {
    body = text_test(variable, true);
  } else {
    body = dice_.once_in(2) ? membership(element, variable, true) : comparison(element, variable, true, 0);
  }
  locals_.pop_back();
  return (dice_.once_in(2) ? "some " : "every ") + variable + " in " + list.path + " satisfies (" + body + ")";
}

std::string Phrases::test_of_any(bool negatable) {
  const auto any = negatable ? std::nullopt : value(of(Kind::any), false, 1);
  if (!any) {
    return "kind in (\"a\", \"b\")";
  }
  const std::vector<std::string> tests = {" is string",
                                          " is number",
                                          " is bool",
                                          " is list",
                                          " is object",
                                          " == \"a\"",
                                          " == 5",
                                          " == true",
                                          " > 1",
                                          " < 1.5",
                                          " in (\"a\", \"b\", \"5\")",
                                          " starts with \"a\"",
                                          " contains \"b\" ignoring case",
                                          " matches /a/",
                                          " == kind",
                                          " in 1..10",
                                          " is null",
                                          " >= \"a\""};
  const std::string path = *any;
  if (dice_.once_in(4)) {
    return "(" + path + " is string and " + path + " not starts with \"a\")";
  }
  if (dice_.once_in(5)) {
    return "exists (" + path + ")";
  }
  const std::string test = dice_.pick(tests);
  return path + (test == " is null" && path.find('(') != std::string::npos ? " == 7" : test);
}

} // namespace millrace::reference
