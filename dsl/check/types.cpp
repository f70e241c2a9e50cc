// Lowering types.
#include "dsl/check/types.hpp"

#include <algorithm>

#include "dsl/syntax/text.hpp"
#include "dsl/values/decimal.hpp"

namespace millrace::dsl::check {
namespace {

ValueType decimal_type(Context& context, const ast::Type& type) {
  const auto precision = whole_number(type.precision.token, kMaxDigits);
  const auto scale = whole_number(type.scale.token, kMaxDigits);
  if (!precision || !scale || *precision < 1 || *scale > *precision) {
    context.diagnostics
        .add(Code::bad_type, type.span, ticked(context.text(type.span)) + " cannot be",
             "decimal(digits in all, digits behind the point)")
        .help("at most 38 digits in all, and no more behind the point than there are: `decimal(12,2)`");
    return {Kind::decimal, Wire::natural, kMaxDigits, 0, kNone};
  }
  return {Kind::decimal, Wire::natural, static_cast<std::uint8_t>(*precision), static_cast<std::uint8_t>(*scale),
          kNone};
}

ValueType enumeration(Context& context, const ast::Type& type) {
  Enumeration listed;
  listed.or_other = type.or_other;
  for (const ast::Text& value : type.values) {
    if (std::find(listed.names.begin(), listed.names.end(), value.text) != listed.names.end()) {
      context.diagnostics.add(Code::said_twice, value.span, ticked(value.raw) + " is listed twice", "a second time")
          .help("remove it");
    } else {
      listed.names.emplace_back(value.text);
    }
  }
  context.program.enumerations.push_back(std::move(listed));
  return {Kind::text, Wire::natural, 0, 0, static_cast<Index>(context.program.enumerations.size() - 1)};
}

} // namespace

ValueType type_of(Context& context, const ast::Type& type) {
  switch (type.name) {
    case ast::TypeName::boolean:
      return plain(Kind::boolean);
    case ast::TypeName::integer:
      return plain(Kind::integer);
    case ast::TypeName::floating:
      return plain(Kind::floating);
    case ast::TypeName::decimal:
      return decimal_type(context, type);
    case ast::TypeName::string:
      return plain(Kind::text);
    case ast::TypeName::timestamp:
      return plain(Kind::timestamp);
    case ast::TypeName::duration:
      return plain(Kind::duration);
    case ast::TypeName::ip:
      return plain(Kind::ip);
    case ast::TypeName::version:
      return plain(Kind::version);
    case ast::TypeName::uuid:
      return plain(Kind::uuid);
    case ast::TypeName::list:
      return list_of(context.program, type_of(context, *type.element));
    case ast::TypeName::object:
      return plain(Kind::object);
    case ast::TypeName::any:
      return plain(Kind::any);
    case ast::TypeName::one_of:
      return enumeration(context, type);
  }
  return {};
}

ValueType element_of(const Program& program, const ValueType& list) {
  return list.element == kNone ? plain(Kind::any) : program.types[list.element];
}

ValueType list_of(Program& program, const ValueType& element) {
  ValueType list = plain(Kind::list);
  list.element = program.add_type(element);
  return list;
}

bool same_type(const Program& program, const ValueType& a, const ValueType& b) {
  if (a.kind != b.kind || a.precision != b.precision || a.scale != b.scale) {
    return false;
  }
  if (a.kind == Kind::list) {
    return same_type(program, element_of(program, a), element_of(program, b));
  }
  if (a.names == kNone || b.names == kNone) {
    return a.names == b.names;
  }
  const Enumeration& x = program.enumerations[a.names];
  const Enumeration& y = program.enumerations[b.names];
  return x.names == y.names && x.or_other == y.or_other;
}

std::string type_word(const Program& program, const ValueType& type) {
  switch (type.kind) {
    case Kind::boolean:
      return "bool";
    case Kind::integer:
      return "int";
    case Kind::floating:
      return "float";
    case Kind::decimal:
      return type.precision == 0 ? "decimal"
                                 : "decimal(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")";
    case Kind::timestamp:
      return "timestamp";
    case Kind::uuid:
      return "uuid";
    case Kind::object:
      return "object";
    case Kind::any:
      return "any";
    case Kind::duration:
      return "duration";
    case Kind::ip:
      return "ip";
    case Kind::version:
      return "version";
    case Kind::list:
      return "list<" + (type.element == kNone ? "any" : type_word(program, program.types[type.element])) + ">";
    case Kind::text:
      break;
  }
  if (type.names == kNone) {
    return "string";
  }
  const Enumeration& listed = program.enumerations[type.names];
  std::string text = "one of ";
  for (const std::string& name : listed.names) {
    text += (text.size() > 7 ? ", " : "") + quote_text(name);
  }
  return text + (listed.or_other ? " or other" : "");
}

} // namespace millrace::dsl::check
