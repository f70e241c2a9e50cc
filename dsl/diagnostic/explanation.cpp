// Reading the pages.
#include "dsl/diagnostic/explanation.hpp"

#include <algorithm>
#include <utility>

#include "dsl/diagnostic/code_pages.hpp"

namespace millrace::dsl {
namespace {

/// From behind the heading to the next one; empty if there is none.
std::string_view section(std::string_view page, std::string_view heading) {
  const std::size_t found = page.find(heading);
  if (found == std::string_view::npos) {
    return {};
  }
  const std::string_view rest = page.substr(found + heading.size());
  return rest.substr(0, rest.find("\n## "));
}

std::string_view without_breaks(std::string_view text) {
  while (text.starts_with('\n')) {
    text.remove_prefix(1);
  }
  while (text.ends_with('\n')) {
    text.remove_suffix(1);
  }
  return text;
}

std::vector<ExplanationPart> parts_of(std::string_view section) {
  constexpr std::string_view kFence = "```";
  std::vector<ExplanationPart> parts;
  for (bool inside = false;; inside = !inside) {
    const std::size_t end = section.find(kFence);
    const std::string_view piece = section.substr(0, end);
    if (inside) {
      const std::size_t line = std::min(piece.find('\n'), piece.size());
      parts.push_back({true, piece.substr(0, line), without_breaks(piece.substr(line))});
    } else if (const std::string_view text = without_breaks(piece); !text.empty()) {
      parts.push_back({false, {}, text});
    }
    if (end == std::string_view::npos) {
      return parts;
    }
    section.remove_prefix(end + kFence.size());
  }
}

} // namespace

std::string_view stands_as(const ExplanationPart& part) {
  constexpr std::string_view kAs = " as ";
  const std::size_t found = part.kind.find(kAs);
  return found == std::string_view::npos ? std::string_view() : part.kind.substr(found + kAs.size());
}

Explanation explanation_of(Code code) {
  const std::string name = name_of(code);
  for (const CodePage& page : code_pages()) {
    if (page.name == name) {
      return {code, parts_of(section(page.text, "## What\n")), parts_of(section(page.text, "## Why\n")),
              parts_of(section(page.text, "## Wrong\n")), parts_of(section(page.text, "## Right\n"))};
    }
  }
  return {code, {}, {}, {}, {}};
}

} // namespace millrace::dsl
