// Pages of the manual in the language of man(7), made of what the command line declares.
#pragma once

#include <string>

#include "engine/cli/declared.hpp"

namespace millrace::cli {

// `all` is the whole command line, for what is to be seen beside.
std::string man_page(const DeclaredCommand& command, const DeclaredCommand& all);

} // namespace millrace::cli
