// Rows as typed columns over the Arrow C data interface, without an Arrow library: RowSchema says what the columns are,
// RowBuilder fills them (routers), RowView reads them (sinks).
//
//   RowSchema schema;
//   schema.add({"user_id", ColumnType::text, .nullable = false, .sql_type = "text"});
//   RowBuilder rows(schema);
//   rows.text(0, "u-1");
//   rows.end_row();                            // a column of lists: auto items = rows.list(1); items.int32(7);
//   ArrowArray array; rows.finish(array);      // then emit.rows(target, array, …)
#pragma once

#include <millrace/plugin.h>
#include <millrace/text.hpp>

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

enum class ColumnType : std::uint8_t {
  boolean = 1,
  int16 = 2,
  int32 = 3,
  int64 = 4,
  float32 = 5,
  float64 = 6,
  decimal = 7, // 128 bits, unscaled, little endian
  text = 8,    // UTF-8
  bytes = 9,
  json = 10,      // UTF-8, one JSON value
  uuid = 11,      // 16 bytes
  timestamp = 12, // microseconds since 1970, UTC
  date = 13,      // days since 1970
  duration = 14,  // microseconds
  ip = 15,        // 16 bytes; version 4 as an IPv4-mapped address
};

struct Column {
  std::string name;
  ColumnType type = ColumnType::text;
  bool nullable = true;
  std::uint8_t precision = 0; // decimal
  std::uint8_t scale = 0;     // decimal
  std::string sql_type;       // the type of the table's column as SQL says it, "varchar(20)"
  bool list = false;          // of such values
};

// An unscaled 128-bit integer as Arrow stores it.
struct Decimal128 {
  std::uint64_t low = 0;
  std::int64_t high = 0;
};

namespace detail {

inline constexpr const char* kSqlTypeKey = "millrace.sql_type";
inline constexpr const char* kExtensionKey = "ARROW:extension:name";
inline constexpr std::string_view kIpExtension = "millrace.ip"; // Arrow has no type of its own for it

// Of a value, or of an item where the column holds lists.
inline std::string arrow_format(const Column& column) {
  switch (column.type) {
    case ColumnType::boolean:
      return "b";
    case ColumnType::int16:
      return "s";
    case ColumnType::int32:
      return "i";
    case ColumnType::int64:
      return "l";
    case ColumnType::float32:
      return "f";
    case ColumnType::float64:
      return "g";
    case ColumnType::decimal:
      return "d:" + std::to_string(column.precision) + "," + std::to_string(column.scale);
    case ColumnType::text:
      return "u";
    case ColumnType::bytes:
      return "z";
    case ColumnType::json:
      return "u";
    case ColumnType::uuid:
    case ColumnType::ip:
      return "w:16";
    case ColumnType::timestamp:
      return "tsu:UTC";
    case ColumnType::date:
      return "tdD";
    case ColumnType::duration:
      return "tDu";
  }
  throw std::invalid_argument("a column without a type");
}

// Bytes of one value in the data buffer; 0: a bit; variable ones have 32-bit offsets.
constexpr std::size_t width(ColumnType type) {
  switch (type) {
    case ColumnType::boolean:
      return 0;
    case ColumnType::int16:
      return 2;
    case ColumnType::int32:
    case ColumnType::float32:
    case ColumnType::date:
      return 4;
    case ColumnType::int64:
    case ColumnType::float64:
    case ColumnType::timestamp:
    case ColumnType::duration:
      return 8;
    case ColumnType::decimal:
    case ColumnType::uuid:
    case ColumnType::ip:
      return 16;
    case ColumnType::text:
    case ColumnType::bytes:
    case ColumnType::json:
      return 0;
  }
  return 0;
}
constexpr bool variable(ColumnType type) {
  return type == ColumnType::text || type == ColumnType::bytes || type == ColumnType::json;
}

inline void append_int(std::string& out, std::int32_t value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
inline std::string arrow_metadata(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::string out;
  append_int(out, static_cast<std::int32_t>(pairs.size()));
  for (const auto& [key, value] : pairs) {
    append_int(out, static_cast<std::int32_t>(key.size()));
    out += key;
    append_int(out, static_cast<std::int32_t>(value.size()));
    out += value;
  }
  return out;
}
inline std::string_view metadata_value(const char* metadata, std::string_view wanted) {
  if (metadata == nullptr) {
    return {};
  }
  const auto take = [&metadata] {
    std::int32_t value = 0;
    std::memcpy(&value, metadata, sizeof value);
    metadata += sizeof value;
    return value;
  };
  for (std::int32_t left = take(); left > 0; --left) {
    const auto key_size = static_cast<std::size_t>(take());
    const std::string_view key(metadata, key_size);
    metadata += key_size;
    const auto value_size = static_cast<std::size_t>(take());
    if (key == wanted) {
      return {metadata, value_size};
    }
    metadata += value_size;
  }
  return {};
}

} // namespace detail

// Owns an ArrowSchema of a struct of columns; `get` lends it out, as mr_target wants it.
class RowSchema {
 public:
  RowSchema() = default;
  RowSchema(RowSchema&&) = default;
  RowSchema& operator=(RowSchema&&) = default;

