// Which rules file a rules file belongs to: an imported one means something only together with the root that imports
// it.
#pragma once

#include <string>

#include "dsl/compile.hpp"

namespace millrace::cli {

// The file that imports `file`, itself or by way of others: of those in its folder and, where a folder above has
// millrace.toml or .git in it, in the folders up to that one, the one that brings in the most files. `file` itself
// where none does.
std::string root_of(const std::string& file);
// The same where some of the files are read from elsewhere: an editor has them open.
std::string root_of(const std::string& file, const dsl::Loader& load);

} // namespace millrace::cli
