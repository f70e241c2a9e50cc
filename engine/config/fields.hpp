// The settings of the engine itself, declared like those of a plugin: the same table validates, types and documents
// them.
#pragma once

#include <millrace/plugin.h>

#include <span>

namespace millrace::config {

std::span<const mr_field> engine_fields();   // of [engine]
std::span<const mr_field> pipeline_fields(); // of [pipeline.NAME], beside its source, router and sinks

} // namespace millrace::config
