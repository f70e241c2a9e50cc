#include "engine/cli/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "dsl/infer/guess.hpp"
#include "engine/cli/progress_line.hpp"

namespace millrace::cli {
namespace {

// "850/s", "12.3 k/s", "1.2 M/s"
std::string rate(std::uint64_t events, std::int64_t took_ns) {
  const double each_second = static_cast<double>(events) * 1e9 / static_cast<double>(took_ns);
  return each_second >= 1e6   ? fmt::format("{:.1f} M/s", each_second / 1e6)
         : each_second >= 1e3 ? fmt::format("{:.1f} k/s", each_second / 1e3)
                              : fmt::format("{:.0f}/s", each_second);
}

void erase(ProgressLine* line) {
  if (line != nullptr) {
    line->erase();
  }
}

} // namespace

Counting::Counting(const Console& console, std::string command, std::optional<std::uint64_t> bytes)
    : line_(console.progress),
      command_(std::move(command)),
      all_bytes_(bytes),
      began_ns_(line_ == nullptr ? 0 : line_->now_ns()) {}

Counting::~Counting() { erase(line_); }

void Counting::tell() {
  if (!line_->is_due()) {
    return;
  }
  std::string text = fmt::format("{}: {} events", command_, dsl::infer::grouped(events_));
  const std::int64_t took_ns = line_->now_ns() - began_ns_;
  text += took_ns > 0 ? ", " + rate(events_, took_ns) : "";
  // What is left out, such as blank lines, is not counted, and a file may grow meanwhile.
  text +=
      all_bytes_.value_or(0) > 0 ? fmt::format(", {} %", std::min<std::uint64_t>(100, bytes_ * 100 / *all_bytes_)) : "";
  line_->draw(text);
}

Steps::Steps(const Console& console, std::string command, std::size_t all)
    : line_(console.progress), command_(std::move(command)), all_(all) {}

Steps::~Steps() { erase(line_); }

void Steps::begin(std::string_view name) {
  ++begun_;
  if (line_ != nullptr && line_->is_due()) {
    line_->draw(fmt::format("{}: {} of {}, {}", command_, begun_, all_, name));
  }
}

Waiting::Waiting(const Console& console, std::string_view text) : line_(console.progress) {
  if (line_ != nullptr) {
    line_->draw(text);
  }
}

Waiting::~Waiting() { erase(line_); }

std::optional<std::uint64_t> size_of(const std::string& file) {
  std::error_code failed;
  if (!std::filesystem::is_regular_file(file, failed)) {
    return std::nullopt;
  }
  const std::uint64_t size = std::filesystem::file_size(file, failed);
  return failed ? std::nullopt : std::optional(size);
}

} // namespace millrace::cli
