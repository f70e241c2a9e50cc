// `millrace check --connect` and `millrace apply`: what is there, what is missing, and making what is missing. Changes
// nothing that is there.
#pragma once

#include "plugins/sink_postgres/session.hpp"

#include <millrace/ext/check.h>
#include <millrace/ext/draft/apply.h>
#include <millrace/plugin.h>

#include <span>
#include <string_view>

namespace millrace::sink_postgres {

// The session is open. Throw SqlFailure.
void check_targets(Session& session, std::string_view schema, std::span<const mr_target> targets,
                   const mr_findings& findings);
void apply_targets(Session& session, std::string_view schema, std::span<const mr_target> targets, bool run,
                   const mr_steps& steps, const mr_findings& findings);

} // namespace millrace::sink_postgres
