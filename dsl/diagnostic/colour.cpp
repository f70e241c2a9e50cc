#include "dsl/diagnostic/colour.hpp"

namespace millrace::dsl {
namespace {

constexpr std::string_view kReset = "\x1b[0m";

std::string_view sequence_of(Tone tone) {
  switch (tone) {
    case Tone::error:
      return "\x1b[1;31m";
    case Tone::warning:
      return "\x1b[1;33m";
    case Tone::help:
      return "\x1b[1;36m";
    case Tone::headline:
      return "\x1b[1m";
    case Tone::frame:
      return "\x1b[1;34m";
    case Tone::removed:
      return "\x1b[31m";
    case Tone::added:
      return "\x1b[32m";
  }
  return "";
}

} // namespace

std::string painted(Tone tone, std::string_view text, Colours colours) {
  if (colours == Colours::off || text.empty()) {
    return std::string(text);
  }
  return std::string(sequence_of(tone)).append(text).append(kReset);
}

} // namespace millrace::dsl
