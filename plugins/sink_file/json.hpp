// Records as lines of JSON.
#pragma once

#include <millrace/rows.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::sink_file {

// Text that is UTF-8 as a JSON string; any other bytes as {"base64": "…"}.
void append_bytes(std::string_view bytes, std::string& out);

// {"topic": …, "key": …, "headers": {…}, "time_us": …, "payload": …}
void append_message(std::string_view target, const mr_message& message, std::string& out);

// {"table": …, "row": {column: value, …}}; numbers are exact: decimals stand as numbers with all their digits.
void append_row(std::string_view target, const std::vector<Column>& columns, const RowView& rows, std::size_t row,
                std::string& out);

} // namespace millrace::sink_file
