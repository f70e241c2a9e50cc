#include "engine/lsp/framing.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace millrace::lsp {
namespace {

constexpr std::size_t kLargestHeader = 4'096;
constexpr std::string_view kLength = "content-length:";

bool begins_with_ignoring_case(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() && std::equal(lower.begin(), lower.end(), text.begin(), [](char a, char b) {
           return a == std::tolower(static_cast<unsigned char>(b));
         });
}

std::optional<std::size_t> length_in(std::string_view header) {
  while (!header.empty()) {
    const std::size_t end = std::min(header.find('\n'), header.size());
    std::string_view line = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    if (!begins_with_ignoring_case(line, kLength)) {
      continue;
    }
    line.remove_prefix(kLength.size());
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    std::size_t length = 0;
    const auto [rest, error] = std::from_chars(line.data(), line.data() + line.size(), length);
    const std::string_view left(rest, static_cast<std::size_t>(line.data() + line.size() - rest));
    return error == std::errc() && left.find_first_not_of(" \r") == std::string_view::npos ? std::optional(length)
                                                                                           : std::nullopt;
  }
  return std::nullopt;
}

} // namespace

std::optional<Framing::Message> Framing::next() {
  if (to_skip_ > 0) {
    const std::size_t now = std::min(to_skip_, bytes_.size() - at_);
    to_skip_ -= now;
    at_ += now;
  }
  if (at_ > 0 && at_ >= bytes_.size() / 2) {
    bytes_.erase(0, at_);
    at_ = 0;
  }
  const std::string_view rest = std::string_view(bytes_).substr(at_);
  const std::size_t crlf = rest.find("\r\n\r\n");
  const std::size_t lf = rest.find("\n\n");
  const std::size_t header = std::min(crlf, lf);
  if (broken_ || header == std::string_view::npos) {
    broken_ = broken_ || rest.size() > kLargestHeader;
    return std::nullopt;
  }
  const std::size_t begin = header + (crlf <= lf ? 4 : 2);
  const auto length = length_in(rest.substr(0, header));
  if (!length) {
    broken_ = true;
    return Message{"", "no Content-Length stands where a message begins, so its end cannot be found"};
  }
  if (*length > largest_) {
    at_ += begin;
    to_skip_ = *length;
    return Message{
        "", "a message of " + std::to_string(*length) + " bytes is too large; the most is " + std::to_string(largest_)};
  }
  if (rest.size() - begin < *length) {
    return std::nullopt;
  }
  Message message{std::string(rest.substr(begin, *length)), ""};
  at_ += begin + *length;
  return message;
}

std::string framed(std::string_view text) {
  return "Content-Length: " + std::to_string(text.size()) + "\r\n\r\n" + std::string(text);
}

} // namespace millrace::lsp
