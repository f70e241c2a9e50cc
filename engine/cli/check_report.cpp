#include "engine/cli/check_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "dsl/compile.hpp"
#include "dsl/diagnostic/json.hpp"
#include "dsl/diagnostic/render.hpp"
#include "engine/cli/stage.hpp"

namespace millrace::cli {
namespace {

// Names of what has no code, for SARIF.
constexpr const char* kOutside = "outside-system";
constexpr const char* kLeftOut = "left-out";
constexpr const char* kConfiguration = "configuration";
constexpr const char* kFailedTest = "failed-test";

std::string_view name_of(std::uint32_t severity) { return severity == MR_LOG_ERROR ? "error" : "warning"; }

dsl::Severity severity_of(std::uint32_t severity) {
  return severity == MR_LOG_ERROR ? dsl::Severity::error : dsl::Severity::warning;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

// "app.orders, app.items, app.refunds and 7 more"
std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 3;
  const std::vector<std::string> shown(names.begin(),
                                       names.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, names.size())));
  return fmt::format("{}{}", fmt::join(shown, ", "),
                     names.size() > kShown ? fmt::format(" and {} more", names.size() - kShown) : "");
}

std::string json_names(const std::vector<std::string>& names) {
  return dsl::json_array(names, [](const std::string& name) { return dsl::json_text(name); });
}

std::string sarif_place(const std::string& file, std::uint32_t line, std::uint32_t column) {
  return fmt::format("{}:{}:{}", file, std::max(line, 1U), std::max(column, 1U));
}

std::string sarif_place(const config::Place& place) { return sarif_place(place.file, place.line, place.column); }

// Its place, and what is to be done about it, as the compiler would say it.
dsl::Diagnostic diagnostic_of(const Finding& finding, dsl::Span at, const std::string& who) {
  using dsl::Code;
  const std::vector<std::string> lines = lines_of(finding.named_text());
  dsl::Diagnostic out{finding.severity == MR_LOG_ERROR ? Code::found_elsewhere : Code::noticed_elsewhere,
                      lines.front(),
                      {at, {}},
                      {},
                      {},
                      {}};
  for (std::size_t i = 1; i < lines.size(); ++i) {
    out.help(lines[i]);
  }
  out.note("found by " + who);
  return out;
}

} // namespace

std::string Asked::who() const {
  return fmt::format("{} of pipeline '{}'", instance.label(), rehearsal.pipeline().name);
}

CheckReport::Pipeline& CheckReport::of(const Rehearsal& rehearsal) {
  return *std::ranges::find(pipelines_, &rehearsal, &Pipeline::rehearsal);
}

ExitCode CheckReport::begin(const Rehearsal& rehearsal) {
  pipelines_.push_back({&rehearsal, {}, {}});
  if (format_ == Format::text) {
    return show(rehearsal, console_);
  }
  for (const host::Diagnostic& found : rehearsal.diagnostics()) {
    in_rules(rehearsal, found);
  }
  for (const Refused& refused : rehearsal.refused()) {
    in_configuration(rehearsal, refused.place, MR_LOG_ERROR, refused.text);
  }
  return code_of(rehearsal);
}

void CheckReport::fits(const Rehearsal& rehearsal) {
  if (format_ == Format::text) {
    console_.out << fmt::format("pipeline '{}': ok, {} targets", rehearsal.pipeline().name, rehearsal.targets().size());
    console_.out << (rehearsal.ruleset().empty()
                         ? "\n"
                         : fmt::format(", ruleset {}, {} tests passed\n", rehearsal.ruleset(), rehearsal.tests()));
  }
}

void CheckReport::finding(const Asked& asked, const Finding& finding) {
  if (finding.severity == MR_LOG_INFO) {
    return nothing(asked, finding.line());
  }
  if (finding.place) {
    return in_rules(asked, finding, *finding.place);
  }
  if (format_ == Format::text) {
    console_.err << fmt::format("{}: {}\n", asked.who(), finding.line());
  } else {
    in_configuration(asked.rehearsal, asked.instance.place, finding.severity,
                     asked.who() + ": " + finding.named_text());
  }
}

