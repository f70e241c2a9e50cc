// The bytes of one request's body, kept with MR_PADDING readable bytes behind them and used again for the next request.
#pragma once

#include <millrace/plugin.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace millrace::source_http {

class Body {
 public:
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  std::string_view view() const noexcept { return {data_.get(), size_}; }

  // Room for at least `bytes` more; views into it are void afterwards.
  void make_room(std::size_t bytes) {
    if (size_ + bytes > capacity_) {
      grow(size_ + bytes);
    }
  }
  char* end() noexcept { return data_.get() + size_; }
  std::size_t room() const noexcept { return capacity_ - size_; }
  void extend(std::size_t bytes) noexcept { size_ += bytes; }
  void append(std::string_view bytes) {
    make_room(bytes.size());
    std::memcpy(end(), bytes.data(), bytes.size());
    extend(bytes.size());
  }
  // From here on no byte is added: what follows may be read.
  void seal() {
    make_room(0);
    if (data_ == nullptr) {
      grow(0);
    }
    std::memset(end(), 0, MR_PADDING);
  }
  void clear() noexcept { size_ = 0; }
  // Gives memory back where it is more than `keep`.
  void shrink(std::size_t keep) noexcept {
    size_ = 0;
    if (capacity_ > keep) {
      data_.reset();
      capacity_ = 0;
    }
  }

 private:
  void grow(std::size_t wanted) {
    const std::size_t capacity = std::max({wanted, capacity_ + capacity_ / 2, std::size_t{512}});
    std::unique_ptr<char[]> data(new char[capacity + MR_PADDING]);
    if (size_ > 0) {
      std::memcpy(data.get(), data_.get(), size_);
    }
    data_ = std::move(data);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0; // without the padding
};

} // namespace millrace::source_http
