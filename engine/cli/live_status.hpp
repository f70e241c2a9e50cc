// The status of a running engine, as `status` and `top` ask for it and show it.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "dsl/diagnostic/colour.hpp"
#include "engine/cli/live.hpp"
#include "engine/runtime/status.hpp"

namespace millrace::cli {

// As JSON, whatever form the options ask for. Throws what ask throws.
admin::Reply ask_status(const Live& live, std::chrono::nanoseconds deadline);
// Nothing where it is an answer of another kind.
std::optional<runtime::Status> understood(const admin::Reply& reply);

// As runtime::text_of, in colours.
std::string text_of(const runtime::Status& status, const std::string& table, dsl::Colours colours);

} // namespace millrace::cli
