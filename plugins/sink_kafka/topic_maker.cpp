#include "plugins/sink_kafka/topic_maker.hpp"

#include <millrace/failure.hpp>

#include <utility>

namespace millrace::sink_kafka {
namespace {

constexpr std::int64_t kPatienceNs = 5'000'000'000; // for one topic

} // namespace

TopicMaker::TopicMaker(const Settings& settings, const Host& host) : settings_(settings), host_(host) {}

TopicMaker::~TopicMaker() { stop(); }

void TopicMaker::know(const std::vector<std::string>& names) {
  const std::lock_guard lock(mutex_);
  there_.insert(names.begin(), names.end());
}

void TopicMaker::want(const Wanted& topic) {
  const std::lock_guard lock(mutex_);
  if (there_.contains(topic.name)) {
    return;
  }
  const auto [asked, is_new] = making_.try_emplace(topic.name);
  if (!is_new && !asked->second.empty()) {
    const std::string why = std::move(asked->second);
    making_.erase(asked); // the next one asks again
    throw transient("topic '" + topic.name + "' cannot be created: " + why);
  }
  if (is_new) {
    stopping_ = false;
    to_make_.push_back(topic);
    if (!thread_.joinable()) {
      thread_ = std::thread([this] { run(); });
    }
    wanted_.notify_one();
  }
  throw transient("topic '" + topic.name + "' is being created");
}

void TopicMaker::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    to_make_.clear();
  }
  wanted_.notify_one();
  if (thread_.joinable()) {
    thread_.join();
    thread_ = {};
  }
  const std::lock_guard lock(mutex_);
  making_.clear();
}

void TopicMaker::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wanted_.wait(lock, [this] { return stopping_ || !to_make_.empty(); });
    if (stopping_) {
      return;
    }
    const Wanted topic = std::move(to_make_.front());
    to_make_.pop_front();
    lock.unlock();
    const std::string why = create_topic(settings_, host_, topic, host_.now_ns() + kPatienceNs);
    lock.lock();
    if (why.empty()) {
      there_.insert(topic.name);
      making_.erase(topic.name);
    } else {
      making_[topic.name] = why;
    }
  }
}

} // namespace millrace::sink_kafka
