// What the admin address of a running engine answers: its state, its metrics, its rules, and changes to them.
#pragma once

#include "engine/admin/api.hpp"
#include "engine/host/metrics.hpp"
#include "engine/runtime/engine.hpp"

namespace millrace::admin {

// Both outlive it.
Api api_of(runtime::Engine& engine, host::Metrics& metrics);

} // namespace millrace::admin