  void add(Column column) {
    fields_.push_back(std::make_unique<Field>());
    Field& field = *fields_.back();
    std::vector<std::pair<std::string, std::string>> pairs;
    if (!column.sql_type.empty()) {
      pairs.emplace_back(detail::kSqlTypeKey, column.sql_type);
    }
    field.column = std::move(column);
    if (field.column.list) {
      field.item = std::make_unique<Field>();
      field.item->column = field.column;
      field.item->column.name = "item";
      field.item->column.nullable = true;
      field.item->fill({});
      field.item_pointer = &field.item->schema;
      field.schema.n_children = 1;
      field.schema.children = &field.item_pointer;
      field.describe("+l", pairs);
    } else {
      field.fill(std::move(pairs));
    }
  }
  std::size_t size() const noexcept { return fields_.size(); }
  const Column& column(std::size_t index) const { return fields_[index]->column; }

  // Valid until the next add and as long as this object; never released by others.
  const ArrowSchema& get() const {
    children_.clear();
    for (const auto& field : fields_) {
      children_.push_back(&field->schema);
    }
    top_ = {};
    top_.format = "+s";
    top_.name = "";
    top_.n_children = static_cast<std::int64_t>(children_.size());
    top_.children = children_.data();
    top_.release = [](ArrowSchema* schema) { schema->release = nullptr; };
    return top_;
  }

