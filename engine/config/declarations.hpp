// Whether what a plugin declares of its settings can be read at all: a default that breaks its own constraint would
// otherwise be found by the first user who relies on it.
#pragma once

#include <millrace/plugin.h>

#include <span>
#include <string>
#include <vector>

namespace millrace::config {

// A sentence for each mistake; empty: none.
std::vector<std::string> declaration_mistakes(std::span<const mr_field> fields);

} // namespace millrace::config
