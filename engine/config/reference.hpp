// The reference page of the configuration, made from the declarations alone.
#pragma once

#include <string>

#include "engine/modules/catalogue.hpp"

namespace millrace::config {

// Markdown; the same text for the same declarations.
std::string reference(const modules::Catalogue& catalogue);

} // namespace millrace::config
