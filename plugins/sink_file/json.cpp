#include "plugins/sink_file/json.hpp"

#include <arpa/inet.h>
#include <millrace/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <span>
#include <utility>

namespace millrace::sink_file {
namespace {

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t more = lead < 0x80                   ? 0
                             : lead >= 0xC2 && lead < 0xE0 ? 1
                             : lead >= 0xE0 && lead < 0xF0 ? 2
                             : lead >= 0xF0 && lead < 0xF5 ? 3
                                                           : 4;
    if (more == 4 || i + more >= text.size() + (more == 0 ? 1 : 0)) {
      return false;
    }
    for (std::size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      const unsigned char low = k > 1 ? 0x80 : lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
      const unsigned char high = k > 1 ? 0xBF : lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
      if (next < low || next > high) {
        return false;
      }
    }
    i += more + 1;
  }
  return true;
}

void append_base64(std::string_view bytes, std::string& out) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8U | (k < left ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += k <= left ? kDigits[(group >> (18 - 6 * k)) & 63U] : '=';
    }
  }
}

template <class Number>
void append_number(Number value, std::string& out) {
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  out.append(text.data(), end.ptr);
}

void append_float(double value, std::string& out) {
  if (std::isfinite(value)) {
    append_number(value, out);
  } else {
    append_json_text(std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity", out);
  }
}

void append_decimal(Decimal128 value, std::uint8_t scale, std::string& out) {
  const bool negative = value.high < 0;
  auto rest = static_cast<unsigned __int128>(static_cast<std::uint64_t>(value.high)) << 64U | value.low;
  if (negative) {
    rest = -rest;
  }
  std::string digits;
  while (rest != 0 || digits.size() <= scale) {
    digits += static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  }
  if (negative) {
    out += '-';
  }
  for (std::size_t i = digits.size(); i > 0; --i) {
    if (i == scale) {
      out += '.';
    }
    out += digits[i - 1];
  }
}

void append_date(std::int32_t days, std::string& out) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  out += text.data();
}

void append_timestamp(std::int64_t microseconds, std::string& out) {
  const std::chrono::sys_time<std::chrono::microseconds> at{std::chrono::microseconds{microseconds}};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::int64_t of_day = (at - day).count();
  out += '"';
  append_date(static_cast<std::int32_t>(day.time_since_epoch().count()), out);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "T%02d:%02d:%02d.%06dZ", static_cast<int>(of_day / 3'600'000'000),
                static_cast<int>(of_day / 60'000'000 % 60), static_cast<int>(of_day / 1'000'000 % 60),
                static_cast<int>(of_day % 1'000'000));
  out += text.data();
  out += '"';
}

void append_uuid(std::string_view bytes, std::string& out) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) {
      out += '-';
    }
    out += kHex[static_cast<unsigned char>(bytes[i]) >> 4U];
    out += kHex[static_cast<unsigned char>(bytes[i]) & 0xFU];
  }
  out += '"';
}

