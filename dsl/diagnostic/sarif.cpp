#include "dsl/diagnostic/sarif.hpp"

#include <map>

#include "dsl/diagnostic/json.hpp"

namespace millrace::dsl {
namespace {

std::string region(Location begin, Location end) {
  return "{\"startLine\":" + std::to_string(begin.line) + ",\"startColumn\":" + std::to_string(begin.column) +
         ",\"endLine\":" + std::to_string(end.line) + ",\"endColumn\":" + std::to_string(end.column) + "}";
}

std::string artifact(std::string_view file) { return "{\"uri\":" + json_text(file) + "}"; }

std::string region(Span span, const SourceMap& sources) {
  return region(sources.locate(span.file, span.begin), sources.locate(span.file, span.end));
}

std::string location(Span span, const SourceMap& sources, std::string_view message) {
  const std::string text = message.empty() ? "" : ",\"message\":{\"text\":" + json_text(message) + "}";
  return "{\"physicalLocation\":{\"artifactLocation\":" + artifact(sources.name(span.file)) +
         ",\"region\":" + region(span, sources) + "}" + text + "}";
}

std::string fix(const Help& help, const SourceMap& sources) {
  std::map<FileId, std::string> replacements;
  for (const Edit& edit : help.fix->edits) {
    std::string& of = replacements[edit.span.file];
    of += (of.empty() ? "" : ",") + ("{\"deletedRegion\":" + region(edit.span, sources)) +
          ",\"insertedContent\":{\"text\":" + json_text(edit.replacement) + "}}";
  }
  const std::string changes = json_array(replacements, [&](const auto& file) {
    return "{\"artifactLocation\":" + artifact(sources.name(file.first)) + ",\"replacements\":[" + file.second + "]}";
  });
  return "{\"description\":{\"text\":" + json_text(help.text) + "},\"artifactChanges\":" + changes + "}";
}

std::string result(std::string_view rule, const Diagnostic& found, const SourceMap& sources) {
  std::string text = found.headline;
  std::vector<Help> fixes;
  for (const Help& help : found.helps) {
    text += "\n" + help.text;
    if (help.fix) {
      fixes.push_back(help);
    }
  }
  for (const std::string& note : found.notes) {
    text += "\n" + note;
  }
  return "{\"ruleId\":" + json_text(rule) + ",\"level\":\"" + (found.is_error() ? "error" : "warning") +
         "\",\"message\":{\"text\":" + json_text(text) + "},\"locations\":[" +
         location(found.primary.span, sources, found.primary.text) + "],\"relatedLocations\":" +
         json_array(found.secondary, [&](const Label& label) { return location(label.span, sources, label.text); }) +
         ",\"fixes\":" + json_array(fixes, [&](const Help& help) { return fix(help, sources); }) + "}";
}

} // namespace

void Sarif::add(const Diagnostics& diagnostics, const SourceMap& sources) {
  for (const Diagnostic& found : diagnostics.sorted()) {
    results_ += (results_.empty() ? "" : ",") + result(name_of(found.code), found, sources);
    codes_.insert(found.code);
  }
}

void Sarif::add(std::string_view rule, const Diagnostic& found, const SourceMap& sources) {
  results_ += (results_.empty() ? "" : ",") + result(rule, found, sources);
  others_.emplace(rule);
}

void Sarif::add(std::string_view rule, std::string_view place, std::string_view text, Severity severity) {
  const std::size_t column = place.rfind(':');
  const std::size_t line = place.rfind(':', column - 1);
  const Location at{static_cast<std::uint32_t>(std::stoul(std::string(place.substr(line + 1, column - line - 1)))),
                    static_cast<std::uint32_t>(std::stoul(std::string(place.substr(column + 1))))};
  results_ += (results_.empty() ? "" : ",") + ("{\"ruleId\":" + json_text(rule)) + ",\"level\":\"" +
              (severity == Severity::error ? "error" : "warning") + "\",\"message\":{\"text\":" + json_text(text) +
              "},\"locations\":[{\"physicalLocation\":{\"artifactLocation\":" + artifact(place.substr(0, line)) +
              ",\"region\":" + region(at, at) + "}}]}";
  others_.emplace(rule);
}

std::string Sarif::log(std::string_view version) const {
  std::string rules;
  for (const Code code : codes_) {
    rules += (rules.empty() ? "" : ",") + ("{\"id\":\"" + name_of(code)) + "\"}";
  }
  for (const std::string& other : others_) {
    rules += (rules.empty() ? "" : ",") + ("{\"id\":" + json_text(other)) + "}";
  }
  return "{\"version\":\"2.1.0\",\"runs\":[{\"tool\":"
         "{\"driver\":{\"name\":\"millrace\",\"version\":" +
         json_text(version) + ",\"rules\":[" + rules + "]}},\"columnKind\":\"unicodeCodePoints\",\"results\":[" +
         results_ + "]}]}\n";
}

} // namespace millrace::dsl
