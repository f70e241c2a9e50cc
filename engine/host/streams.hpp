// The streams that the active router of a pipeline reads, for a source that was given none in its configuration.
#pragma once

#include <millrace/plugin.h>

#include <mutex>
#include <string>
#include <vector>

namespace millrace::host {

class Streams {
 public:
  // The router that declared these is the active one now. True: the list is another one, so sources have to hear of it.
  bool activate(std::vector<std::string> streams);

  // [any] As list of streams/1. Texts stay valid until the activation after the next one.
  std::size_t list(mr_str* out, std::size_t max) const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> active_;   // sorted, each once
  std::vector<std::string> previous_; // a source may still look at them until it heard of the change
};

} // namespace millrace::host
