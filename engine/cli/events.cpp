#include "engine/cli/events.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>

#include "engine/cli/lines.hpp"

namespace millrace::cli {
namespace {

using Each = std::function<void(std::string_view event, std::size_t line)>;

[[noreturn]] void cannot_read(const std::string& name, const std::string& why) {
  throw UsageError(fmt::format("events file '{}' cannot be read: {}", name, why));
}

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = line.find_first_not_of(kBlank);
  return first == std::string_view::npos ? "" : line.substr(first, line.find_last_not_of(kBlank) + 1 - first);
}

void read_all(std::istream& in, const Each& each) {
  Lines lines(in);
  std::optional<std::string_view> line = lines.next();
  if (line && trimmed(*line).starts_with('{') && !trimmed(*line).ends_with('}')) {
    std::string whole(*line);
    const std::size_t first = lines.number();
    line = lines.next();
    if (!line || trimmed(*line).starts_with('{')) { // it is broken, but it is a line
      each(trimmed(whole), first);
    } else {
      for (; line; line = lines.next()) {
        whole += '\n';
        whole += *line;
      }
      return each(trimmed(whole), first);
    }
  }
  for (; line; line = lines.next()) {
    each(trimmed(*line), lines.number());
  }
}

} // namespace

void for_each_event(const std::string& name, const Each& each) {
  if (name == "-") {
    return read_all(std::cin, each);
  }
  std::error_code failed;
  if (std::filesystem::is_directory(name, failed)) {
    cannot_read(name, "it is a folder");
  }
  errno = 0;
  std::ifstream in(name, std::ios::binary);
  if (!in.is_open()) {
    cannot_read(name, std::strerror(errno));
  }
  read_all(in, each);
}

} // namespace millrace::cli
