// Who may put code into the engine: a plugin runs with the engine's rights, so its file and the folder around it have
// to belong to root or to the engine's user, and nobody else may write them.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

namespace millrace::modules {

// Why this file or folder is not trusted and the command that mends it; nothing: it is trusted. A link is followed.
std::optional<std::string> distrust(const std::filesystem::path& path, uid_t engine_user);

} // namespace millrace::modules
