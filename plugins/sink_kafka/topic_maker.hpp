// Makes topics of which there may be `at most N`, when they come up: on a thread of its own, as the cluster takes its
// time, one after the other. Whether there may be one more is the engine's knowledge (millrace.names/1).
#pragma once

#include "plugins/sink_kafka/topics.hpp"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace millrace::sink_kafka {

class TopicMaker {
 public:
  TopicMaker(const Settings& settings, const Host& host);
  ~TopicMaker();
  TopicMaker(const TopicMaker&) = delete;
  TopicMaker& operator=(const TopicMaker&) = delete;

  // Topics that need not be made.
  void know(const std::vector<std::string>& names);
  // Returns when the topic is there; throws transient() while it is being made, and when that failed.
  void want(const Wanted& topic);
  // Joins the thread; a request that is on its way is waited for, up to its deadline.
  void stop();

 private:
  void run();

  const Settings& settings_;
  const Host host_;
  std::mutex mutex_; // of all below but the thread
  std::condition_variable wanted_;
  std::set<std::string> there_;
  std::deque<Wanted> to_make_;
  std::map<std::string, std::string> making_; // and why it could not be, once that is known
  bool stopping_ = false;
  std::thread thread_; // from the first want on
};

} // namespace millrace::sink_kafka
