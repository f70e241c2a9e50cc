#include "engine/cli/named_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "dsl/diagnostic/nearest.hpp"
#include "engine/cli/command.hpp"

namespace millrace::cli {
namespace {

// The file of the same folder whose name is most like it; empty if there is none.
std::string neighbour(const std::filesystem::path& file) {
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  std::vector<std::string> names;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    std::error_code no_file;
    if (entry->is_regular_file(no_file)) {
      names.push_back(entry->path().filename().string());
    }
  }
  const std::string near = dsl::nearest(file.filename().string(), names);
  return near.empty() ? "" : (file.parent_path() / near).string();
}

} // namespace

std::string why_unreadable(const std::string& name) {
  std::error_code failed;
  const std::filesystem::file_status status = std::filesystem::status(name, failed);
  if (status.type() == std::filesystem::file_type::not_found) {
    const std::string near = neighbour(name);
    return "there is no such file" + (near.empty() ? "" : fmt::format("; did you mean '{}'?", near));
  }
  if (std::filesystem::is_directory(status)) {
    return "it is a folder";
  }
  if (!std::filesystem::is_regular_file(status)) {
    return failed ? failed.message() : ""; // to open a pipe is to wait for its writer
  }
  errno = 0;
  const std::ifstream in(name, std::ios::binary);
  return in.is_open() ? "" : std::strerror(errno);
}

std::string why_no_rules(const std::string& name) {
  std::error_code failed;
  const std::string why = why_unreadable(name);
  return why.empty() && !std::filesystem::is_regular_file(name, failed)
             ? "it is no file but a pipe or a device, and rules are read more than once; save them to a file first"
             : why;
}

std::string why_no_rules_file(const std::string& name) {
  const std::string why = why_no_rules(name);
  return why.empty() ? "" : fmt::format("rules file '{}' cannot be read: {}", name, why);
}

void expect_rules_file(const std::string& name) {
  if (const std::string why = why_no_rules_file(name); !why.empty()) {
    throw UsageError(why);
  }
}

} // namespace millrace::cli
