// Words of messages, and names that are near to each other.
#include "dsl/check/context.hpp"

#include <algorithm>

namespace millrace::dsl::check {
std::string ticked(std::string_view text) {
  const bool has_ticks = text.starts_with('`');
  return has_ticks ? std::string(text) : "`" + std::string(text) + "`";
}

std::string enumerate(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += i == 0 ? "" : i + 1 == names.size() ? " and " : ", ";
    text += ticked(names[i]);
  }
  return text;
}

std::string with_article(std::string_view noun) {
  const bool vowel = !noun.empty() && std::string_view("aeioAEIO").find(noun[0]) != std::string_view::npos;
  return (vowel ? "an " : "a ") + std::string(noun);
}

void suggest(Diagnostic& diagnostic, Span span, std::string_view name, const std::vector<std::string>& candidates) {
  const std::string near = nearest(name, candidates);
  if (!near.empty()) {
    diagnostic.help("there is one with a similar name: " + ticked(near),
                    Fix{{{span, near}}, Applicability::machine, "fix: " + ticked(name) + " → " + ticked(near)});
  }
}

std::optional<std::int64_t> whole_number(std::string_view token, std::int64_t most) {
  std::int64_t value = 0;
  for (const char c : token) {
    if (c == '_') {
      continue;
    }
    value = value * 10 + (c - '0');
    if (value > most) {
      return std::nullopt;
    }
  }
  return value;
}

} // namespace millrace::dsl::check
