#include "engine/config/declarations.hpp"

#include "engine/config/constraint.hpp"
#include "engine/config/reader.hpp"

namespace millrace::config {
namespace {

void look_at(const mr_field& field, std::vector<std::string>& out) {
  if (std::string error = constraint_error(field); !error.empty()) {
    out.push_back(std::move(error));
  }
  for (const mr_field& inner : std::span(field.fields, field.field_count)) {
    look_at(inner, out);
  }
  if (field.default_text == nullptr) {
    return;
  }
  const Variables nothing_is_set = [](const std::string&) { return std::nullopt; };
  Problems problems;
  Reader("declaration", nothing_is_set, problems).table(toml::table{}, std::span(&field, 1), "default", {});
  for (const Problem& problem : problems.all()) {
    out.push_back(problem.text);
  }
}

} // namespace

std::vector<std::string> declaration_mistakes(std::span<const mr_field> fields) {
  std::vector<std::string> out;
  for (const mr_field& field : fields) {
    look_at(field, out);
  }
  return out;
}

} // namespace millrace::config
