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
  out.list = column.type.array;
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
      out.type = ColumnType::duration;
      break;
    case dsl::SqlKind::inet:
      out.type = ColumnType::ip;
      break;
  }
  return out;
}

Decimal128 decimal_of(const dsl::Decimal& value) {
  const auto bits = static_cast<unsigned __int128>(value.coefficient);
  return {static_cast<std::uint64_t>(bits), static_cast<std::int64_t>(static_cast<std::uint64_t>(bits >> 64U))};
}

// A column of the row that is being added, with the calls that a list has for its items.
struct InColumn {
  RowBuilder& rows;
  std::size_t column;

  void boolean(bool value) { rows.boolean(column, value); }
  void int16(std::int16_t value) { rows.int16(column, value); }
  void int32(std::int32_t value) { rows.int32(column, value); }
  void int64(std::int64_t value) { rows.int64(column, value); }
  void float32(float value) { rows.float32(column, value); }
  void float64(double value) { rows.float64(column, value); }
  void decimal(Decimal128 value) { rows.decimal(column, value); }
  void text(std::string_view value) { rows.text(column, value); }
  void uuid(const dsl::Uuid& value) { rows.uuid(column, value); }
  void timestamp(std::int64_t value) { rows.timestamp(column, value); }
  void date(std::int32_t value) { rows.date(column, value); }
  void duration(std::int64_t value) { rows.duration(column, value); }
  void ip(const dsl::Ip& value) { rows.ip(column, value); }
};

// A numeric without limits crosses as its digits.
std::string_view text_of(const dsl::Value& value, dsl::Arena& arena) {
  const bool is_number = value.is_number();
  return is_number ? dsl::text_form(value, arena).value_or("") : value.as_text();
}

template <class Place>
void add_value(Place&& to, ColumnType type, const dsl::Value& value, dsl::Arena& arena) {
  switch (type) {
    case ColumnType::boolean:
      return to.boolean(value.as_bool());
    case ColumnType::int16:
      return to.int16(static_cast<std::int16_t>(value.as_int()));
    case ColumnType::int32:
      return to.int32(static_cast<std::int32_t>(value.as_int()));
    case ColumnType::int64:
      return to.int64(value.as_int());
    case ColumnType::float32:
      return to.float32(static_cast<float>(value.as_double()));
    case ColumnType::float64:
      return to.float64(value.as_double());
    case ColumnType::decimal:
      return to.decimal(decimal_of(value.as_decimal()));
    case ColumnType::text:
      return to.text(text_of(value, arena));
    case ColumnType::bytes:
    case ColumnType::json:
      return to.text(value.as_text());
    case ColumnType::uuid:
      return to.uuid(value.as_uuid());
    case ColumnType::timestamp:
      return to.timestamp(value.as_timestamp());
    case ColumnType::date:
      return to.date(static_cast<std::int32_t>(value.as_int()));
    case ColumnType::duration:
      return to.duration(value.as_duration());
    case ColumnType::ip:
      return to.ip(value.as_ip());
  }
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
    kinds_.push_back({schema_.column(i).type, schema_.column(i).list});
  }
}

void RowPart::add(const mr_event* event, std::span<const dsl::Value> cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const dsl::Value& cell = cells[i];
    if (!cell.present()) {
      rows_.null(i);
    } else if (kinds_[i].list) {
      add_list(i, cell.as_list());
    } else {
      add_value(InColumn{rows_, i}, kinds_[i].type, cell, texts_);
    }
  }
  rows_.end_row();
  events_.push_back(event);
}

void RowPart::add_list(std::size_t column, const dsl::List& list) {
  RowBuilder::Items items = rows_.list(column);
  for (const dsl::Value& item : list.items) {
    if (item.present()) {
      add_value(items, kinds_[column].type, item, texts_);
    } else {
      items.null();
    }
  }
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
