#include "dsl/check/types.hpp"

#include <algorithm>

namespace millrace::dsl::check {
namespace {

ValueType plain(Kind kind) { return {kind, Wire::natural, 0, 0, kNone, kNone}; }

ValueType decimal_type(Context& context, const ast::Type& type) {
  const auto precision = whole_number(type.precision.token, kMaxDigits);
  const auto scale = whole_number(type.scale.token, kMaxDigits);
  if (!precision || !scale || *precision < 1 || *scale > *precision) {
    context.diagnostics
        .add(Code::bad_type, type.span, ticked(context.text(type.span)) + " cannot be",
             "decimal(digits in all, digits behind the point)")
        .help("at most 38 digits in all, and no more behind the point than there are: `decimal(12,2)`");
    return {Kind::decimal, Wire::natural, kMaxDigits, 0, kNone, kNone};
  }
  return {Kind::decimal, Wire::natural, static_cast<std::uint8_t>(*precision), static_cast<std::uint8_t>(*scale),
          kNone,         kNone};
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
  return {Kind::text, Wire::natural, 0, 0, static_cast<Index>(context.program.enumerations.size() - 1), kNone};
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
    case ast::TypeName::object:
      return plain(Kind::object);
    case ast::TypeName::any:
      return plain(Kind::any);
    case ast::TypeName::decimal:
      return decimal_type(context, type);
    case ast::TypeName::one_of:
      return enumeration(context, type);
    case ast::TypeName::list: {
      ValueType list = plain(Kind::list);
      if (type.element) {
        list.element = context.program.add_type(type_of(context, *type.element));
      }
      return list;
    }
  }
  return plain(Kind::any);
}

} // namespace millrace::dsl::check
