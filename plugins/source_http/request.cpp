#include "plugins/source_http/request.hpp"

namespace millrace::source_http {
namespace {

template <class Vector>
void clear(Vector& vector, std::size_t keep) noexcept {
  vector.clear();
  if (vector.capacity() > keep) {
    Vector().swap(vector);
  }
}

} // namespace

void Request::reset() noexcept {
  keep_alive = true;
  http10 = false;
  head_only = false;
  key.clear();
  carried.clear();
  clear(text, 4096);
  body.shrink(kKeptBody);
  inflater.reset();
  reserved = 0;
  tenant = nullptr;
  connection = nullptr;
  next = nullptr;
  received_ns = 0;
  answered = false;
  lent = false;
  unknown = false;
  key_held = false;
  refusal.status = 0;
  refusal.reason.clear();
  clear(events, 64);
  clear(pairs, 256);
  stage.store(Stage::kReading, std::memory_order_relaxed);
  handed = 0;
  settled = 0;
  tally.clear();
}

} // namespace millrace::source_http
