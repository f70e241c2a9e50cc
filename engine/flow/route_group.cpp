// See route_group.hpp.
#include "engine/flow/route_group.hpp"

#include <algorithm>

namespace millrace::flow {

void* Arena::take(std::size_t bytes) {
  const std::size_t size = (bytes + 15) & ~std::size_t{15};
  if (size > left_) {
    if (chunks_.empty() && size > kChunk) {
      chunks_.push_back(std::make_unique_for_overwrite<std::byte[]>(kChunk)); // the one that clear() keeps
    }
    left_ = std::max(kChunk, size);
    chunks_.push_back(std::make_unique_for_overwrite<std::byte[]>(left_));
    next_ = chunks_.back().get();
  }
  void* taken = next_;
  next_ += size;
  left_ -= size;
  return taken;
}

void Arena::clear() {
  if (chunks_.empty()) {
    return;
  }
  chunks_.resize(1);
  next_ = chunks_.front().get();
  left_ = kChunk;
}

void RouteGroup::clear() {
  for (RowsCall& call : rows) {
    if (call.array.release) {
      call.array.release(&call.array);
    }
  }
  rows.clear();
  for (std::vector<Record>& of_sink : records) {
    of_sink.clear();
  }
  rejections.clear();
  legs.clear();
  late_records.clear();
  late_texts.clear();
  late_reasons.clear();
  arena.clear();
  bytes = 0;
}

} // namespace millrace::flow
