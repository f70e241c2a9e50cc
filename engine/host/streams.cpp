#include "engine/host/streams.hpp"

#include <algorithm>
#include <utility>

namespace millrace::host {

bool Streams::activate(std::vector<std::string> streams) {
  std::sort(streams.begin(), streams.end());
  streams.erase(std::unique(streams.begin(), streams.end()), streams.end());
  const std::lock_guard lock(mutex_);
  if (streams == active_) {
    return false;
  }
  previous_ = std::exchange(active_, std::move(streams));
  return true;
}

std::size_t Streams::list(mr_str* out, std::size_t max) const {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < std::min(max, active_.size()); ++i) {
    out[i] = {active_[i].c_str(), active_[i].size()};
  }
  return active_.size();
}

} // namespace millrace::host