void CheckReport::in_rules(const Asked& asked, const Finding& finding, const Place& place) {
  const dsl::Diagnostic found = diagnostic_of(finding, span_of(place), asked.who());
  switch (format_) {
    case Format::text:
      console_.err << dsl::render_text(found, sources_, console_.err_colours);
      return;
    case Format::json:
      of(asked.rehearsal)
          .diagnostics.push_back(fmt::format(R"({{"instance":{},"target":{},"item":{},{})",
                                             dsl::json_text(asked.instance.label()), dsl::json_text(finding.target),
                                             dsl::json_text(finding.item), render_json(found, sources_).substr(1)));
      return;
    case Format::sarif:
      sarif_.add(kOutside, found, sources_);
      return;
  }
}

void CheckReport::in_rules(const Rehearsal& rehearsal, const host::Diagnostic& found) {
  const std::string code = found.code.empty() ? "null" : dsl::json_text(found.code);
  of(rehearsal).diagnostics.push_back(fmt::format(
      R"({{"code":{},"severity":"{}","message":{},"file":{},"line":{},"column":{}}})", code, name_of(found.severity),
      dsl::json_text(found.headline), dsl::json_text(found.file), found.line, found.column));
  sarif_.add(found.code.empty() ? kFailedTest : found.code, sarif_place(found.file, found.line, found.column),
             found.headline, severity_of(found.severity));
}

void CheckReport::in_configuration(const Rehearsal& rehearsal, const config::Place& place, std::uint32_t severity,
                                   const std::string& text) {
  of(rehearsal).diagnostics.push_back(
      fmt::format(R"({{"code":null,"severity":"{}","message":{},"file":{},"line":{},"column":{}}})", name_of(severity),
                  dsl::json_text(text), dsl::json_text(place.file), place.line, place.column));
  sarif_.add(kConfiguration, sarif_place(place), text, severity_of(severity));
}

void CheckReport::left_out(const Asked& asked, const std::vector<std::string>& targets, const std::string& why) {
  const std::string what = targets.empty() ? asked.who() : fmt::format("{} of {}", listed(targets), asked.who());
  switch (format_) {
    case Format::text:
      console_.err << fmt::format("left out: {}: {}\n", what, why);
      return;
    case Format::json:
      of(asked.rehearsal)
          .left_out.push_back(fmt::format(R"({{"instance":{},"targets":{},"why":{}}})",
                                          dsl::json_text(asked.instance.label()), json_names(targets),
                                          dsl::json_text(why)));
      return;
    case Format::sarif:
      sarif_.add(kLeftOut, sarif_place(asked.instance.place), fmt::format("left out: {}: {}", what, why),
                 dsl::Severity::error);
      return;
  }
}

void CheckReport::failed(const Asked& asked, const std::string& why) {
  const std::string text = fmt::format("{}: {}", asked.who(), why);
  if (format_ == Format::text) {
    console_.err << text << "\n";
  } else {
    in_configuration(asked.rehearsal, asked.instance.place, MR_LOG_ERROR, text);
  }
}

void CheckReport::nothing(const Asked& asked, const std::string& text) {
  if (format_ == Format::text) {
    console_.out << fmt::format("{}: {}\n", asked.who(), text);
  }
}

void CheckReport::end() {
  if (format_ == Format::sarif) {
    console_.out << sarif_.log(MILLRACE_VERSION);
  }
  if (format_ != Format::json) {
    return;
  }
  std::vector<std::string> all;
  for (const Pipeline& pipeline : pipelines_) {
    const std::string& hash = pipeline.rehearsal->ruleset();
    all.push_back(fmt::format(R"({{"pipeline":{},"ruleset":{},"diagnostics":[{}],"left_out":[{}]}})",
                              dsl::json_text(pipeline.rehearsal->pipeline().name),
                              hash.empty() ? "null" : dsl::json_text(hash), fmt::join(pipeline.diagnostics, ","),
                              fmt::join(pipeline.left_out, ",")));
  }
  console_.out << fmt::format("[{}]\n", fmt::join(all, ",\n "));
}

// Should the file have been changed meanwhile, the place is within it all the same.
dsl::Span CheckReport::span_of(const Place& place) {
  auto known = files_.find(place.file);
  if (known == files_.end()) {
    std::string text;
    try {
      text = read_rules_file(place.file).value_or("");
    } catch (const dsl::Unreadable&) { // since it was compiled
    }
    known = files_.emplace(place.file, sources_.add(place.file, std::move(text))).first;
  }
  const std::size_t size = sources_.text(known->second).size();
  const auto within = [&](std::uint64_t at) { return static_cast<std::uint32_t>(std::min<std::uint64_t>(at, size)); };
  return {known->second, within(place.begin), within(std::max(place.begin, place.end))};
}

} // namespace millrace::cli
