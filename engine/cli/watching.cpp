#include "engine/cli/watching.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string_view>

namespace millrace::cli {
namespace {

constexpr char kEscape = '\x1b';
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l"; // the other screen, no cursor
constexpr std::string_view kLeave = "\x1b[?25h\x1b[?1049l";
constexpr std::string_view kClear = "\x1b[H\x1b[J";

volatile std::sig_atomic_t told_to_end = 0;

void note(int /*signal*/) { told_to_end = 1; }

void write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written <= 0) {
      return; // nobody looks any more
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

winsize size_of_terminal() {
  winsize size{};
  const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
  return known ? size : winsize{24, 80, 0, 0};
}

} // namespace

Watching::Watching() {
  told_to_end = 0;
  struct sigaction action {};
  action.sa_handler = note; // without SA_RESTART: a wait ends at once
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGHUP, &action, nullptr);
  ::tcgetattr(STDIN_FILENO, &before_);
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw.c_cc[VMIN] = 1; // a key at once; what stands here means something else while lines are read
  raw.c_cc[VTIME] = 0;
  ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  write(kEnter);
}

Watching::~Watching() {
  write(kLeave);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    std::signal(number, SIG_DFL);
  }
}

void Watching::draw(const std::string& text) const {
  const winsize size = size_of_terminal();
  write(std::string(kClear) + fitted(text, size.ws_row, size.ws_col));
}

bool Watching::wait(std::chrono::milliseconds time) const {
  const auto until = std::chrono::steady_clock::now() + time;
  while (told_to_end == 0) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (left <= 0 || ::poll(&input, 1, static_cast<int>(left)) == 0) {
      return true;
    }
    if (input.revents == 0) {
      continue; // a signal; or one of another kind
    }
    char key = 0;
    if (::read(STDIN_FILENO, &key, 1) <= 0 || key == 'q' || key == 'Q') {
      return false;
    }
  }
  return false;
}

bool can_watch() {
  const char* const term = std::getenv("TERM");
  return ::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0 && term != nullptr && *term != '\0' &&
         std::string_view(term) != "dumb";
}

std::string fitted(const std::string& text, std::size_t lines, std::size_t columns) {
  std::string out;
  std::size_t line = 1;
  std::size_t column = 0;
  bool sequence = false;
  for (const char letter : text) {
    if (letter == '\n') {
      if (++line > lines) {
        break;
      }
      column = 0;
      out += letter;
      continue;
    }
    sequence = sequence || letter == kEscape;
    const bool continues = (static_cast<unsigned char>(letter) & 0xc0) == 0x80; // of a letter of several bytes
    column += sequence || continues ? 0 : 1;
    if (sequence || column <= columns) {
      out += letter;
    }
    sequence = sequence && letter != 'm';
  }
  return out;
}

} // namespace millrace::cli
