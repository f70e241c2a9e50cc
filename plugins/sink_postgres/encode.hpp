// Rows as PostgreSQL's binary COPY wants them, straight from Arrow columns. Every value is checked on the way against
// what the column can hold, so that a bad row is known by name before the server sees it. Pure: no connection, no I/O.
#pragma once

#include "plugins/sink_postgres/sql_type.hpp"

#include <millrace/rows.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::sink_postgres {

// Bytes on their way into a COPY. Grows, is sent in pieces, and is used again.
class CopyBuffer {
 public:
  std::string_view view() const noexcept { return {data_.get(), size_}; }
  std::size_t size() const noexcept { return size_; }
  void cut(std::size_t size) noexcept { size_ = size; }
  // Keeps its memory, unless one huge row had blown it up.
  void clear() noexcept;

  // Uninitialised room behind the end, which becomes part of the buffer.
  char* extend(std::size_t bytes) {
    if (capacity_ - size_ < bytes) {
      grow(bytes);
    }
    char* const at = data_.get() + size_;
    size_ += bytes;
    return at;
  }
  void append(std::string_view bytes);
  void int16(std::int16_t value);
  void int32(std::int32_t value);
  void int64(std::int64_t value);
  // Writes over what stands at `at`: a length that is known only now.
  void set_int32(std::size_t at, std::int32_t value) noexcept;
  // A field of a row: its length and bytes, or null.
  void field(std::string_view bytes);
  void null() { int32(-1); }

  // What stands before the first and behind the last row.
  void header();
  void trailer() { int16(-1); }

 private:
  void grow(std::size_t bytes);

  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// From which column of the rows to which of the table.
struct ColumnPlan {
  std::string name;
  ColumnType from = ColumnType::text;
  SqlType to;
  bool nullable = true;   // of the table
  std::uint8_t scale = 0; // of the rows' decimals
  bool list = false;      // of `from`, into an array of `to`
};

// A value that the column cannot hold, with the code that the server would have given.
struct BadValue {
  std::size_t column = 0;
  std::string_view sqlstate; // a literal
  std::string text;
};

class RowEncoder {
 public:
  RowEncoder() = default;
  explicit RowEncoder(std::vector<ColumnPlan> columns) : columns_(std::move(columns)) {}

  const std::vector<ColumnPlan>& columns() const noexcept { return columns_; }

  // Which columns of these rows hold nothing but storable text, nulls aside: each is looked at as one piece, for a
  // fraction of what its texts cost one by one. `count`: how many rows there are.
  std::vector<bool> storable_columns(const RowView& rows, std::size_t count) const;

  // Appends one row; `ord`: a leading int column with its place in the batch. When a value does not fit, nothing is
  // appended and the answer says why, valid until the next call.
  // `storable` is what storable_columns said of these rows; empty: nothing is known.
  const BadValue* append(CopyBuffer& out, const RowView& rows, std::size_t row, std::optional<std::int32_t> ord,
                         const std::vector<bool>& storable = {});

 private:
  bool value(CopyBuffer& out, std::size_t column, const ColumnView& view, std::size_t row, bool storable);
  bool array(CopyBuffer& out, std::size_t column, const ColumnView& view, std::size_t row);
  bool integer(CopyBuffer& out, std::size_t column, std::int64_t value);
  bool floating(CopyBuffer& out, std::size_t column, double value);
  bool decimal(CopyBuffer& out, std::size_t column, Decimal128 value);
  bool text(CopyBuffer& out, std::size_t column, std::string_view value, bool storable);
  bool json(CopyBuffer& out, std::size_t column, std::string_view value, bool storable);
  bool timestamp(CopyBuffer& out, std::size_t column, std::int64_t microseconds);
  bool date(CopyBuffer& out, std::size_t column, std::int32_t days);
  bool bad(std::size_t column, std::string_view sqlstate, std::string text);

  std::vector<ColumnPlan> columns_;
  BadValue bad_;
};

} // namespace millrace::sink_postgres
