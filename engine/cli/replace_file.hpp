// A file with other text in its place.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace millrace::cli {

// Written beside it and renamed, so that nobody ever reads half a file; a link stays a link. Throws
// std::filesystem::filesystem_error.
void replace_file(const std::filesystem::path& file, std::string_view text);

} // namespace millrace::cli
