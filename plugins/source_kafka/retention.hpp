// How long topics keep their records, asked of the cluster now and then without waiting: answers come as events of the
// source's own queue. Where the cluster does not tell, the log says so once.
#pragma once

#include "plugins/kafka_client/handles.hpp"

#include <millrace/host.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::source_kafka {

class Retention {
 public:
  // The client and the queue must outlive the last answer.
  Retention(rd_kafka_t* client, rd_kafka_queue_t* queue, const Host& host)
      : client_(client), queue_(queue), host_(host) {}

  // Asks about them when it is time again, at once about those that it never asked about. One question at a time.
  void look_after(const std::set<std::string>& topics, std::int64_t now_ns);
  // An event of kind DESCRIBECONFIGS_RESULT.
  void take(rd_kafka_event_t* event, std::int64_t now_ns);

  // Milliseconds. Nothing: it is not known, or there is no limit in time.
  std::optional<std::int64_t> of(std::string_view topic) const;

 private:
  void ask(const std::set<std::string>& topics);
  void take_topic(const rd_kafka_ConfigResource_t& answered);
  void refused(const std::string& text);

  rd_kafka_t* client_;
  rd_kafka_queue_t* queue_;
  Host host_;
  std::map<std::string, std::optional<std::int64_t>, std::less<>> known_; // every topic that was ever asked about
  bool asking_ = false;
  bool any_refused_ = false; // of the latest answer
  bool told_ = false;        // that it is refused; once is enough until it is not
  std::int64_t ask_at_ns_ = 0;
};

// From a topic's settings as the cluster tells them: nothing where nothing is deleted by age.
std::optional<std::int64_t> retention_of(const std::map<std::string, std::string, std::less<>>& settings);

// How long until a record of that time may be deleted; 0 where it is overdue.
double seconds_left(std::int64_t retention_ms, std::int64_t record_ms, std::int64_t now_ms);

} // namespace millrace::source_kafka
