// The one line of a terminal that says how far a command is, and the streams that it gives way to.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <ostream>
#include <streambuf>
#include <string_view>

#include "engine/host/clock.hpp"

namespace millrace::cli {

// From any thread: a plugin may log while the command waits for it.
class ProgressLine {
 public:
  // `columns` is asked at each drawing, since terminals change their size.
  ProgressLine(std::ostream& terminal, std::function<std::size_t()> columns, const host::Clock& clock)
      : terminal_(terminal), columns_(std::move(columns)), clock_(clock) {}

  // False: it was drawn within the last tenth of a second.
  bool is_due() const;
  // Over what stood there; cut where the terminal ends. Nothing while a line of other output is not ended.
  void draw(std::string_view text);
  void erase();

  // What is drawn gives way to other output, which leaves its line ended or not.
  void give_way(bool ended);

  std::int64_t now_ns() const { return clock_.now_ns(); }

 private:
  void erase_locked();

  std::ostream& terminal_;
  std::function<std::size_t()> columns_;
  const host::Clock& clock_;
  mutable std::mutex mutex_; // of what stands below
  std::int64_t drawn_ns_ = 0;
  bool ever_drawn_ = false;
  bool is_shown_ = false;
  bool others_ended_ = true;
};

// A stream to the terminal, of which each write erases the line first.
class GivingWay final : public std::streambuf {
 public:
  GivingWay(std::streambuf& to, ProgressLine& line) : to_(to), line_(line) {}

 protected:
  int_type overflow(int_type character) override;
  std::streamsize xsputn(const char* text, std::streamsize size) override;
  int sync() override { return to_.pubsync(); }

 private:
  std::streambuf& to_;
  ProgressLine& line_;
};

} // namespace millrace::cli
