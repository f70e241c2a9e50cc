#include "engine/runtime/rules_files.hpp"

#include <fmt/format.h>

#include <charconv>

namespace millrace::runtime {
namespace {

constexpr std::string_view kWord = "file ";

} // namespace

std::string text_of(const RulesFiles& files) {
  std::string out;
  for (const RulesFile& file : files) {
    out += fmt::format("{}{} {}\n", kWord, file.bytes.size(), file.name);
    out += file.bytes;
    out += '\n';
  }
  return out;
}

std::optional<RulesFiles> rules_files_of(std::string_view text) {
  RulesFiles out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (!text.starts_with(kWord) || end == std::string_view::npos) {
      return std::nullopt;
    }
    const std::string_view head = text.substr(kWord.size(), end - kWord.size());
    const std::size_t blank = head.find(' ');
    std::size_t size = 0;
    if (blank == std::string_view::npos ||
        std::from_chars(head.data(), head.data() + blank, size).ptr != head.data() + blank ||
        size >= text.size() - end - 1) { // the line end behind it has to be there too
      return std::nullopt;
    }
    out.push_back({std::string(head.substr(blank + 1)), std::string(text.substr(end + 1, size))});
    text.remove_prefix(end + 1 + size + 1);
  }
  return out;
}

} // namespace millrace::runtime