 private:
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  struct Field {
    // A column of values, or the items of one.
    void fill(Pairs pairs) {
      if (column.type == ColumnType::uuid) {
        pairs.emplace(pairs.begin(), detail::kExtensionKey, "arrow.uuid");
      } else if (column.type == ColumnType::json) {
        pairs.emplace(pairs.begin(), detail::kExtensionKey, "arrow.json");
      } else if (column.type == ColumnType::ip) {
        pairs.emplace(pairs.begin(), detail::kExtensionKey, detail::kIpExtension);
      }
      describe(detail::arrow_format(column), pairs);
    }
    void describe(std::string of, const Pairs& pairs) {
      format = std::move(of);
      metadata = detail::arrow_metadata(pairs);
      schema.format = format.c_str();
      schema.name = column.name.c_str();
      schema.metadata = metadata.c_str();
      schema.flags = column.nullable ? ARROW_FLAG_NULLABLE : 0;
      schema.release = [](ArrowSchema* released) { released->release = nullptr; };
    }

    Column column;
    std::string format;
    std::string metadata;
    ArrowSchema schema{};
    std::unique_ptr<Field> item; // of a column of lists
    ArrowSchema* item_pointer = nullptr;
  };
  std::vector<std::unique_ptr<Field>> fields_;
  mutable std::vector<ArrowSchema*> children_;
  mutable ArrowSchema top_{};
};

namespace detail {

// What a field says of its values: type, precision, scale. False: not one of the types that rows may have.
inline bool read_type(const ArrowSchema& field, Column& column) {
  const std::string_view extension = metadata_value(field.metadata, kExtensionKey);
  const std::string_view format = field.format;
  if (format == "b") {
    column.type = ColumnType::boolean;
  } else if (format == "s") {
    column.type = ColumnType::int16;
  } else if (format == "i") {
    column.type = ColumnType::int32;
  } else if (format == "l") {
    column.type = ColumnType::int64;
  } else if (format == "f") {
    column.type = ColumnType::float32;
  } else if (format == "g") {
    column.type = ColumnType::float64;
  } else if (format == "u") {
    column.type = extension == "arrow.json" ? ColumnType::json : ColumnType::text;
  } else if (format == "z") {
    column.type = ColumnType::bytes;
  } else if (format == "w:16") {
    column.type = extension == kIpExtension ? ColumnType::ip : ColumnType::uuid;
  } else if (format == "tdD") {
    column.type = ColumnType::date;
  } else if (format == "tDu") {
    column.type = ColumnType::duration;
  } else if (format.starts_with("tsu:")) {
    column.type = ColumnType::timestamp;
  } else if (format.starts_with("d:")) {
    column.type = ColumnType::decimal;
    const std::size_t comma = format.find(',');
    column.precision = static_cast<std::uint8_t>(std::stoi(std::string(format.substr(2, comma - 2))));
    column.scale = static_cast<std::uint8_t>(std::stoi(std::string(format.substr(comma + 1))));
  } else {
    return false;
  }
  return true;
}

} // namespace detail

// Reads the columns back out of a schema that came over the boundary. Throws std::invalid_argument naming what it
// cannot read.
inline std::vector<Column> columns_of(const ArrowSchema& schema) {
  std::vector<Column> out;
  for (std::int64_t i = 0; i < schema.n_children; ++i) {
    const ArrowSchema& child = *schema.children[i];
    Column column;
    column.name = child.name == nullptr ? "" : child.name;
    column.nullable = (child.flags & ARROW_FLAG_NULLABLE) != 0;
    column.sql_type = std::string(detail::metadata_value(child.metadata, detail::kSqlTypeKey));
    column.list = std::string_view(child.format) == "+l" && child.n_children == 1;
    const ArrowSchema& value = column.list ? *child.children[0] : child;
    if (!detail::read_type(value, column)) {
      throw std::invalid_argument("column '" + column.name + "' has the Arrow format '" + std::string(value.format) +
                                  "', which is not one of the types that rows may have");
    }
    out.push_back(std::move(column));
  }
  return out;
}

// Collects rows column by column. Every column of a row is set once (in any order), then end_row. A column that was not
// set is null.
class RowBuilder {
 public:
  explicit RowBuilder(const RowSchema& schema) { columns_for(schema); }

  void null(std::size_t column) { columns_[column].null(rows_); }
  void boolean(std::size_t column, bool value) { columns_[column].bit(rows_, value); }
  void int16(std::size_t column, std::int16_t value) { columns_[column].fixed(rows_, value); }
  void int32(std::size_t column, std::int32_t value) { columns_[column].fixed(rows_, value); }
  void int64(std::size_t column, std::int64_t value) { columns_[column].fixed(rows_, value); }
  void float32(std::size_t column, float value) { columns_[column].fixed(rows_, value); }
  void float64(std::size_t column, double value) { columns_[column].fixed(rows_, value); }
  void decimal(std::size_t column, Decimal128 value) { columns_[column].fixed(rows_, value); }
  void uuid(std::size_t column, const std::array<std::uint8_t, 16>& value) { columns_[column].fixed(rows_, value); }
  void timestamp(std::size_t column, std::int64_t microseconds) { columns_[column].fixed(rows_, microseconds); }
  void date(std::size_t column, std::int32_t days) { columns_[column].fixed(rows_, days); }
  void duration(std::size_t column, std::int64_t microseconds) { columns_[column].fixed(rows_, microseconds); }
  void ip(std::size_t column, const std::array<std::uint8_t, 16>& value) { columns_[column].fixed(rows_, value); }
  // text, json and bytes
  void text(std::size_t column, std::string_view value) { columns_[column].append(rows_, value); }
  // Sets a column of lists to an empty one, and answers where its items are added, until the row ends.
  class Items;
  Items list(std::size_t column);

  void end_row() {
    ++rows_;
    for (Buffer& column : columns_) {
      column.fill(rows_);
    }
  }
  // Forgets what was set of the row that has not ended.
  void drop_row() {
    for (Buffer& column : columns_) {
      column.cut(rows_);
    }
  }

  std::size_t rows() const noexcept { return rows_; }
  std::size_t bytes() const noexcept {
    std::size_t sum = 0;
    for (const Buffer& column : columns_) {
      sum += column.bytes();
    }
    return sum;
  }

