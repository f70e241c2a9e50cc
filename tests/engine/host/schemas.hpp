// Small Arrow schemas whose parts belong to the test.
#pragma once

#include <millrace/arrow.h>

#include <deque>
#include <initializer_list>
#include <vector>

namespace millrace::host {

// One pair, ("k", "value"), as Arrow lays it out on a little-endian machine.
inline constexpr char kMetadata[] = {1, 0, 0, 0, 1, 0, 0, 0, 'k', 5, 0, 0, 0, 'v', 'a', 'l', 'u', 'e'};

inline void keep(ArrowSchema*) {}

inline ArrowSchema leaf(const char* format, const char* name) {
  ArrowSchema out{};
  out.format = format;
  out.name = name;
  out.release = keep;
  return out;
}

struct Column {
  const char* format;
  const char* name;
};

class Columns {
 public:
  Columns(std::initializer_list<Column> columns) {
    for (const auto& [format, name] : columns) {
      pointers_.push_back(&children_.emplace_back(leaf(format, name)));
    }
    schema_ = leaf("+s", "");
    schema_.n_children = static_cast<std::int64_t>(pointers_.size());
    schema_.children = pointers_.data();
  }
  Columns(const Columns&) = delete;
  Columns& operator=(const Columns&) = delete;

  const ArrowSchema& schema() const { return schema_; }
  ArrowSchema& child(std::size_t i) { return children_[i]; }

 private:
  std::deque<ArrowSchema> children_;
  std::vector<ArrowSchema*> pointers_;
  ArrowSchema schema_{};
};

} // namespace millrace::host
