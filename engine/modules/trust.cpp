#include "engine/modules/trust.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace millrace::modules {

std::optional<std::string> distrust(const std::filesystem::path& path, uid_t engine_user) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) {
    return fmt::format("{} cannot be looked at: {}", path.string(), std::strerror(errno));
  }
  if (found.st_uid != 0 && found.st_uid != engine_user) {
    return fmt::format("{} belongs to user {}, and only root or the engine's user ({}) may own what it runs: chown it",
                       path.string(), found.st_uid, engine_user);
  }
  if ((found.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    const bool others = (found.st_mode & S_IWOTH) != 0;
    return fmt::format("{} may be written by {} (mode {:o}): chmod go-w {}", path.string(),
                       others ? "everybody" : "its group", found.st_mode & 07777U, path.string());
  }
  return std::nullopt;
}

} // namespace millrace::modules
