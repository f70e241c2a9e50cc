#include "engine/cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <iostream>
#include <string_view>
#include <utility>

namespace millrace::cli {
namespace {

// Without a name it is not known what it understands.
bool understands_sequences(const char* term) {
  return term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
}

// As most have, where it does not say.
std::size_t columns_of_standard_error() {
  constexpr std::size_t kUsual = 80;
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsual;
}

} // namespace

dsl::Colours colours_of(bool is_terminal, const Wishes& wishes) {
  const bool unwanted = wishes.no_color != nullptr && *wishes.no_color != '\0';
  return is_terminal && !unwanted && understands_sequences(wishes.term) ? dsl::Colours::on : dsl::Colours::off;
}

StandardStreams::StandardStreams(const Wishes& wishes)
    : wishes_(wishes),
      out_is_terminal_(::isatty(STDOUT_FILENO) != 0),
      err_is_terminal_(::isatty(STDERR_FILENO) != 0),
      has_progress_(err_is_terminal_ && understands_sequences(wishes.term)),
      line_(std::cerr, columns_of_standard_error, clock_),
      out_buffer_(*std::cout.rdbuf(), line_),
      err_buffer_(*std::cerr.rdbuf(), line_),
      out_(&out_buffer_),
      err_(&err_buffer_) {}

Console StandardStreams::console(std::filesystem::path executable) {
  return {has_progress_ && out_is_terminal_ ? out_ : std::cout,
          has_progress_ ? err_ : std::cerr,
          std::move(executable),
          colours_of(out_is_terminal_, wishes_),
          colours_of(err_is_terminal_, wishes_),
          has_progress_ ? &line_ : nullptr};
}

} // namespace millrace::cli
