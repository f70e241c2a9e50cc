// The ways of events under the rules that a running engine has active.
#pragma once

#include <string>

#include "engine/cli/events.hpp"
#include "engine/cli/live.hpp"

namespace millrace::cli {

// Their pipeline and `topic` may be empty, see POST /explain. Ends with the first event that is not answered.
ExitCode explain_live(const Live& live, const EventsFrom& events, const std::string& topic, const Console& console);

} // namespace millrace::cli
