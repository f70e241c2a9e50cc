#include "engine/cli/lines.hpp"

#include "dsl/syntax/no_text.hpp"

namespace millrace::cli {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20U;

} // namespace

std::string Lines::no_text() {
  if (buffer_.empty()) {
    fill();
  }
  const auto known = dsl::other_encoding(buffer_);
  return known ? known->what + "; " + known->way_out : "";
}

std::optional<std::string_view> Lines::next() {
  for (;;) {
    std::optional<std::string_view> line = this->line();
    if (line && number_ == 1 && line->starts_with(dsl::kByteOrderMark)) {
      line->remove_prefix(dsl::kByteOrderMark.size());
    }
    if (!line || line->find_first_not_of(" \t\r") != std::string_view::npos) {
      return line;
    }
  }
}

std::optional<std::string_view> Lines::line() {
  too_long_ = false;
  std::size_t looked_at = at_;
  std::size_t end = 0;
  while ((end = buffer_.find('\n', looked_at)) == std::string::npos) {
    looked_at = buffer_.size() - at_;
    buffer_.erase(0, at_);
    at_ = 0;
    if (buffer_.size() > kLongest) {
      too_long_ = true;
      buffer_.resize(kLongest);
      looked_at = kLongest;
      while (fill() && buffer_.find('\n', looked_at) == std::string::npos) {
        buffer_.resize(kLongest);
      }
      end = buffer_.find('\n', looked_at);
      break;
    }
    if (!fill()) {
      end = std::string::npos;
      break;
    }
  }
  if (at_ == buffer_.size()) {
    return std::nullopt;
  }
  ++number_;
  const std::size_t begin = at_;
  at_ = end == std::string::npos ? buffer_.size() : end + 1;
  return std::string_view(buffer_).substr(begin, (end == std::string::npos ? buffer_.size() : end) - begin);
}

bool Lines::fill() {
  const std::size_t size = buffer_.size();
  buffer_.resize(size + kChunk);
  in_.read(buffer_.data() + size, static_cast<std::streamsize>(kChunk));
  const auto got = static_cast<std::size_t>(in_.gcount());
  buffer_.resize(size + got);
  return got > 0;
}

} // namespace millrace::cli