// "1h30m", as the language of rules writes durations.
void append_duration(std::int64_t microseconds, std::string& out) {
  static constexpr std::array<std::pair<std::int64_t, std::string_view>, 7> kUnits = {{{604'800'000'000, "w"},
                                                                                       {86'400'000'000, "d"},
                                                                                       {3'600'000'000, "h"},
                                                                                       {60'000'000, "m"},
                                                                                       {1'000'000, "s"},
                                                                                       {1'000, "ms"},
                                                                                       {1, "us"}}};
  out += microseconds < 0 ? "\"-" : "\"";
  // Negated as an unsigned number, which the smallest one needs.
  auto left =
      microseconds < 0 ? 0 - static_cast<std::uint64_t>(microseconds) : static_cast<std::uint64_t>(microseconds);
  if (left == 0) {
    out += "0s";
  }
  for (const auto& [size, unit] : kUnits) {
    const std::uint64_t count = left / static_cast<std::uint64_t>(size);
    if (count > 0) {
      append_number(count, out);
      out += unit;
      left -= count * static_cast<std::uint64_t>(size);
    }
  }
  out += '"';
}

void append_ip(std::string_view bytes, std::string& out) {
  static constexpr std::string_view kMapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
  const bool v4 = bytes.starts_with(kMapped);
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(v4 ? AF_INET : AF_INET6, bytes.data() + (v4 ? kMapped.size() : 0), text.data(), text.size());
  out += '"';
  out += text.data();
  out += '"';
}

void append_value(const Column& column, const ColumnView& view, std::size_t row, std::string& out);

void append_list(Column column, const ColumnView& view, std::size_t row, std::string& out) {
  column.list = false;
  const ColumnView items = view.items();
  const auto [first, end] = view.list(row);
  out += '[';
  for (std::size_t i = first; i < end; ++i) {
    out += i == first ? "" : ",";
    append_value(column, items, i, out);
  }
  out += ']';
}

void append_value(const Column& column, const ColumnView& view, std::size_t row, std::string& out) {
  if (view.is_null(row)) {
    out += "null";
    return;
  }
  if (column.list) {
    append_list(column, view, row, out);
    return;
  }
  switch (column.type) {
    case ColumnType::boolean:
      out += view.boolean(row) ? "true" : "false";
      return;
    case ColumnType::int16:
      append_number(view.int16(row), out);
      return;
    case ColumnType::int32:
      append_number(view.int32(row), out);
      return;
    case ColumnType::int64:
      append_number(view.int64(row), out);
      return;
    case ColumnType::float32:
      append_float(view.float32(row), out);
      return;
    case ColumnType::float64:
      append_float(view.float64(row), out);
      return;
    case ColumnType::decimal:
      append_decimal(view.decimal(row), column.scale, out);
      return;
    case ColumnType::text:
    case ColumnType::bytes:
      append_bytes(view.text(row), out);
      return;
    case ColumnType::json:
      out += view.text(row);
      return;
    case ColumnType::uuid:
      append_uuid(view.uuid(row), out);
      return;
    case ColumnType::timestamp:
      append_timestamp(view.timestamp(row), out);
      return;
    case ColumnType::date:
      out += '"';
      append_date(view.date(row), out);
      out += '"';
      return;
    case ColumnType::duration:
      append_duration(view.duration(row), out);
      return;
    case ColumnType::ip:
      append_ip(view.ip(row), out);
      return;
  }
}

void append_optional(mr_str text, std::string& out) {
  if (present(text)) {
    append_bytes(view(text), out);
  } else {
    out += "null";
  }
}

} // namespace

void append_bytes(std::string_view bytes, std::string& out) {
  if (is_utf8(bytes)) {
    append_json_text(bytes, out);
    return;
  }
  out += "{\"base64\":\"";
  append_base64(bytes, out);
  out += "\"}";
}

void append_message(std::string_view target, const mr_message& message, std::string& out) {
  out += "{\"topic\":";
  append_json_text(target, out);
  out += ",\"key\":";
  append_optional(message.key, out);
  out += ",\"headers\":{";
  for (std::size_t i = 0; i < message.header_count; ++i) {
    if (i > 0) {
      out += ',';
    }
    append_json_text(view(message.headers[i].key), out);
    out += ':';
    append_optional(message.headers[i].value, out);
  }
  out += "},\"time_us\":";
  append_number(message.time_us, out);
  out += ",\"payload\":";
  append_optional(present(message.payload) ? message.payload : message.event->payload, out);
  out += '}';
}

void append_row(std::string_view target, const std::vector<Column>& columns, const RowView& rows, std::size_t row,
                std::string& out) {
  out += "{\"table\":";
  append_json_text(target, out);
  out += ",\"row\":{";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) {
      out += ',';
    }
    append_json_text(columns[i].name, out);
    out += ':';
    append_value(columns[i], rows[i], row, out);
  }
  out += "}}";
}

} // namespace millrace::sink_file
