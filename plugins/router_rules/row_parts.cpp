#include "plugins/router_rules/row_parts.hpp"

#include "dsl/ruleset.hpp"
#include "dsl/values/decimal.hpp"
#include "dsl/values/text_form.hpp"

namespace millrace::router_rules {
namespace {

Column column_of(const dsl::Column& column) {
  Column out;
  out.name = column.name;
  out.nullable = column.nullable;
  out.sql_type = dsl::sql_text(column.type);
  switch (column.type.kind) {
    case dsl::SqlKind::boolean:
      out.type = ColumnType::boolean;
      break;
    case dsl::SqlKind::smallint:
      out.type = ColumnType::int16;
      break;
    case dsl::SqlKind::integer:
      out.type = ColumnType::int32;
      break;
    case dsl::SqlKind::bigint:
      out.type = ColumnType::int64;
      break;
    case dsl::SqlKind::numeric:
      // A numeric without limits has no one scale: its exact digits cross as text.
      out.type = column.type.precision == 0 ? ColumnType::text : ColumnType::decimal;
      out.precision = static_cast<std::uint8_t>(column.type.precision);
      out.scale = static_cast<std::uint8_t>(column.type.scale);
      break;
    case dsl::SqlKind::real:
      out.type = ColumnType::float32;
      break;
    case dsl::SqlKind::double_precision:
      out.type = ColumnType::float64;
      break;
    case dsl::SqlKind::text:
    case dsl::SqlKind::varchar:
    case dsl::SqlKind::character:
      out.type = ColumnType::text;
      break;
    case dsl::SqlKind::timestamptz:
      out.type = ColumnType::timestamp;
      break;
    case dsl::SqlKind::date:
      out.type = ColumnType::date;
      break;
    case dsl::SqlKind::uuid:
      out.type = ColumnType::uuid;
      break;
    case dsl::SqlKind::jsonb:
      out.type = ColumnType::json;
      break;
    case dsl::SqlKind::interval:
    case dsl::SqlKind::inet:
      out.type = ColumnType::text; // crosses in its text form, which PostgreSQL reads
      break;
  }
  return out;
}

Decimal128 decimal_of(const dsl::Decimal& value) {
  const auto bits = static_cast<unsigned __int128>(value.coefficient);
  return {static_cast<std::uint64_t>(bits), static_cast<std::int64_t>(static_cast<std::uint64_t>(bits >> 64U))};
}

} // namespace

RowSchema schema_of(const dsl::Table& table) {
  RowSchema schema;
  for (const dsl::Column& column : table.columns) {
    schema.add(column_of(column));
  }
  return schema;
}

RowPart::RowPart(const dsl::Table& table, std::uint32_t target)
    : target_(target), schema_(schema_of(table)), rows_(schema_) {
  for (std::size_t i = 0; i < schema_.size(); ++i) {
    types_.push_back(schema_.column(i).type);
  }
}

void RowPart::add(const mr_event* event, std::span<const dsl::Value> cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const dsl::Value& cell = cells[i];
    if (!cell.present()) {
      rows_.null(i);
      continue;
    }
    switch (types_[i]) {
      case ColumnType::boolean:
        rows_.boolean(i, cell.as_bool());
        break;
      case ColumnType::int16:
        rows_.int16(i, static_cast<std::int16_t>(cell.as_int()));
        break;
      case ColumnType::int32:
        rows_.int32(i, static_cast<std::int32_t>(cell.as_int()));
        break;
      case ColumnType::int64:
        rows_.int64(i, cell.as_int());
        break;
      case ColumnType::float32:
        rows_.float32(i, static_cast<float>(cell.as_double()));
        break;
      case ColumnType::float64:
        rows_.float64(i, cell.as_double());
        break;
      case ColumnType::decimal:
        rows_.decimal(i, decimal_of(cell.as_decimal()));
        break;
      case ColumnType::text:
        if (cell.tag() != dsl::Tag::text && cell.tag() != dsl::Tag::version) {
          rows_.text(i, dsl::text_form(cell, texts_).value_or(""));
        } else {
          rows_.text(i, cell.as_text());
        }
        break;
      case ColumnType::bytes:
      case ColumnType::json:
        rows_.text(i, cell.as_text());
        break;
      case ColumnType::uuid:
        rows_.uuid(i, cell.as_uuid());
        break;
      case ColumnType::timestamp:
        rows_.timestamp(i, cell.as_timestamp());
        break;
      case ColumnType::date:
        rows_.date(i, static_cast<std::int32_t>(cell.as_int()));
        break;
    }
  }
  rows_.end_row();
  events_.push_back(event);
}

void RowPart::emit(const Emit& emit) {
  if (events_.empty()) {
    return;
  }
  const std::size_t bytes = rows_.bytes();
  ArrowArray array{};
  rows_.finish(array);
  try {
    emit.rows(target_, array, events_, bytes);
  } catch (...) {
    if (array.release != nullptr) {
      array.release(&array); // it was refused, and so stayed ours
    }
    throw;
  }
  texts_.reset();
  events_.clear();
}

void RowPart::clear() {
  if (!events_.empty()) {
    rows_ = RowBuilder(schema_);
    events_.clear();
  }
}

} // namespace millrace::router_rules
