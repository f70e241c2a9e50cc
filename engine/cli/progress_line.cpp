#include "engine/cli/progress_line.hpp"

#include <string>

namespace millrace::cli {
namespace {

constexpr std::int64_t kBetween_ns = 100'000'000;
constexpr std::string_view kErase = "\r\x1b[K";

// What of UTF-8 fits into so many columns; what is not ASCII may take two.
std::string_view cut(std::string_view text, std::size_t columns) {
  std::size_t end = 0;
  for (std::size_t taken = 0; end < text.size(); ++end) {
    const auto byte = static_cast<unsigned char>(text[end]);
    taken += byte < 0x80U ? 1 : byte >= 0xC0U ? 2 : 0;
    if (taken > columns) {
      break;
    }
  }
  return text.substr(0, end);
}

} // namespace

bool ProgressLine::is_due() const {
  const std::lock_guard lock(mutex_);
  return !ever_drawn_ || clock_.now_ns() - drawn_ns_ >= kBetween_ns;
}

void ProgressLine::draw(std::string_view text) {
  const std::lock_guard lock(mutex_);
  drawn_ns_ = clock_.now_ns();
  ever_drawn_ = true;
  const std::size_t columns = columns_();
  if (!others_ended_ || columns < 2) {
    return;
  }
  terminal_ << kErase << cut(text, columns - 1) << std::flush; // in the last column it might begin another line
  is_shown_ = true;
}

void ProgressLine::erase() {
  const std::lock_guard lock(mutex_);
  erase_locked();
}

void ProgressLine::erase_locked() {
  if (is_shown_) {
    terminal_ << kErase << std::flush;
    is_shown_ = false;
  }
}

void ProgressLine::give_way(bool ended) {
  const std::lock_guard lock(mutex_);
  erase_locked();
  others_ended_ = ended;
}

GivingWay::int_type GivingWay::overflow(int_type character) {
  if (traits_type::eq_int_type(character, traits_type::eof())) {
    return traits_type::not_eof(character);
  }
  const char c = traits_type::to_char_type(character);
  line_.give_way(c == '\n');
  return to_.sputc(c);
}

std::streamsize GivingWay::xsputn(const char* text, std::streamsize size) {
  if (size <= 0) {
    return 0;
  }
  line_.give_way(text[size - 1] == '\n');
  return to_.sputn(text, size);
}

} // namespace millrace::cli
