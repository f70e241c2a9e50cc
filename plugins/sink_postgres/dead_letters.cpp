#include "plugins/sink_postgres/dead_letters.hpp"

#include "plugins/sink_postgres/session.hpp"
#include "plugins/sink_postgres/utf8.hpp"

#include <millrace/text.hpp>

#include <algorithm>
#include <cstdint>
#include <span>

namespace millrace::sink_postgres {
namespace {

constexpr std::string_view kColumns =
    "pipeline, topic, partition, off, event_time, key, payload, headers, code, sqlstate, reason, path, column_name, "
    "target, rule, ruleset";
constexpr std::int16_t kColumnCount = 16;
constexpr std::size_t kLongestText = 8'192;

void text_field(CopyBuffer& out, std::string_view text) { out.field(make_storable(text, kLongestText)); }
void optional_text(CopyBuffer& out, std::string_view text) {
  if (text.empty()) {
    out.null();
  } else {
    text_field(out, text);
  }
}
void bytes_field(CopyBuffer& out, mr_str bytes) {
  if (present(bytes)) {
    out.field(view(bytes));
  } else {
    out.null();
  }
}

// bytea[]: key, value, key, value, …
void headers_field(CopyBuffer& out, std::span<const mr_pair> headers) {
  constexpr std::int32_t kBytea = 17; // its oid
  const std::size_t before = out.size();
  out.int32(0); // length, known at the end
  const bool has_null = std::any_of(headers.begin(), headers.end(), [](const mr_pair& p) { return !present(p.value); });
  out.int32(headers.empty() ? 0 : 1); // dimensions
  out.int32(has_null ? 1 : 0);
  out.int32(kBytea);
  if (!headers.empty()) {
    out.int32(static_cast<std::int32_t>(headers.size() * 2));
    out.int32(1); // counts from
  }
  for (const mr_pair& header : headers) {
    out.field(view(header.key));
    bytes_field(out, header.value);
  }
  out.set_int32(before, static_cast<std::int32_t>(out.size() - before - sizeof(std::int32_t)));
}

void time_field(CopyBuffer& out, std::int64_t microseconds) {
  constexpr std::int64_t kEpochUs = 946'684'800'000'000;      // 2000-01-01
  constexpr std::int64_t kEarliest = -62'135'596'800'000'000; // year 1
  constexpr std::int64_t kLatest = 253'402'300'799'999'999;   // year 9999
  out.int32(sizeof(std::int64_t));
  out.int64(std::clamp(microseconds, kEarliest, kLatest) - kEpochUs);
}

} // namespace

DeadLetterSql dead_letter_sql(std::string_view schema) {
  const std::string table = quote_name(schema, "dead_letter");
  const std::string stage = "\"millrace dead letters\"";
  const std::string columns(kColumns);
  return {"create temp table if not exists " + stage + " on commit delete rows as select " + columns + " from " +
              table + " with no data",
          "copy pg_temp." + stage + " (" + columns + ") from stdin (format binary)",
          "insert into " + table + " (" + columns + ") select " + columns + " from pg_temp." + stage +
              " on conflict (pipeline, topic, partition, off) where partition >= 0 do nothing"};
}

void append_dead_letter(CopyBuffer& out, std::string_view pipeline, const mr_event& event, const mr_reason* reason,
                        const Refusal* refusal) {
  out.int16(kColumnCount);
  text_field(out, pipeline);
  text_field(out, view(event.origin->stream));
  out.int32(sizeof(std::int32_t));
  out.int32(event.origin->partition);
  out.int32(sizeof(std::int64_t));
  out.int64(static_cast<std::int64_t>(event.position));
  time_field(out, event.time_us);
  bytes_field(out, event.key);
  bytes_field(out, event.payload);
  headers_field(out, {event.headers, event.header_count});
  text_field(out, refusal != nullptr ? std::string_view(refusal->sqlstate) : view(reason->code));
  optional_text(out, refusal != nullptr ? std::string_view(refusal->sqlstate) : std::string_view());
  text_field(out, refusal != nullptr ? std::string_view(refusal->text) : view(reason->text));
  optional_text(out, reason != nullptr ? view(reason->path) : std::string_view());
  optional_text(out, refusal != nullptr ? std::string_view(refusal->column) : std::string_view());
  optional_text(out, refusal != nullptr ? std::string_view(refusal->table) : std::string_view());
  optional_text(out, reason != nullptr ? view(reason->rule) : std::string_view());
  optional_text(out, reason != nullptr ? view(reason->ruleset) : std::string_view());
}

} // namespace millrace::sink_postgres
