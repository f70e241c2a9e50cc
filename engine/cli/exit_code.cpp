#include "engine/cli/exit_code.hpp"

namespace millrace::cli {
namespace {

constexpr ExitCodeInfo kExitCodes[] = {
    {ExitCode::kOk, "ok", ""},
    {ExitCode::kFindings,
     "findings: the rules, their tests or the targets are wrong; a reload was refused; the engine is not ready",
     "read the messages; each names file, line and the way out"},
    {ExitCode::kUsage, "usage: the command line is wrong", "`millrace COMMAND --help`"},
    {ExitCode::kConfiguration, "configuration: an unknown key, a wrong type, a value out of range, something missing",
     "read the messages; each names file, line and column"},
    {ExitCode::kPlugin, "plugin: it is missing, was refused (other major, no symbol, not trusted), or failed",
     "`millrace plugins list`"},
    {ExitCode::kUnreachable, "unreachable: an outside system, or the engine that a command talks to",
     "start it, or correct its address"},
    {ExitCode::kCannotStart, "start: an address is taken, or a source cannot start as it is configured",
     "stop what listens there, or set another one"},
    {ExitCode::kBroken, "broken: a pipeline broke while it ran", "read the log"},
    {ExitCode::kInternal, "internal: a mistake in the engine itself", "report it with the message"},
};

} // namespace

std::span<const ExitCodeInfo> exit_codes() { return kExitCodes; }

} // namespace millrace::cli
