#include "engine/cli/stage.hpp"

#include <fmt/format.h>

namespace millrace::cli {

namespace {

host::Log::Out lines_to(const Console& console) {
  return [&console](std::uint32_t, std::string_view line) { console.err << line << "\n"; };
}

} // namespace

// Plugins may warn while they are created; that belongs beside the other messages.
Stage::Stage(const std::string& file, const Console& console)
    : config_(config::load(file, console.executable)),
      log_(clock_, host::LogForm::kText, MR_LOG_WARN, lines_to(console)),
      errors_(clock_, host::LogForm::kText, MR_LOG_ERROR, lines_to(console)) {}

std::string painted(const host::Diagnostic& diagnostic, dsl::Colours colours) {
  const bool error = diagnostic.severity == MR_LOG_ERROR;
  const std::string kind = fmt::format("{}[{}]", error ? "error" : "warning", diagnostic.code);
  return diagnostic.rendered.starts_with(kind)
             ? dsl::painted(error ? dsl::Tone::error : dsl::Tone::warning, kind, colours) +
                   diagnostic.rendered.substr(kind.size())
             : diagnostic.rendered;
}

ExitCode show(const Rehearsal& rehearsal, const Console& console) {
  for (const host::Diagnostic& diagnostic : rehearsal.diagnostics()) {
    console.err << painted(diagnostic, console.err_colours) << (diagnostic.rendered.ends_with('\n') ? "" : "\n");
  }
  for (const Refused& refused : rehearsal.refused()) {
    console.err << fmt::format("{}: {}\n", refused.place.text(), refused.text);
  }
  return code_of(rehearsal);
}

ExitCode code_of(const Rehearsal& rehearsal) {
  ExitCode code = ExitCode::kOk;
  for (const host::Diagnostic& diagnostic : rehearsal.diagnostics()) {
    code = worse(code, diagnostic.severity == MR_LOG_ERROR ? ExitCode::kFindings : ExitCode::kOk);
  }
  for (const Refused& refused : rehearsal.refused()) {
    code = worse(code, refused.plugin ? ExitCode::kPlugin : ExitCode::kConfiguration);
  }
  return code;
}

ExitCode code_of(const modules::Answer& answer) {
  switch (answer.status) {
    case MR_OK:
      return ExitCode::kOk;
    case MR_TRANSIENT:
      return ExitCode::kUnreachable;
    case MR_REJECTED:
      return ExitCode::kFindings;
    case MR_INVALID:
      return ExitCode::kConfiguration;
    default:
      return ExitCode::kPlugin;
  }
}

} // namespace millrace::cli
