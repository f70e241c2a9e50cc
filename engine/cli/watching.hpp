// A terminal that is drawn anew again and again, until somebody presses q or Ctrl-C, or the process is told to end.
#pragma once

#include <termios.h>

#include <chrono>
#include <string>

namespace millrace::cli {

// Standard input and output of the process, as they were before at the end. There is one of it at a time.
class Watching {
 public:
  Watching();
  ~Watching();
  Watching(const Watching&) = delete;
  Watching& operator=(const Watching&) = delete;

  // As many of its lines as the terminal has, each as long as it is wide: `text` may have colours.
  void draw(const std::string& text) const;
  // False: somebody wants it to end.
  bool wait(std::chrono::milliseconds time) const;

 private:
  termios before_{};
};

// Whether the process has a terminal at both ends that understands what a Watching writes.
bool can_watch();

// The first lines, cut to so many columns; sequences for colours take none.
std::string fitted(const std::string& text, std::size_t lines, std::size_t columns);

} // namespace millrace::cli
