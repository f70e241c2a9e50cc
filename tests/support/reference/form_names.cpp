#include "tests/support/reference/form_names.hpp"

namespace millrace::reference {

namespace ast = dsl::ast;

std::string_view name_of(dsl::Op op) {
  using dsl::Op;
  switch (op) {
    case Op::constant:
      return "constant";
    case Op::field:
      return "field";
    case Op::meta_topic:
      return "meta_topic";
    case Op::received_at:
      return "received_at";
    case Op::meta_header:
      return "meta_header";
    case Op::payload:
      return "payload";
    case Op::unmapped:
      return "unmapped";
    case Op::coalesce:
      return "coalesce";
    case Op::add:
      return "add";
    case Op::subtract:
      return "subtract";
    case Op::multiply:
      return "multiply";
    case Op::divide:
      return "divide";
    case Op::negate:
      return "negate";
    case Op::read_as:
      return "read_as";
    case Op::concat:
      return "concat";
    case Op::as_boolean:
      return "as_boolean";
    case Op::call:
      return "call";
    case Op::element:
      return "element";
    case Op::member:
      return "member";
    case Op::item:
      return "item";
    case Op::lookup:
      return "lookup";
    case Op::always:
      return "always";
    case Op::never:
      return "never";
    case Op::all_of:
      return "all_of";
    case Op::any_of:
      return "any_of";
    case Op::exists:
      return "exists";
    case Op::not_exists:
      return "not_exists";
    case Op::is_null:
      return "is_null";
    case Op::is_not_null:
      return "is_not_null";
    case Op::is_true:
      return "is_true";
    case Op::is_false:
      return "is_false";
    case Op::equal:
      return "equal";
    case Op::unequal:
      return "unequal";
    case Op::less:
      return "less";
    case Op::less_equal:
      return "less_equal";
    case Op::greater:
      return "greater";
    case Op::greater_equal:
      return "greater_equal";
    case Op::in_set:
      return "in_set";
    case Op::not_in_set:
      return "not_in_set";
    case Op::starts_with:
      return "starts_with";
    case Op::not_starts_with:
      return "not_starts_with";
    case Op::ends_with:
      return "ends_with";
    case Op::not_ends_with:
      return "not_ends_with";
    case Op::contains:
      return "contains";
    case Op::not_contains:
      return "not_contains";
    case Op::in_list:
      return "in_list";
    case Op::not_in_list:
      return "not_in_list";
    case Op::in_lookup:
      return "in_lookup";
    case Op::not_in_lookup:
      return "not_in_lookup";
    case Op::matches:
      return "matches";
    case Op::not_matches:
      return "not_matches";
    case Op::is_kind:
      return "is_kind";
    case Op::is_not_kind:
      return "is_not_kind";
    case Op::some:
      return "some";
    case Op::every:
      return "every";
    case Op::sampled:
      return "sampled";
    case Op::not_sampled:
      return "not_sampled";
  }
  return "";
}

std::string_view name_of(dsl::Function function) {
  using dsl::Function;
  switch (function) {
    case Function::lower:
      return "lower";
    case Function::upper:
      return "upper";
    case Function::trim:
      return "trim";
    case Function::length:
      return "length";
    case Function::substring:
      return "substring";
    case Function::split:
      return "split";
    case Function::concat:
      return "concat";
    case Function::first:
      return "first";
    case Function::last:
      return "last";
    case Function::count:
      return "count";
    case Function::hash:
      return "hash";
    case Function::host:
      return "host";
    case Function::round:
      return "round";
    case Function::abs:
      return "abs";
    case Function::min:
      return "min";
    case Function::max:
      return "max";
    case Function::date:
      return "date";
    case Function::hour:
      return "hour";
    case Function::truncate:
      return "truncate";
    case Function::parse_time:
      return "parse_time";
    case Function::json:
      return "json";
  }
  return "";
}

std::string_view name_of(dsl::Kind kind) {
  using dsl::Kind;
  switch (kind) {
    case Kind::boolean:
      return "bool";
    case Kind::integer:
      return "int";
    case Kind::floating:
      return "float";
    case Kind::decimal:
      return "decimal";
    case Kind::text:
      return "text";
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
      return "list";
  }
  return "";
}

std::string_view name_of(dsl::SqlKind kind) {
  using dsl::SqlKind;
  switch (kind) {
    case SqlKind::boolean:
      return "boolean";
    case SqlKind::smallint:
      return "smallint";
    case SqlKind::integer:
      return "integer";
    case SqlKind::bigint:
      return "bigint";
    case SqlKind::numeric:
      return "numeric";
    case SqlKind::real:
      return "real";
    case SqlKind::double_precision:
      return "double precision";
    case SqlKind::text:
      return "text";
    case SqlKind::varchar:
      return "varchar";
    case SqlKind::character:
      return "char";
    case SqlKind::timestamptz:
      return "timestamptz";
    case SqlKind::date:
      return "date";
    case SqlKind::uuid:
      return "uuid";
    case SqlKind::jsonb:
      return "jsonb";
    case SqlKind::interval:
      return "interval";
    case SqlKind::inet:
      return "inet";
  }
  return "";
}

std::string_view name_of(dsl::JsonType type) {
  using dsl::JsonType;
  switch (type) {
    case JsonType::string:
      return "string";
    case JsonType::number:
      return "number";
    case JsonType::boolean:
      return "bool";
    case JsonType::list:
      return "list";
    case JsonType::object:
      return "object";
  }
  return "";
}

std::string_view name_of(dsl::Wire wire) {
  using dsl::Wire;
  switch (wire) {
    case Wire::natural:
      return "natural";
    case Wire::iso8601:
      return "iso8601";
    case Wire::unix_s:
      return "unix_s";
    case Wire::unix_ms:
      return "unix_ms";
    case Wire::unix_us:
      return "unix_us";
    case Wire::text:
      return "text";
  }
  return "";
}

std::string_view name_of(dsl::Otherwise otherwise) {
  using dsl::Otherwise;
  switch (otherwise) {
    case Otherwise::impossible:
      return "impossible";
    case Otherwise::none:
      return "none";
    case Otherwise::reject:
      return "reject";
    case Otherwise::skip:
      return "skip";
  }
  return "";
}

std::string_view name_of(dsl::Column::Else otherwise) {
  using Else = dsl::Column::Else;
  switch (otherwise) {
    case Else::impossible:
      return "impossible";
    case Else::null:
      return "null";
    case Else::reject:
      return "reject";
    case Else::constant:
      return "constant";
  }
  return "";
}

std::string_view name_of(dsl::PartitionUnit unit) {
  using dsl::PartitionUnit;
  switch (unit) {
    case PartitionUnit::hour:
      return "hour";
    case PartitionUnit::day:
      return "day";
    case PartitionUnit::week:
      return "week";
    case PartitionUnit::month:
      return "month";
    case PartitionUnit::year:
      return "year";
  }
  return "";
}

std::string_view name_of(dsl::OnConflict policy) {
  using dsl::OnConflict;
  switch (policy) {
    case OnConflict::nothing:
      return "nothing";
    case OnConflict::keep_first:
      return "keep first";
    case OnConflict::keep_last:
      return "keep last";
    case OnConflict::keep_newest:
      return "keep newest";
    case OnConflict::reject:
      return "reject";
  }
  return "";
}

std::string_view name_of(ast::RuleKind kind) {
  using ast::RuleKind;
  switch (kind) {
    case RuleKind::route:
      return "route";
    case RuleKind::tap:
      return "tap";
    case RuleKind::drop:
      return "drop";
    case RuleKind::group:
      return "group";
    case RuleKind::include:
      return "include";
  }
  return "";
}

std::string_view name_of(ast::LiteralKind kind) {
  using ast::LiteralKind;
  switch (kind) {
    case LiteralKind::text:
      return "text";
    case LiteralKind::number:
      return "number";
    case LiteralKind::duration:
      return "duration";
    case LiteralKind::percent:
      return "percent";
    case LiteralKind::boolean:
      return "bool";
    case LiteralKind::null:
      return "null";
  }
  return "";
}

std::string_view name_of(ast::TypeName type) {
  using ast::TypeName;
  switch (type) {
    case TypeName::boolean:
      return "bool";
    case TypeName::integer:
      return "int";
    case TypeName::floating:
      return "float";
    case TypeName::decimal:
      return "decimal";
    case TypeName::string:
      return "string";
    case TypeName::timestamp:
      return "timestamp";
    case TypeName::duration:
      return "duration";
    case TypeName::ip:
      return "ip";
    case TypeName::version:
      return "version";
    case TypeName::uuid:
      return "uuid";
    case TypeName::list:
      return "list";
    case TypeName::object:
      return "object";
    case TypeName::any:
      return "any";
    case TypeName::one_of:
      return "one of";
  }
  return "";
}

std::string_view name_of(ast::TopicClause::Kind kind) {
  using Kind = ast::TopicClause::Kind;
  switch (kind) {
    case Kind::event:
      return "event";
    case Kind::partitions:
      return "partitions";
    case Kind::replicas:
      return "replicas";
    case Kind::retention:
      return "retention";
    case Kind::partitioner:
      return "partitioner";
    case Kind::compact:
      return "compact";
  }
  return "";
}

std::string_view name_of(ast::Clause::Kind kind) {
  using Kind = ast::Clause::Kind;
  switch (kind) {
    case Kind::key:
      return "key";
    case Kind::header:
      return "header";
    case Kind::partition_by:
      return "partition by";
    case Kind::timestamp:
      return "timestamp";
    case Kind::omit:
      return "omit";
  }
  return "";
}

std::string_view name_of(ast::Expectation::Kind kind) {
  using Kind = ast::Expectation::Kind;
  switch (kind) {
    case Kind::topic:
      return "topic";
    case Kind::rule:
      return "rule";
    case Kind::otherwise:
      return "otherwise";
    case Kind::invalid:
      return "invalid";
    case Kind::row:
      return "row";
    case Kind::reject:
      return "reject";
  }
  return "";
}

} // namespace millrace::reference