  // Moves all rows into `array`, whose release frees them, and begins anew.
  void finish(ArrowArray& array) {
    auto owned = std::make_unique<Owned>();
    owned->columns.resize(columns_.size());
    owned->arrays.resize(columns_.size());
    owned->children.resize(columns_.size());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      owned->columns[i].buffer = std::exchange(columns_[i], columns_[i].next());
      owned->columns[i].lend(owned->arrays[i], rows_);
      owned->children[i] = &owned->arrays[i];
    }
    array = {};
    array.length = static_cast<std::int64_t>(rows_);
    array.n_buffers = 1;
    array.n_children = static_cast<std::int64_t>(columns_.size());
    array.buffers = owned->no_buffers.data();
    array.children = owned->children.data();
    array.private_data = owned.release();
    array.release = [](ArrowArray* released) {
      delete static_cast<Owned*>(released->private_data);
      released->release = nullptr;
    };
    rows_ = 0;
  }

 private:
  struct Buffer {
    Buffer() = default;
    Buffer(ColumnType of, bool lists, std::size_t data_hint = 0, std::size_t offset_hint = 0)
        : type(of), has_offsets(lists || detail::variable(of)) {
      data.reserve(data_hint);
      if (has_offsets) {
        offsets.reserve(offset_hint);
        offsets.push_back(0);
      }
      if (lists) {
        items = std::make_unique<Buffer>(of, false);
      }
    }
    // An empty one, with room for as much as this one holds.
    Buffer next() const {
      Buffer out(type, items != nullptr, data.size(), offsets.size());
      if (items) {
        *out.items = items->next();
      }
      return out;
    }

    std::size_t bytes() const {
      return data.size() + offsets.size() * sizeof(std::int32_t) + valid.size() + (items ? items->bytes() : 0);
    }
    std::size_t count() const {
      if (has_offsets) {
        return offsets.size() - 1;
      }
      return type == ColumnType::boolean ? bits : data.size() / detail::width(type);
    }
    void null(std::size_t row) {
      if (count() > row) {
        return;
      }
      if (nulls == 0) {
        valid.assign((row + 8) / 8, 0xFF);
      }
      ++nulls;
      skip(row);
      if (valid.size() * 8 <= row) {
        valid.push_back(0xFF);
      }
      valid[row / 8] = static_cast<std::uint8_t>(valid[row / 8] & ~(1U << (row % 8)));
    }
    void skip(std::size_t) {
      if (has_offsets) {
        offsets.push_back(offsets.back());
      } else if (type == ColumnType::boolean) {
        push_bit(false);
      } else {
        data.append(detail::width(type), '\0');
      }
    }
    void push_bit(bool value) {
      if (bits % 8 == 0) {
        data.push_back('\0');
      }
      if (value) {
        data.back() = static_cast<char>(static_cast<unsigned char>(data.back()) | (1U << (bits % 8)));
      }
      ++bits;
    }
    void grow(std::size_t row) {
      if (nulls != 0 && valid.size() * 8 <= row) {
        valid.push_back(0xFF);
      }
    }
    void bit(std::size_t row, bool value) {
      push_bit(value);
      grow(row);
    }
    template <class Value>
    void fixed(std::size_t row, const Value& value) {
      data.append(reinterpret_cast<const char*>(&value), sizeof value);
      grow(row);
    }
    void append(std::size_t row, std::string_view value) {
      if (data.size() + value.size() > INT32_MAX) {
        throw std::length_error("a column of one part holds more than 2 GiB");
      }
      data.append(value);
      offsets.push_back(static_cast<std::int32_t>(data.size()));
      grow(row);
    }
    void begin_list(std::size_t row) {
      offsets.push_back(offsets.back());
      grow(row);
    }
    void end_item() {
      if (items->count() > INT32_MAX) {
        throw std::length_error("a column of one part holds more than 2,147,483,647 items");
      }
      offsets.back() = static_cast<std::int32_t>(items->count());
    }
    void fill(std::size_t rows) {
      if (count() < rows) {
        null(rows - 1);
      }
    }
    void cut(std::size_t rows) {
      if (count() <= rows) {
        return;
      }
      if (nulls != 0 && (valid[rows / 8] & (1U << (rows % 8))) == 0) {
        --nulls;
        valid[rows / 8] = static_cast<std::uint8_t>(valid[rows / 8] | (1U << (rows % 8)));
      }
      if (has_offsets) {
        offsets.pop_back();
        const auto left = static_cast<std::size_t>(offsets.back());
        if (!items) {
          data.resize(left);
        }
        while (items && items->count() > left) {
          items->cut(items->count() - 1);
        }
      } else if (type == ColumnType::boolean) {
        bits = rows;
        data.resize((rows + 7) / 8);
        if (bits % 8 != 0) {
          data.back() = static_cast<char>(static_cast<unsigned char>(data.back()) & ((1U << (bits % 8)) - 1U));
        }
      } else {
        data.resize(rows * detail::width(type));
      }
    }

