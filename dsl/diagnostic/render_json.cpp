// Diagnostics as JSON, for editors and CI.
#include "dsl/diagnostic/json.hpp"
#include "dsl/diagnostic/render.hpp"

namespace millrace::dsl {
namespace {

std::string json_place(Span span, const SourceMap& sources) {
  const Location begin = sources.locate(span.file, span.begin);
  const Location end = sources.locate(span.file, span.end);
  return "\"file\":" + json_text(sources.name(span.file)) + ",\"byte_start\":" + std::to_string(span.begin) +
         ",\"byte_end\":" + std::to_string(span.end) + ",\"line\":" + std::to_string(begin.line) +
         ",\"column\":" + std::to_string(begin.column) + ",\"line_end\":" + std::to_string(end.line) +
         ",\"column_end\":" + std::to_string(end.column);
}

std::string_view applicability_name(Applicability applicability) {
  switch (applicability) {
    case Applicability::machine:
      return "machine";
    case Applicability::choice:
      return "choice";
    case Applicability::edit:
      return "edit";
  }
  return "edit";
}

std::string json_label(const Label& label, bool primary, const SourceMap& sources) {
  return "{" + json_place(label.span, sources) + ",\"primary\":" + (primary ? "true" : "false") +
         ",\"text\":" + json_text(label.text) + "}";
}

std::string json_help(const Help& help, const SourceMap& sources) {
  std::string out = "{\"text\":" + json_text(help.text);
  if (help.fix) {
    out += ",\"applicability\":\"" + std::string(applicability_name(help.fix->applicability)) +
           "\",\"edits\":" + json_array(help.fix->edits, [&](const Edit& edit) {
             return "{" + json_place(edit.span, sources) + ",\"replacement\":" + json_text(edit.replacement) + "}";
           });
  }
  return out + "}";
}

} // namespace

std::string render_json(const Diagnostic& diagnostic, const SourceMap& sources) {
  std::string labels = "[" + json_label(diagnostic.primary, true, sources);
  for (const Label& label : diagnostic.secondary) {
    labels += "," + json_label(label, false, sources);
  }
  const std::string code = name_of(diagnostic.code);
  return "{\"code\":" + (code.empty() ? "null" : json_text(code)) + ",\"severity\":\"" +
         (diagnostic.is_error() ? "error" : "warning") + "\",\"message\":" + json_text(diagnostic.headline) + "," +
         json_place(diagnostic.primary.span, sources) + ",\"labels\":" + labels +
         "],\"helps\":" + json_array(diagnostic.helps, [&](const Help& help) { return json_help(help, sources); }) +
         ",\"notes\":" + json_array(diagnostic.notes, [](const std::string& note) { return json_text(note); }) + "}";
}

std::string render_json(const Diagnostics& diagnostics, const SourceMap& sources) {
  return json_array(diagnostics.sorted(), [&](const Diagnostic& d) { return render_json(d, sources); }) + "\n";
}

} // namespace millrace::dsl
