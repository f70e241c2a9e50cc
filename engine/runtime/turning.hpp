// Whether an event loop still turns, asked again and again.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace millrace::runtime {

class Turning {
 public:
  // [any] True: it came round since it was asked last; the first time always. Both outlive what is posted.
  bool ask(boost::asio::io_context& loop) {
    if (asked_.exchange(true)) {
      return false;
    }
    boost::asio::post(loop, [this] { asked_.store(false); });
    return true;
  }

 private:
  std::atomic<bool> asked_ = false; // and not answered yet
};

} // namespace millrace::runtime
