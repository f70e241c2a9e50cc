#include "plugins/source_http/inflate.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <new>

namespace millrace::source_http {
namespace {

constexpr std::size_t kOutputStep = 16u << 10U;
constexpr int kLargestZstdWindow = 23; // 2^23 bytes, what RFC 8878 asks every decoder for

class Gzip final : public Inflater {
 public:
  Gzip() {
    if (inflateInit2(&stream_, 15 + 16) != Z_OK) { // 16: gzip and nothing else
      throw std::bad_alloc();
    }
  }
  ~Gzip() override { inflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

 private:
  Step step(std::string_view input, char* into, std::size_t size) override {
    if (ended_) {
      inflateReset(&stream_);
      ended_ = false;
    }
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = static_cast<uInt>(input.size());
    stream_.next_out = reinterpret_cast<Bytef*>(into);
    stream_.avail_out = static_cast<uInt>(size);
    const int result = inflate(&stream_, Z_NO_FLUSH);
    ended_ = result == Z_STREAM_END;
    return {input.size() - stream_.avail_in, size - stream_.avail_out,
            result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR};
  }

  z_stream stream_{};
};

class Zstd final : public Inflater {
 public:
  Zstd() : context_(ZSTD_createDCtx()) {
    if (context_ == nullptr) {
      throw std::bad_alloc();
    }
    ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, kLargestZstdWindow);
  }
  ~Zstd() override { ZSTD_freeDCtx(context_); }
  Zstd(const Zstd&) = delete;
  Zstd& operator=(const Zstd&) = delete;

 private:
  Step step(std::string_view input, char* into, std::size_t size) override {
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    ZSTD_outBuffer out{into, size, 0};
    const std::size_t result = ZSTD_decompressStream(context_, &out, &in);
    if (ZSTD_isError(result) != 0U) {
      return {in.pos, out.pos, true};
    }
    ended_ = result == 0;
    return {in.pos, out.pos, false};
  }

  ZSTD_DCtx* context_;
};

} // namespace

Inflater::Result Inflater::put(std::string_view input, const InflateLimits& limits, Body& out, Room& room) {
  while (!input.empty()) {
    std::string_view piece = input.substr(0, kInflatePiece);
    input.remove_prefix(piece.size());
    std::size_t of_piece = 0;
    for (;;) {
      if (out.room() < kOutputStep) {
        const std::size_t more = std::max(kOutputStep, out.capacity() / 2);
        if (!room.take(more)) {
          return Result::kNoMemory;
        }
        out.make_room(more);
      }
      const std::size_t offered = std::min(out.room(), 4 * kOutputStep);
      const Step done = step(piece, out.end(), offered);
      out.extend(done.made);
      in_ += done.used;
      made_ += done.made;
      of_piece += done.made;
      piece.remove_prefix(done.used);
      if (done.broken) {
        return Result::kBroken;
      }
      if (made_ > limits.bytes) {
        return Result::kTooLarge;
      }
      if (of_piece > kPieceOutput || (made_ > kRatioFloor && made_ / limits.ratio > in_)) {
        return Result::kTooDense;
      }
      if (ended_ && piece.empty()) {
        break;
      }
      if (done.made < offered && (piece.empty() || done.used == 0)) { // all that can come of this piece has come
        if (!piece.empty()) {
          return Result::kBroken; // it takes nothing and gives nothing
        }
        break;
      }
    }
  }
  return Result::kOk;
}

std::unique_ptr<Inflater> make_inflater(Encoding encoding) {
  return encoding == Encoding::kZstd ? std::unique_ptr<Inflater>(std::make_unique<Zstd>()) : std::make_unique<Gzip>();
}

} // namespace millrace::source_http
