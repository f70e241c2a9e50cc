// Records of CSV (RFC 4180) as JSON objects. Every value is a JSON string; an empty field that is not quoted is left
// out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::source_file {

// The end of the record that begins at the start of `text`, after its line end; none: it is not complete yet. `last`:
// no more bytes will come.
std::optional<std::size_t> csv_record_end(std::string_view text, bool last);

struct CsvField {
  std::string text;
  bool quoted = false;
};

// One record without its line end.
std::vector<CsvField> csv_fields(std::string_view record, char delimiter);

// Appends a JSON object to `out`. The count of fields has to be that of the names.
void csv_to_json(const std::vector<std::string>& names, const std::vector<CsvField>& fields, std::string& out);

} // namespace millrace::source_file
