// Takes gzip and zstd off a body as it comes in, with a ceiling on what comes out: in all, against what went in, and
// for each piece of input, so that a bomb costs neither memory nor time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "plugins/source_http/body.hpp"

namespace millrace::source_http {

enum class Encoding : std::uint8_t { kNone = 1, kGzip = 2, kZstd = 3 };

struct InflateLimits {
  std::uint64_t bytes = 0; // in all
  std::uint64_t ratio = 0; // out to in, once more than kRatioFloor came out
};

inline constexpr std::uint64_t kRatioFloor = 64u << 10U;
inline constexpr std::size_t kInflatePiece = 4u << 10U; // of input
inline constexpr std::size_t kPieceOutput = 1u << 20U;  // that such a piece may become

class Inflater {
 public:
  enum class Result : std::uint8_t { kOk = 1, kBroken = 2, kTooLarge = 3, kTooDense = 4, kNoMemory = 5 };
  // Asked before the body grows by so many bytes; false: there is no memory for them.
  struct Room {
    virtual bool take(std::size_t bytes) = 0;

   protected:
    ~Room() = default;
  };

  virtual ~Inflater() = default;
  Result put(std::string_view input, const InflateLimits& limits, Body& out, Room& room);
  // True when what came is whole: it ended where a stream ends.
  bool whole() const noexcept { return in_ > 0 && ended_; }

 protected:
  struct Step {
    std::size_t used = 0;
    std::size_t made = 0;
    bool broken = false;
  };
  // Unpacks as much as fits; sets ended_ where a stream (a gzip member, a zstd frame) ends, and begins the next one
  // with the input that follows.
  virtual Step step(std::string_view input, char* into, std::size_t size) = 0;
  bool ended_ = false;

 private:
  std::uint64_t in_ = 0;
  std::uint64_t made_ = 0;
};

std::unique_ptr<Inflater> make_inflater(Encoding encoding);

} // namespace millrace::source_http
