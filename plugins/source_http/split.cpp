#include "plugins/source_http/split.hpp"

#include <array>
#include <cstring>

namespace millrace::source_http {
namespace {

constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string_view trim(std::string_view text) {
  std::size_t first = 0;
  while (first < text.size() && is_space(text[first])) {
    ++first;
  }
  std::size_t last = text.size();
  while (last > first && is_space(text[last - 1])) {
    --last;
  }
  return text.substr(first, last - first);
}

// Characters that matter outside of strings.
constexpr std::array<bool, 256> kStructural = [] {
  std::array<bool, 256> out{};
  for (const char c : {'"', '[', ']', '{', '}', ',', '\n'}) {
    out[static_cast<unsigned char>(c)] = true;
  }
  return out;
}();

// The place behind the closing quote, npos: it never ends.
std::size_t string_end(std::string_view text, std::size_t open) {
  for (std::size_t i = open + 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      return i + 1;
    }
    if (text[i] == '\\') {
      ++i;
    }
  }
  return std::string_view::npos;
}

// Goes over text[from…] and stops at the first of `stops` that stands outside of every bracket opened since `from`, or
// where the brackets do not fit together.
struct Walk {
  enum class End : std::uint8_t { kAtStop, kAtEnd, kOpenString, kMismatch, kTooDeep } end;
  std::size_t at; // of the stop, or the text's size
};

constexpr std::size_t kDeepest = 1024; // what is deeper is refused by the rules long before

Walk walk(std::string_view text, std::size_t from, std::string_view stops) {
  std::array<char, kDeepest> closing;
  std::size_t depth = 0;
  for (std::size_t i = from; i < text.size();) {
    const char c = text[i];
    if (!kStructural[static_cast<unsigned char>(c)]) {
      ++i;
      continue;
    }
    if (depth == 0 && stops.find(c) != std::string_view::npos) {
      return {Walk::End::kAtStop, i};
    }
    if (c == '"') {
      i = string_end(text, i);
      if (i == std::string_view::npos) {
        return {Walk::End::kOpenString, text.size()};
      }
      continue;
    }
    if (c == '{' || c == '[') {
      if (depth == kDeepest) {
        return {Walk::End::kTooDeep, i};
      }
      closing[depth++] = c == '{' ? '}' : ']';
    } else if (c == '}' || c == ']') {
      if (depth == 0 || closing[depth - 1] != c) {
        return {Walk::End::kMismatch, i};
      }
      --depth;
    }
    ++i;
  }
  return {Walk::End::kAtEnd, text.size()};
}

std::string broken_array(const Walk& walked, std::size_t element) {
  const std::string where = "element " + std::to_string(element) + " of the array";
  switch (walked.end) {
    case Walk::End::kOpenString:
      return where + " has a text that never ends";
    case Walk::End::kTooDeep:
      return where + " is nested deeper than " + std::to_string(kDeepest) + " levels";
    case Walk::End::kMismatch:
      return where + " has brackets that do not fit together, at byte " + std::to_string(walked.at);
    case Walk::End::kAtEnd:
    case Walk::End::kAtStop:
      break;
  }
  return "the array never ends, after element " + std::to_string(element);
}

void split_array(std::string_view body, std::size_t most, Split& out) {
  std::size_t from = 1;
  if (trim(body.substr(1)) == "]") {
    return;
  }
  for (std::size_t element = 0;; ++element) {
    const Walk walked = walk(body, from, ",]");
    if (walked.end != Walk::End::kAtStop) {
      out.wrong = broken_array(walked, element);
      return;
    }
    out.events.push_back(trim(body.substr(from, walked.at - from)));
    from = walked.at + 1;
    if (body[walked.at] == ']') {
      break;
    }
    if (out.events.size() > most) {
      return;
    }
  }
  if (!trim(body.substr(from)).empty()) {
    out.wrong = "there is more behind the end of the array, at byte " + std::to_string(from);
  }
}

void split_lines(std::string_view body, std::size_t most, Split& out) {
  while (!body.empty() && out.events.size() <= most) {
    const void* end = std::memchr(body.data(), '\n', body.size());
    const std::size_t size =
        end == nullptr ? body.size() : static_cast<std::size_t>(static_cast<const char*>(end) - body.data());
    const std::string_view line = trim(body.substr(0, size));
    if (!line.empty()) {
      out.events.push_back(line);
    }
    body.remove_prefix(end == nullptr ? size : size + 1);
  }
}

// A line feed outside of every bracket and string with something behind it: these are lines.
bool looks_like_lines(std::string_view body) {
  const Walk walked = walk(body, 0, "\n");
  return walked.end == Walk::End::kAtStop;
}

} // namespace

void split_body(BodyKind kind, std::string_view body, std::size_t most, Split& out) {
  if (kind == BodyKind::kLines) {
    split_lines(body, most, out);
    return;
  }
  const std::string_view value = trim(body);
  if (value.empty()) {
    return;
  }
  if (value.front() == '[') {
    split_array(value, most, out);
  } else if (kind == BodyKind::kSniff && looks_like_lines(value)) {
    split_lines(value, most, out);
  } else {
    out.events.push_back(value);
  }
}

} // namespace millrace::source_http
