#include "engine/cli/replace_file.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>

namespace millrace::cli {

void replace_file(const std::filesystem::path& name, std::string_view text) {
  const std::filesystem::path file = std::filesystem::canonical(name);
  const std::filesystem::path beside = file.string() + ".new";
  std::ofstream out(beside, std::ios::binary);
  out << text;
  out.close();
  if (!out) {
    const std::error_code why(errno, std::generic_category());
    std::filesystem::remove(beside);
    throw std::filesystem::filesystem_error("cannot be written", beside, why);
  }
  std::filesystem::permissions(beside, std::filesystem::status(file).permissions());
  std::filesystem::rename(beside, file);
}

} // namespace millrace::cli
