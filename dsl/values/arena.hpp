// Where text and lists that an evaluator makes live: unescaped strings, keys, reasons. Given back all at once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <type_traits>
#include <vector>

namespace millrace::dsl {

class Arena {
 public:
  /// At least `size` bytes, unaligned; give back what is not needed with `shrink`.
  char* allocate(std::size_t size) {
    if (size > static_cast<std::size_t>(end_ - next_)) {
      add_block(size);
    }
    char* out = next_;
    next_ += size;
    return out;
  }

  /// Room for `count` objects of a type that needs no destructor, not begun yet.
  template <typename T>
  T* allocate_of(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= alignof(std::max_align_t));
    char* const bytes = allocate(count * sizeof(T) + alignof(T) - 1);
    const std::size_t past = reinterpret_cast<std::uintptr_t>(bytes) % alignof(T);
    return reinterpret_cast<T*>(past == 0 ? bytes : bytes + alignof(T) - past);
  }

  /// Ends the last allocation at `end`.
  void shrink(char* end) { next_ = end; }

  std::string_view store(std::string_view text) {
    if (text.empty()) {
      return "";
    }
    char* out = allocate(text.size());
    std::memcpy(out, text.data(), text.size());
    return {out, text.size()};
  }

  /// While it lives, what is handed out is for a moment: room is used again when it ends. What was handed out before
  /// stays.
  class Scope {
   public:
    explicit Scope(Arena& arena) : arena_(arena), next_(arena.next_), end_(arena.end_) {}
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope() {
      // A block that was begun meanwhile holds nothing that stays.
      arena_.next_ = arena_.end_ == end_ ? next_ : arena_.blocks_.back().get();
    }

   private:
    Arena& arena_;
    char* next_;
    const char* end_;
  };

  /// Everything handed out is void. Keeps one block, so that a steady state allocates nothing.
  void reset() {
    if (blocks_.size() > 1) {
      const std::size_t wanted = std::min(total_, kKeep);
      blocks_.clear();
      total_ = 0;
      next_ = end_ = nullptr;
      add_block(wanted);
    } else if (!blocks_.empty()) {
      next_ = blocks_.front().get();
    }
  }

 private:
  static constexpr std::size_t kBlock = std::size_t{64} << 10U;
  static constexpr std::size_t kKeep = std::size_t{4} << 20U;

  void add_block(std::size_t at_least) {
    const std::size_t size = std::max({at_least, kBlock, std::min(total_, kKeep)});
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(size));
    next_ = blocks_.back().get();
    end_ = next_ + size;
    total_ += size;
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  char* end_ = nullptr;
  std::size_t total_ = 0;
};

} // namespace millrace::dsl
