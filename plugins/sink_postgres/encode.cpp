#include "plugins/sink_postgres/encode.hpp"

#include "plugins/sink_postgres/numeric.hpp"
#include "plugins/sink_postgres/utf8.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

namespace millrace::sink_postgres {
namespace {

template <class Value>
void store(char* at, Value value) noexcept { // big endian, as everything on this wire
  auto bits =
      std::bit_cast<std::conditional_t<sizeof(Value) == 2, std::uint16_t,
                                       std::conditional_t<sizeof(Value) == 4, std::uint32_t, std::uint64_t>>>(value);
  if constexpr (std::endian::native == std::endian::little) {
    if constexpr (sizeof(Value) == 2) {
      bits = __builtin_bswap16(bits);
    } else if constexpr (sizeof(Value) == 4) {
      bits = __builtin_bswap32(bits);
    } else {
      bits = __builtin_bswap64(bits);
    }
  }
  std::memcpy(at, &bits, sizeof bits);
}

template <class Value>
void fixed_field(CopyBuffer& out, Value value) {
  char* const at = out.extend(sizeof(std::int32_t) + sizeof(Value));
  store(at, static_cast<std::int32_t>(sizeof(Value)));
  store(at + sizeof(std::int32_t), value);
}

// Hours, minutes and seconds, which are exact; days and months of an interval are as long as the calendar says.
void interval_field(CopyBuffer& out, std::int64_t microseconds) {
  constexpr std::int32_t kSize = 16;
  out.int32(kSize);
  out.int64(microseconds);
  out.int32(0); // days
  out.int32(0); // months
}

void inet_field(CopyBuffer& out, std::string_view address) {
  constexpr std::string_view kMapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
  const bool v4 = address.starts_with(kMapped);
  const std::string_view bytes = v4 ? address.substr(kMapped.size()) : address;
  const auto bits = static_cast<char>(bytes.size() * 8);
  const char head[] = {v4 ? '\2' : '\3', bits, '\0', static_cast<char>(bytes.size())}; // family, prefix, no cidr
  out.int32(static_cast<std::int32_t>(sizeof head + bytes.size()));
  out.append({head, sizeof head});
  out.append(bytes);
}

constexpr std::size_t kLargestField = 0x3FFFFFFF; // PostgreSQL's MaxAllocSize

constexpr std::int64_t kEpochUs = 946'684'800'000'000; // 2000-01-01, where PostgreSQL counts from
constexpr std::int64_t kFirstTimestamp = -211'813'488'000'000'000;
constexpr std::int32_t kEpochDays = 10'957;
constexpr std::int32_t kFirstDate = -2'451'545;
constexpr std::int32_t kEndDate = 2'145'031'949;

// The texts lie one behind the other, so they are storable when all of it is and each begins where a character does.
bool are_storable(const ColumnView& column, std::size_t count) {
  if (count == 0) {
    return true;
  }
  const char* const begin = column.text(0).data();
  const char* end = begin;
  for (std::size_t row = 0; row < count; ++row) {
    const std::string_view text = column.text(row);
    if (text.size() > kLargestField || text.data() != end || (!text.empty() && !begins_character(text.front()))) {
      return false;
    }
    end = text.data() + text.size();
  }
  return begin == end || is_storable_text({begin, static_cast<std::size_t>(end - begin)});
}

} // namespace

void CopyBuffer::clear() noexcept {
  constexpr std::size_t kKept = std::size_t{4} << 20U;
  size_ = 0;
  if (capacity_ > kKept) {
    data_.reset();
    capacity_ = 0;
  }
}

void CopyBuffer::grow(std::size_t bytes) {
  constexpr std::size_t kFirst = std::size_t{256} << 10U;
  const std::size_t capacity = std::max({kFirst, capacity_ * 2, size_ + bytes});
  auto data = std::make_unique_for_overwrite<char[]>(capacity);
  if (size_ > 0) {
    std::memcpy(data.get(), data_.get(), size_);
  }
  data_ = std::move(data);
  capacity_ = capacity;
}

void CopyBuffer::append(std::string_view bytes) {
  if (!bytes.empty()) {
    std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
  }
}
void CopyBuffer::int16(std::int16_t value) { store(extend(sizeof value), value); }
void CopyBuffer::int32(std::int32_t value) { store(extend(sizeof value), value); }
void CopyBuffer::int64(std::int64_t value) { store(extend(sizeof value), value); }
void CopyBuffer::set_int32(std::size_t at, std::int32_t value) noexcept { store(data_.get() + at, value); }
void CopyBuffer::field(std::string_view bytes) {
  int32(static_cast<std::int32_t>(bytes.size()));
  append(bytes);
}
void CopyBuffer::header() {
  append({"PGCOPY\n\377\r\n\0", 11});
  int32(0); // flags
  int32(0); // length of the extension
}

std::vector<bool> RowEncoder::storable_columns(const RowView& rows, std::size_t count) const {
  std::vector<bool> out(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const ColumnType from = columns_[i].from;
    const bool texts = (from == ColumnType::text || from == ColumnType::json) && !columns_[i].list;
    out[i] = texts && are_storable(rows[i], count);
  }
  return out;
}

const BadValue* RowEncoder::append(CopyBuffer& out, const RowView& rows, std::size_t row,
                                   std::optional<std::int32_t> ord, const std::vector<bool>& storable) {
  const std::size_t before = out.size();
  out.int16(static_cast<std::int16_t>(columns_.size() + (ord ? 1 : 0)));
  if (ord) {
    fixed_field(out, *ord);
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const ColumnView& view = rows[i];
    if (view.is_null(row)) {
      if (!columns_[i].nullable) {
        bad(i, "23502", "is absent, and the column is NOT NULL");
        out.cut(before);
        return &bad_;
      }
      out.null();
    } else if (!(columns_[i].list ? array(out, i, view, row)
                                  : value(out, i, view, row, !storable.empty() && storable[i]))) {
      out.cut(before);
      return &bad_;
    }
  }
  return nullptr;
}

bool RowEncoder::value(CopyBuffer& out, std::size_t column, const ColumnView& view, std::size_t row, bool storable) {
  switch (columns_[column].from) {
    case ColumnType::boolean:
      out.field({view.boolean(row) ? "\1" : "\0", 1});
      return true;
    case ColumnType::int16:
      return integer(out, column, view.int16(row));
    case ColumnType::int32:
      return integer(out, column, view.int32(row));
    case ColumnType::int64:
      return integer(out, column, view.int64(row));
    case ColumnType::float32:
      return floating(out, column, static_cast<double>(view.float32(row)));
    case ColumnType::float64:
      return floating(out, column, view.float64(row));
    case ColumnType::decimal:
      return decimal(out, column, view.decimal(row));
    case ColumnType::text:
      return text(out, column, view.text(row), storable);
    case ColumnType::json:
      return json(out, column, view.text(row), storable);
    case ColumnType::bytes:
      if (view.text(row).size() > kLargestField) {
        return bad(column, "54000", "has more bytes than PostgreSQL's largest value, 1 GB");
      }
      out.field(view.text(row));
      return true;
    case ColumnType::uuid:
      out.field(view.uuid(row));
      return true;
    case ColumnType::timestamp:
      return timestamp(out, column, view.timestamp(row));
    case ColumnType::date:
      return date(out, column, view.date(row));
    case ColumnType::duration:
      interval_field(out, view.duration(row));
      return true;
    case ColumnType::ip:
      inet_field(out, view.ip(row));
      return true;
  }
  return bad(column, "XX000", "is of a type that this sink does not know");
}

// Dimensions, whether there are nulls, the elements' type; then each dimension's length and first index; then the
// elements as fields. An empty array has no dimension.
bool RowEncoder::array(CopyBuffer& out, std::size_t column, const ColumnView& view, std::size_t row) {
  const ColumnView items = view.items();
  const auto [first, end] = view.list(row);
  const std::size_t before = out.size();
  out.int32(0); // length, known at the end
  out.int32(first == end ? 0 : 1);
  const std::size_t has_null = out.size();
  out.int32(0);
  out.int32(static_cast<std::int32_t>(oid_of(columns_[column].to.kind)));
  if (first != end) {
    out.int32(static_cast<std::int32_t>(end - first));
    out.int32(1);
  }
  for (std::size_t i = first; i < end; ++i) {
    if (items.is_null(i)) {
      out.set_int32(has_null, 1);
      out.null();
    } else if (!value(out, column, items, i, false)) {
      return false;
    }
  }
  const std::size_t size = out.size() - before - sizeof(std::int32_t);
  if (size > kLargestField) {
    return bad(column, "54000", "has more bytes than PostgreSQL's largest value, 1 GB");
  }
  out.set_int32(before, static_cast<std::int32_t>(size));
  return true;
}

bool RowEncoder::integer(CopyBuffer& out, std::size_t column, std::int64_t value) {
  const auto fits = [value](auto smallest, auto largest) { return value >= smallest && value <= largest; };
  const SqlType& to = columns_[column].to;
  if (to.kind == SqlKind::int8) {
    fixed_field(out, value);
  } else if (to.kind == SqlKind::int4 && fits(INT32_MIN, INT32_MAX)) {
    fixed_field(out, static_cast<std::int32_t>(value));
  } else if (to.kind == SqlKind::int2 && fits(INT16_MIN, INT16_MAX)) {
    fixed_field(out, static_cast<std::int16_t>(value));
  } else if (to.kind == SqlKind::float8) {
    fixed_field(out, static_cast<double>(value));
  } else if (to.kind == SqlKind::numeric) {
    return decimal(out, column, {static_cast<std::uint64_t>(value), value < 0 ? -1 : 0});
  } else {
    return bad(column, "22003", std::to_string(value) + " is out of range for " + to_string(to));
  }
  return true;
}

bool RowEncoder::floating(CopyBuffer& out, std::size_t column, double value) {
  if (columns_[column].to.kind == SqlKind::float8) {
    fixed_field(out, value);
    return true;
  }
  if (std::isfinite(value) && std::fabs(value) > static_cast<double>(std::numeric_limits<float>::max())) {
    return bad(column, "22003", "is out of range for real");
  }
  fixed_field(out, static_cast<float>(value));
  return true;
}

bool RowEncoder::decimal(CopyBuffer& out, std::size_t column, Decimal128 value) {
  const ColumnPlan& plan = columns_[column];
  const int scale = plan.from == ColumnType::decimal ? plan.scale : 0;
  const bool negative = value.high < 0;
  Digits128 magnitude = (static_cast<Digits128>(static_cast<std::uint64_t>(value.high)) << 64U) | value.low;
  if (negative) {
    magnitude = ~magnitude + 1;
  }
  // With fewer digits behind the point than the value the column rounds, and only the server knows the result.
  const int free_digits = plan.to.size - plan.to.scale + scale;
  constexpr int kMostDigits = 39; // of 128 bits
  if (plan.to.size != 0 && scale <= plan.to.scale && free_digits < kMostDigits &&
      magnitude >= power_of_ten(std::max(free_digits, 0))) {
    return bad(column, "22003",
               "has more than " + std::to_string(plan.to.size - plan.to.scale) +
                   " digits before the point, too many for " + to_string(plan.to));
  }
  append_numeric(out, negative, magnitude, scale);
  return true;
}

bool RowEncoder::text(CopyBuffer& out, std::size_t column, std::string_view value, bool storable) {
  const SqlType& to = columns_[column].to;
  if (to.kind == SqlKind::numeric) { // exact digits of any number
    switch (append_numeric(out, value)) {
      case NumericText::fine:
        return true;
      case NumericText::no_number:
        return bad(column, "22P02", "is not a number");
      case NumericText::too_large:
        return bad(column, "22003", "has more digits than numeric holds");
    }
  }
  if (!storable && !is_storable_text(value)) {
    const bool zero = value.find('\0') != std::string_view::npos;
    return bad(column, "22021", zero ? "holds a zero byte, which text cannot" : "is not valid UTF-8");
  }
  if (to.size != 0 && !fits_characters(value, static_cast<std::size_t>(to.size))) {
    return bad(column, "22001", "is too long for " + to_string(to));
  }
  if (value.size() > kLargestField) {
    return bad(column, "54000", "has more bytes than PostgreSQL's largest value, 1 GB");
  }
  out.field(value);
  return true;
}

bool RowEncoder::json(CopyBuffer& out, std::size_t column, std::string_view value, bool storable) {
  if (!storable && !is_storable_text(value)) {
    return bad(column, "22021", "is not valid UTF-8, or holds a zero byte");
  }
  if (value.size() >= kLargestField) {
    return bad(column, "54000", "has more bytes than PostgreSQL's largest value, 1 GB");
  }
  if (columns_[column].to.kind != SqlKind::jsonb) {
    out.field(value);
    return true;
  }
  switch (check_escapes(value)) {
    case JsonEscapes::zero:
      return bad(column, "22P05", "holds \\u0000, which jsonb cannot");
    case JsonEscapes::lone_surrogate:
      return bad(column, "22P02", "holds half of a surrogate pair, which jsonb cannot");
    case JsonEscapes::fine:
      break;
  }
  constexpr char kVersion = 1;
  out.int32(static_cast<std::int32_t>(value.size() + 1));
  *out.extend(1) = kVersion;
  out.append(value);
  return true;
}

bool RowEncoder::timestamp(CopyBuffer& out, std::size_t column, std::int64_t microseconds) {
  // PostgreSQL ends later than what 64 bits from 1970 can say.
  if (microseconds < kFirstTimestamp + kEpochUs) {
    return bad(column, "22008", "is out of range for timestamptz");
  }
  fixed_field(out, microseconds - kEpochUs);
  return true;
}

bool RowEncoder::date(CopyBuffer& out, std::size_t column, std::int32_t days) {
  if (days < kFirstDate + kEpochDays || days - kEpochDays >= kEndDate) {
    return bad(column, "22008", "is out of range for date");
  }
  fixed_field(out, days - kEpochDays);
  return true;
}

bool RowEncoder::bad(std::size_t column, std::string_view sqlstate, std::string text) {
  bad_ = {column, sqlstate, "'" + columns_[column].name + "' " + std::move(text)};
  return false;
}

} // namespace millrace::sink_postgres