    ColumnType type = ColumnType::text;
    bool has_offsets = true;
    std::string data;                  // aligned to 16 by the allocator once it left the small buffer
    std::vector<std::int32_t> offsets; // of variable ones into data, of lists into items; from 0
    std::unique_ptr<Buffer> items;     // of lists
    std::vector<std::uint8_t> valid;   // only when there are nulls
    std::size_t nulls = 0;
    std::size_t bits = 0;
  };

  struct Lent {
    Buffer buffer;
    std::array<const void*, 3> pointers{};
    std::unique_ptr<Lent> items; // of lists
    ArrowArray items_array{};
    ArrowArray* items_pointer = nullptr;

    void lend(ArrowArray& array, std::size_t rows) {
      array = {};
      array.length = static_cast<std::int64_t>(rows);
      array.null_count = static_cast<std::int64_t>(buffer.nulls);
      pointers[0] = buffer.nulls == 0 ? nullptr : buffer.valid.data();
      if (buffer.items) {
        items = std::make_unique<Lent>();
        items->buffer = std::move(*buffer.items);
        items->lend(items_array, items->buffer.count());
        items_pointer = &items_array;
        pointers[1] = buffer.offsets.data();
        array.n_buffers = 2;
        array.n_children = 1;
        array.children = &items_pointer;
      } else if (buffer.has_offsets) {
        pointers[1] = buffer.offsets.data();
        pointers[2] = buffer.data.data();
        array.n_buffers = 3;
      } else {
        pointers[1] = buffer.data.data();
        array.n_buffers = 2;
      }
      array.buffers = pointers.data();
      array.release = [](ArrowArray* child) { child->release = nullptr; }; // the parent owns the memory
    }
  };
  struct Owned {
    std::vector<Lent> columns;
    std::vector<ArrowArray> arrays;
    std::vector<ArrowArray*> children;
    std::array<const void*, 1> no_buffers{};
  };

  void columns_for(const RowSchema& schema) {
    columns_.reserve(schema.size());
    for (std::size_t i = 0; i < schema.size(); ++i) {
      columns_.emplace_back(schema.column(i).type, schema.column(i).list);
    }
  }

  std::vector<Buffer> columns_;
  std::size_t rows_ = 0;
};

// The items of one list on their way into a RowBuilder.
class RowBuilder::Items {
 public:
  void null() {
    add([&](Buffer& items, std::size_t at) { items.null(at); });
  }
  void boolean(bool value) {
    add([&](Buffer& items, std::size_t at) { items.bit(at, value); });
  }
  void int16(std::int16_t value) { fixed(value); }
  void int32(std::int32_t value) { fixed(value); }
  void int64(std::int64_t value) { fixed(value); }
  void float32(float value) { fixed(value); }
  void float64(double value) { fixed(value); }
  void decimal(Decimal128 value) { fixed(value); }
  void uuid(const std::array<std::uint8_t, 16>& value) { fixed(value); }
  void timestamp(std::int64_t microseconds) { fixed(microseconds); }
  void date(std::int32_t days) { fixed(days); }
  void duration(std::int64_t microseconds) { fixed(microseconds); }
  void ip(const std::array<std::uint8_t, 16>& value) { fixed(value); }
  // text, json and bytes
  void text(std::string_view value) {
    add([&](Buffer& items, std::size_t at) { items.append(at, value); });
  }

 private:
  friend class RowBuilder;
  explicit Items(Buffer& column) : column_(column) {}

