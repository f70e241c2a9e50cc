// What becomes of an event that was refused: one dead letter. It is sent as a message that says why where the router
// names a target for it; else the sink that stores positions stores it, or it goes to the first target that is one for
// dead letters; without any the event is refused for good.
#pragma once

#include <millrace/plugin.h>

#include <cstdint>
#include <string_view>

#include "engine/flow/route_group.hpp"

namespace millrace::flow {

// The event itself (key, headers, payload, time) for `target`, with headers in front that say why and whence:
// millrace-code, -reason, -path, -rule, -ruleset, each only if there is one, and -source ("stream/partition/position",
// or the name of a source without a log). Texts are copied; the event's own bytes are not.
mr_message dead_letter_message(Arena& arena, const mr_event& event, const mr_reason& reason, std::uint32_t target,
                               std::string_view source);

} // namespace millrace::flow
