// Random conditions.
#include <algorithm>
#include <array>

#include "tests/support/reference/phrases.hpp"
#include "tests/support/reference/value.hpp"

namespace millrace::reference {
namespace {

using dsl::Kind;

const std::vector<std::string> kPatterns = {"/a/",
                                            "/^a/",
                                            "/b$/i",
                                            "/^(a|b)+$/",
                                            "/[0-9]+/",
                                            "/a.b/",
                                            "/ä/i",
                                            "/x\\.y/",
                                            "/^$/",
                                            "/(a|aB)[bB]/",
                                            "/\\bred\\b/i",
                                            "/^[^a]*$/",
                                            "/日/",
                                            "/aaaa/",
                                            "/aaa.*aaa/",
                                            "/example|null/i",
                                            "/EXAMPLE\\.com/i",
                                            "/http|ftp/",
                                            "/User@/",
                                            "/[a-z]{4}/",
                                            "/true|false|null/",
                                            "/2024-0[1-6]/",
                                            "/\\d{4}-\\d\\d/",
                                            "/10\\.0/",
                                            "/quote.*slash|line/",
                                            "/line\\sbreak/"};
const std::vector<std::string> kKinds = {"string", "number", "bool", "list", "object"};
const std::vector<std::string> kBlocks = {"\"10.0.0.0/8\"",    "\"10.0.0.0/24\"", "\"0.0.0.0/0\"",   "\"::/0\"",
                                          "\"2001:db8::/32\"", "\"fe80::/10\"",   "\"10.0.0.1/32\"", "\"126.0.0.0/7\""};

bool is_order_of_texts(const Type& type) { return type.names.empty(); }

} // namespace

std::string Phrases::condition(int depth, bool negatable) {
  const std::size_t before = mark();
  std::string out;
  if (depth > 0 && dice_.once_in(3)) {
    out = logical(depth, negatable);
  } else if (depth > 0 && dice_.once_in(6)) {
    out = "not (" + condition(depth - 1, true) + ")";
  } else {
    out = test(depth, negatable);
  }
  forget_to(before);
  return out;
}

std::string Phrases::whole_condition() {
  return dice_.once_in(2) ? "(" + condition(1) + (dice_.once_in(2) ? " and " : " or ") + condition(1) + ")"
                          : presence();
}

std::string Phrases::logical(int depth, bool negatable) {
  const bool is_and = dice_.once_in(2);
  std::string out;
  for (std::size_t i = 2 + (dice_.once_in(4) ? 1 + dice_.below(3) : 0); i > 0; --i) {
    std::vector<const Field*> unsure;
    std::copy_if(all_.begin(), all_.end(), std::back_inserter(unsure), [&](const Field* f) { return !known(*f); });
    out += out.empty() ? "" : is_and ? " and " : " or ";
    if (!negatable && i > 1 && !unsure.empty() && dice_.once_in(2)) { // what narrowing is for
      const Field& field = *dice_.pick(unsure);
      out += (is_and ? "exists " : "not exists ") + field.path;
      know(field);
    } else {
      out += condition(depth - 1, negatable);
    }
  }
  return "(" + out + ")";
}

std::string Phrases::presence() {
  const std::string negated = dice_.once_in(2) ? "not " : "";
  if (dice_.once_in(3)) {
    return negated + "(" + dice_.pick(leaves_)->path + " is null)";
  }
  if (const auto value = dice_.once_in(4) ? made(some_type(false), false, 1) : std::nullopt) {
    return negated + "exists (" + *value + ")";
  }
  return negated + "exists " + dice_.pick(all_)->path;
}

std::string Phrases::test(int depth, bool negatable) {
  if (dice_.once_in(10)) {
    return presence();
  }
  if (dice_.once_in(14)) {
    const auto x = value(some_type(true), negatable, 1);
    const std::vector<std::string> shares = {"50%", "12.5%", "0.01%", "99.99%", "100%", "0%"};
    return x ? "sampled(" + *x + ", " + dice_.pick(shares) + ")" : "true";
  }
  if (dice_.once_in(7)) {
    return quantified(depth, negatable);
  }
  if (dice_.once_in(8)) {
    return test_of_any(negatable);
  }
  if (!lookups.empty() && !negatable && dice_.once_in(14)) {
    return key_test();
  }
  if (!defs.empty() && dice_.once_in(8)) {
    const Def& def = dice_.pick(defs);
    const auto call =
        def.type || !usable(def) || (negatable && !def.sure) ? std::nullopt : call_of_def(def, negatable, 1);
    if (call) {
      return (negatable && dice_.once_in(3) ? "not " : "") + *call;
    }
  }
  const bool sure = negatable || dice_.once_in(2);
  Type type = dice_.once_in(3) ? type_of(Kind::text) : some_type(false);
  if (!has_literal(type)) {
    type = type_of(Kind::text);
  }
  const auto left = value(type, sure, 2);
  return left ? test_of(type, *left, sure) : plain_test();
}

/// One test of a value that has literals.
std::string Phrases::test_of(const Type& type, const std::string& value, bool sure) {
  if (type.kind == Kind::boolean) {
    return dice_.once_in(3) ? value + (sure && dice_.once_in(2) ? " != " : " == ") + literal(type)
                            : negation(sure) + value;
  }
  if (type.kind == Kind::text && dice_.once_in(2)) {
    return text_test(value, sure);
  }
  return dice_.once_in(3) ? membership(type, value, sure) : comparison(type, value, sure);
}

/// `x in look and look[x] … `: a key that is there has its row, and what a row of an inline lookup says is there.
std::string Phrases::key_test() {
  const Lookup& lookup = dice_.pick(lookups);
  const auto key = source(lookup.key, false);
  if (!key) {
    return plain_test();
  }
  const Column& column = dice_.pick(lookup.columns);
  const std::string row = lookup.name + "[" + *key + "]" + (column.name.empty() ? "" : "." + column.name);
  if (dice_.once_in(3)) {
    return "exists " + row;
  }
  return "(" + *key + " in " + lookup.name + " and " + test_of(column.type, row, column.name.empty()) + ")";
}

std::string Phrases::comparison(const Type& type, const std::string& left, bool sure) {
  std::vector<std::string> signs = {" == ", " == "};
  if (sure) {
    signs.insert(signs.end(), {" != "});
  }
  if (type.kind != Kind::uuid && type.kind != Kind::boolean && type.names.empty()) {
    signs.insert(signs.end(), {" < ", " <= ", " > ", " >= "});
  }
  std::optional<std::string> right;
  if (dice_.once_in(3)) {
    const std::vector<Type> numbers = {type_of(Kind::integer), type_of(Kind::floating), type_of(Kind::decimal)};
    right = source(is_number(type.kind) ? dice_.pick(numbers) : type, sure);
  }
  const std::string sign = dice_.pick(signs);
  const bool may_fold = type.kind == Kind::text && (sign == " == " || sign == " != ");
  return left + sign + right.value_or(literal(type)) + (may_fold ? fold(4) : "");
}

/// Two literals, the smaller one first; nothing where they are one.
std::string Phrases::range(const Type& type) {
  if (!is_order_of_texts(type) || type.kind == Kind::uuid || type.kind == Kind::boolean) {
    return "";
  }
  if (const auto bound = dice_.once_in(8) ? source(type, true) : std::nullopt) {
    return *bound + (dice_.once_in(2) ? ".." : "..<") + some_literal(type, dice_);
  }
  const dsl::ValueType as{type.kind, dsl::Wire::natural, 0, 0, dsl::kNone, dsl::kNone};
  std::string low = some_value(type, dice_);
  std::string high = some_value(type, dice_);
  const auto found = order(from_text(low, as), from_text(high, as));
  if (!found || *found == 0) {
    return "";
  }
  if (*found > 0) {
    std::swap(low, high);
  }
  return reference::literal(type, low) + (dice_.once_in(2) ? ".." : "..<") + reference::literal(type, high);
}

std::string Phrases::membership(const Type& type, const std::string& left, bool sure) {
  const std::string in = " " + negation(sure) + "in ";
  if (dice_.once_in(6)) {
    for (const Lookup& lookup : lookups) {
      if (fits_place(lookup.key, type) && dice_.once_in(2)) {
        return left + in + lookup.name;
      }
    }
  }
  for (const Let& let : lets) {
    if (let.list && fits_place(type, let.type) && dice_.once_in(6)) {
      return left + in + let.name + (type.kind == Kind::text ? fold(5) : "");
    }
  }
  Type list = type_of(Kind::list);
  list.element = std::make_shared<Type>(type);
  if (const auto found = dice_.once_in(3) ? source(list, sure) : std::nullopt) {
    return left + in + *found + (type.kind == Kind::text ? fold(4) : "");
  }
  std::set<std::string> items; // the same twice is flagged
  for (std::size_t i = 1 + dice_.below(dice_.once_in(4) ? 14 : 3); i > 0; --i) {
    items.insert(some_literal(type, dice_));
  }
  const bool folds = type.kind == Kind::text && dice_.once_in(5);
  if (!folds && dice_.once_in(2)) {
    if (const std::string found = range(type); !found.empty()) {
      items.insert(found);
    }
  }
  if (type.kind == Kind::ip && dice_.once_in(2)) {
    items.insert(dice_.pick(kBlocks));
  }
  if (const auto other = dice_.once_in(8) ? source(type, sure) : std::nullopt) {
    items.insert(*other);
  }
  std::string out;
  for (const std::string& item : items) {
    out += (out.empty() ? "" : ", ") + item;
  }
  return left + in + "(" + out + ")" + (folds ? " ignoring case" : "");
}

std::string Phrases::text_test(const std::string& left, bool sure) {
  const Type text = type_of(Kind::text);
  const std::vector<std::string> words = {"starts with ", "ends with ", "contains "};
  if (dice_.once_in(4)) {
    return left + " " + negation(sure) + "matches " + dice_.pick(kPatterns);
  }
  const auto other = dice_.once_in(5) ? source(text, sure) : std::nullopt;
  return left + " " + negation(sure) + dice_.pick(words) + other.value_or(literal(text)) + fold(4);
}

// ---- lists

std::vector<Phrases::Listed> Phrases::lists(bool sure) {
  std::vector<Listed> out;
  for (const Field* field : leaves_) {
    if (field->type.kind == Kind::list && (!sure || known(*field))) {
      out.push_back({field->path, *field->type.element});
    }
  }
  for (const Local& local : locals_) {
    if (local.type.kind == Kind::list && (!sure || local.sure)) {
      out.insert(out.end(), 6, {local.name, *local.type.element});
    } else if (local.type.kind == Kind::object && !sure) {
      out.insert(out.end(), 4, {local.name + ".a", type_of(Kind::any)});
    }
  }
  if (out.empty() || dice_.once_in(5)) {
    Type texts = type_of(Kind::list);
    texts.element = std::make_shared<Type>(type_of(Kind::text));
    if (const auto split = made_list(texts, sure, 1)) {
      out.insert(out.end(), out.empty() ? 1 : 3, {*split, type_of(Kind::text)});
    }
    if (const auto any = sure ? std::nullopt : made_any(1)) {
      out.push_back({*any, type_of(Kind::any)});
    }
  }
  return out;
}

std::string Phrases::quantified(int depth, bool negatable) {
  const std::vector<Listed> found = quantifiers_ > 1 ? std::vector<Listed>{} : lists(negatable);
  if (found.empty()) {
    return plain_test();
  }
  const Listed list = dice_.pick(found);
  const std::string name = variable();
  const std::string word = dice_.once_in(2) ? "some " : "every ";
  ++quantifiers_;
  ++quantifiers_made_;
  enter(name, list.element, list.element.kind != Kind::any);
  const Local local = locals_.back();
  const std::string body = about(local, depth, negatable);
  leave();
  --quantifiers_;
  return word + name + " in " + list.text + " satisfies (" + body + ")";
}

/// What is asked of an element.
std::string Phrases::about(const Local& local, int depth, bool negatable) {
  const bool nests = local.type.kind == Kind::list || local.type.kind == Kind::object;
  if (quantifiers_ < 2 && dice_.once_in(nests ? 2 : 6)) {
    const std::string inner = quantified(depth, negatable);
    return dice_.once_in(3) ? "not (" + quantified(depth, true) + ") or " + inner : inner;
  }
  if (dice_.once_in(6)) {
    return condition(std::min(depth, 1), negatable);
  }
  if (local.type.kind == Kind::object) {
    return about_object(local.name, negatable);
  }
  if (local.type.kind == Kind::any) {
    return negatable ? "exists " + local.name + " and " + local.name + " == " + some_literal(type_of(Kind::text), dice_)
                     : test_of_any(false);
  }
  if (local.type.kind == Kind::list) {
    return "count(" + local.name + ") > " + std::to_string(dice_.below(3));
  }
  return test_of(local.type, local.name, true);
}

std::string Phrases::about_object(const std::string& object, bool negatable) {
  const std::vector<std::string> tests = {".a == 1",    ".b == \"a\"",          ".a > 0",       ".b starts with \"a\"",
                                          ".a in 0..5", ".b in (\"a\", \"b\")", ".a is string", ".c is number"};
  const std::string member = object + dice_.pick(std::vector<std::string>{".a", ".b"});
  if (negatable) {
    return "exists " + member + " and " + member + " != \"a\"";
  }
  if (dice_.once_in(4)) {
    return "exists " + member + " and (" + object + ".c ?? \"a\") != \"b\"";
  }
  return object + dice_.pick(tests);
}

// ---- any

std::string Phrases::test_of_any(bool negatable) {
  const auto any = value(type_of(Kind::any), false, 1);
  if (!any) {
    return plain_test();
  }
  const std::string& x = *any;
  const std::string& kind = dice_.pick(kKinds);
  const std::vector<std::string> proven = {
      "(" + x + " is string and " + x + " not starts with \"a\")",
      "(" + x + " is string and " + x + " not in (\"a\", \"5\") and " + x + " not matches /b/)",
      "(" + x + " is number and not (" + x + " in 1..10))",
      "(" + x + " is bool and not " + x + ")",
      "(exists " + x + " and not (" + x + " is " + kind + "))",
      "(exists " + x + " and " + x + " != " + (dice_.once_in(2) ? "5" : "\"a\"") + ")",
      "(exists " + x + " and " + x + " not in (\"a\", 5, true))",
  };
  if (negatable) {
    return "(exists " + x + " and not (" + x + " is " + kind + "))";
  }
  if (dice_.once_in(3)) {
    return dice_.pick(proven);
  }
  if (dice_.once_in(6)) {
    return "exists (" + x + ")";
  }
  const std::vector<std::string> tests = {" == \"a\"",
                                          " == 5",
                                          " == true",
                                          " > 1",
                                          " < 1.5",
                                          " in (\"a\", \"b\", \"5\")",
                                          " starts with \"a\"",
                                          " contains \"b\" ignoring case",
                                          " matches /a/",
                                          left_out_.empty() ? " == kind" : " == \"b\"",
                                          " in 1..10",
                                          " >= \"a\"",
                                          " == \"A\" ignoring case",
                                          " in (1, 5, \"ab\")",
                                          " is " + kind,
                                          " is " + kind};
  return x + dice_.pick(tests);
}

// ---- what an index is built of

std::string Phrases::conjunction_of_plain_tests(const Field* about) {
  std::vector<const Field*> fields;
  std::copy_if(leaves_.begin(), leaves_.end(), std::back_inserter(fields),
               [](const Field* field) { return has_literal(field->type); });
  std::string out = about != nullptr ? plain_test_of(*about) : "";
  for (std::size_t i = (about == nullptr ? 1 : 0) + dice_.below(3); i > 0; --i) {
    out += (out.empty() ? "" : " and ") + plain_test_of(*dice_.pick(fields));
  }
  return out;
}

std::string Phrases::plain_test_of(const Field& field) {
  const bool free_text = field.type.kind == Kind::text && field.type.names.empty();
  if (field.type.kind == Kind::boolean) {
    return field.path;
  }
  if (free_text && dice_.once_in(2)) {
    const std::vector<std::string> words = {" starts with ", " ends with ", " contains "};
    return dice_.once_in(2) ? field.path + " matches " + dice_.pick(kPatterns)
                            : field.path + dice_.pick(words) + some_literal(field.type, dice_) + fold(4);
  }
  return dice_.once_in(2) ? field.path + " == " + some_literal(field.type, dice_)
                          : membership(field.type, field.path, false);
}

} // namespace millrace::reference
