#include "engine/cli/events.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>

#include "engine/cli/lines.hpp"
#include "engine/cli/named_file.hpp"

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

void read_all(const std::string& name, std::istream& in, const Each& each) {
  Lines lines(in);
  if (const std::string why = lines.no_text(); !why.empty()) {
    cannot_read(name, why);
  }
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
    return read_all("standard input", std::cin, each);
  }
  if (const std::string why = why_unreadable(name); !why.empty()) {
    cannot_read(name, why);
  }
  std::ifstream in(name, std::ios::binary);
  read_all(name, in, each);
}

} // namespace millrace::cli