  template <class Add>
  void add(Add&& to) {
    to(*column_.items, column_.items->count());
    column_.end_item();
  }
  template <class Value>
  void fixed(const Value& value) {
    add([&](Buffer& items, std::size_t at) { items.fixed(at, value); });
  }

  Buffer& column_;
};

inline RowBuilder::Items RowBuilder::list(std::size_t column) {
  columns_[column].begin_list(rows_);
  return Items(columns_[column]);
}

// Reads one column of an array; as short-lived as the array. Ask is_null first: a null's value is unspecified.
class ColumnView {
 public:
  ColumnView(const ArrowArray& array, std::int64_t parent_offset)
      : offset_(static_cast<std::size_t>(array.offset + parent_offset)),
        valid_(array.null_count == 0 ? nullptr : static_cast<const std::uint8_t*>(array.buffers[0])),
        data_(static_cast<const char*>(array.buffers[1])),
        bytes_(array.n_buffers > 2 ? static_cast<const char*>(array.buffers[2]) : nullptr),
        items_(array.n_children == 1 ? array.children[0] : nullptr) {}

  bool is_null(std::size_t row) const noexcept {
    const std::size_t i = row + offset_;
    return valid_ != nullptr && (valid_[i / 8] & (1U << (i % 8))) == 0;
  }
  bool boolean(std::size_t row) const noexcept {
    const std::size_t i = row + offset_;
    return (static_cast<unsigned char>(data_[i / 8]) & (1U << (i % 8))) != 0;
  }
  std::int16_t int16(std::size_t row) const noexcept { return fixed<std::int16_t>(row); }
  std::int32_t int32(std::size_t row) const noexcept { return fixed<std::int32_t>(row); }
  std::int64_t int64(std::size_t row) const noexcept { return fixed<std::int64_t>(row); }
  float float32(std::size_t row) const noexcept { return fixed<float>(row); }
  double float64(std::size_t row) const noexcept { return fixed<double>(row); }
  Decimal128 decimal(std::size_t row) const noexcept { return fixed<Decimal128>(row); }
  std::int64_t timestamp(std::size_t row) const noexcept { return fixed<std::int64_t>(row); }
  std::int32_t date(std::size_t row) const noexcept { return fixed<std::int32_t>(row); }
  std::int64_t duration(std::size_t row) const noexcept { return fixed<std::int64_t>(row); }
  // uuid and ip
  std::string_view uuid(std::size_t row) const noexcept { return {data_ + (row + offset_) * 16, 16}; }
  std::string_view ip(std::size_t row) const noexcept { return uuid(row); }
  // text, json and bytes
  std::string_view text(std::size_t row) const noexcept {
    std::int32_t ends[2];
    std::memcpy(ends, data_ + (row + offset_) * sizeof(std::int32_t), sizeof ends);
    return {bytes_ + ends[0], static_cast<std::size_t>(ends[1] - ends[0])};
  }
  // Of a column of lists: which rows of items() are the items of one.
  struct Range {
    std::size_t first;
    std::size_t end;
  };
  Range list(std::size_t row) const noexcept {
    std::int32_t ends[2];
    std::memcpy(ends, data_ + (row + offset_) * sizeof(std::int32_t), sizeof ends);
    return {static_cast<std::size_t>(ends[0]), static_cast<std::size_t>(ends[1])};
  }
  ColumnView items() const { return {*items_, 0}; }

 private:
  template <class Value>
  Value fixed(std::size_t row) const noexcept {
    Value value;
    std::memcpy(&value, data_ + (row + offset_) * sizeof(Value), sizeof value);
    return value;
  }
  std::size_t offset_;
  const std::uint8_t* valid_;
  const char* data_;
  const char* bytes_;
  const ArrowArray* items_; // of lists
};

// The columns of a part's rows, in the order of the target's schema.
class RowView {
 public:
  explicit RowView(const ArrowArray& array) {
    columns_.reserve(static_cast<std::size_t>(array.n_children));
    for (std::int64_t i = 0; i < array.n_children; ++i) {
      columns_.emplace_back(*array.children[i], array.offset);
    }
  }
  const ColumnView& operator[](std::size_t column) const { return columns_[column]; }
  std::size_t columns() const noexcept { return columns_.size(); }

 private:
  std::vector<ColumnView> columns_;
};

} // namespace millrace
