// Scripts that let a shell complete the command line, made of what it declares. A script asks the program nothing: it
// belongs to the version that printed it.
#pragma once

#include <string>

#include "engine/cli/declared.hpp"

namespace millrace::cli {

std::string bash_completion(const DeclaredCommand& all);
std::string zsh_completion(const DeclaredCommand& all); // a file `_millrace` in $fpath, or sourced
std::string fish_completion(const DeclaredCommand& all);

} // namespace millrace::cli
