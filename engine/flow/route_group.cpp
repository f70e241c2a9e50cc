// See route_group.hpp.
#include "engine/flow/route_group.hpp"

#include <algorithm>

namespace millrace::flow {

void* Arena::take(std::size_t bytes) {
  const std::size_t size = (bytes + 15) & ~std::size_t{15};
  while (size > left_) {
    chunk_ = chunks_.empty() ? kFirstChunk : std::min(kLargestChunk, chunk_ * kGrowth);
    left_ = chunks_.empty() ? chunk_ : std::max(chunk_, size); // the first one is what clear() keeps
    chunks_.push_back(std::make_unique_for_overwrite<std::byte[]>(left_));
    next_ = chunks_.back().get();
    held_ += left_;
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
  left_ = chunk_ = held_ = kFirstChunk;
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
