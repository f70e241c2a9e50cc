#include "engine/runtime/worker_thread.hpp"

#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "engine/runtime/lane_thread.hpp"

namespace millrace::runtime {

WorkerThread::WorkerThread(std::string name, const host::Clock& clock)
    : name_(std::move(name)), clock_(clock), inbox_(std::make_shared<flow::Inbox>([this] { notify(); })) {}

WorkerThread::~WorkerThread() {
  if (thread_.joinable()) {
    boost::asio::post(loop_, [this] {
      timer_.cancel();
      work_.reset();
    });
    thread_.join();
  }
  inbox_->close(); // hosts may still hold it, and there is nobody to notify any more
}

void WorkerThread::start(std::unique_ptr<flow::Worker> worker, std::function<void(flow::WorkerState)> changed) {
  worker_ = std::move(worker);
  changed_ = std::move(changed);
  work_.emplace(loop_.get_executor());
  notify();
  thread_ = std::thread([this] {
    name_thread(name_);
    loop_.run();
  });
}

void WorkerThread::notify() {
  if (!posted_.exchange(true)) {
    boost::asio::post(loop_, [this] { step(); });
  }
}

void WorkerThread::step() {
  posted_.store(false);
  const std::int64_t now = clock_.now_ns();
  const std::int64_t next = worker_->step(now);
  if (const flow::WorkerState state = worker_->state(); state != state_) {
    state_ = state;
    changed_(state);
  }
  if (next <= now) {
    notify();
  } else if (next == flow::kNever) {
    timer_.cancel();
  } else {
    timer_.expires_after(std::chrono::nanoseconds(next - now));
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) {
        notify();
      }
    });
  }
}

} // namespace millrace::runtime
