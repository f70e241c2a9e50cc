#include "plugins/source_file/csv.hpp"

#include <millrace/json.hpp>

namespace millrace::source_file {

std::optional<std::size_t> csv_record_end(std::string_view text, bool last) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      quoted = !quoted; // a doubled quote turns it off and on again
    } else if (text[i] == '\n' && !quoted) {
      return i + 1;
    }
  }
  if (last && !text.empty()) {
    return text.size();
  }
  return std::nullopt;
}

std::vector<CsvField> csv_fields(std::string_view record, char delimiter) {
  std::vector<CsvField> fields;
  CsvField field;
  bool quoted = false;
  for (std::size_t i = 0; i < record.size(); ++i) {
    const char c = record[i];
    if (quoted) {
      if (c != '"') {
        field.text += c;
      } else if (i + 1 < record.size() && record[i + 1] == '"') {
        field.text += '"';
        ++i;
      } else {
        quoted = false;
      }
    } else if (c == '"' && field.text.empty() && !field.quoted) {
      quoted = true;
      field.quoted = true;
    } else if (c == delimiter) {
      fields.push_back(std::move(field));
      field = {};
    } else {
      field.text += c;
    }
  }
  fields.push_back(std::move(field));
  return fields;
}

void csv_to_json(const std::vector<std::string>& names, const std::vector<CsvField>& fields, std::string& out) {
  out += '{';
  bool first = true;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (fields[i].text.empty() && !fields[i].quoted) {
      continue;
    }
    if (!first) {
      out += ',';
    }
    first = false;
    append_json_text(names[i], out);
    out += ':';
    append_json_text(fields[i].text, out);
  }
  out += '}';
}

} // namespace millrace::source_file
