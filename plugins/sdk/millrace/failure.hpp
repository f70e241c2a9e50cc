// How a plugin says inside itself that a call cannot be done: a status and a text. guarded.hpp turns it into the
// contract's form.
#pragma once

#include <millrace/plugin.h>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace millrace {

class Failure : public std::runtime_error {
 public:
  Failure(mr_status status, const std::string& text, std::int32_t detail = 0)
      : std::runtime_error(text), status_(status), detail_(detail) {}
  mr_status status() const noexcept { return status_; }
  std::int32_t detail() const noexcept { return detail_; }

 private:
  mr_status status_;
  std::int32_t detail_;
};

inline Failure transient(const std::string& text, std::int32_t detail = 0) { return {MR_TRANSIENT, text, detail}; }
inline Failure invalid(const std::string& text) { return {MR_INVALID, text}; }
inline Failure fatal(const std::string& text, std::int32_t detail = 0) { return {MR_FATAL, text, detail}; }
inline Failure moved(const std::string& text, std::int32_t detail = 0) { return {MR_MOVED, text, detail}; }

} // namespace millrace
