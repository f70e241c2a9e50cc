// Asks the cluster for the ends of partitions and the offsets committed to the group, without waiting: answers come as
// events of the source's own queue.
#pragma once

#include "plugins/kafka_client/handles.hpp"

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace millrace::source_kafka {

enum class Ask : std::uint8_t {
  low = 1,       // the first offset that the log still has
  high = 2,      // the one after the last, of transactions that are not ended too
  committed = 4, // of the group; -1: none
};

struct PartitionName {
  std::string topic;
  std::int32_t number;
};

struct Answered {
  Ask ask;
  std::uint64_t round; // of the question
  PartitionName partition;
  std::int64_t offset;
  std::string metadata;
  rd_kafka_resp_err_t error;
};

class Lookup {
 public:
  // The client and the queue must outlive the last answer.
  Lookup(rd_kafka_t* client, rd_kafka_queue_t* queue, std::string group)
      : client_(client), queue_(queue), group_(std::move(group)) {}

  void ask(Ask what, std::uint64_t round, const std::vector<PartitionName>& partitions);
  // What an event answers, one for each partition asked; empty when it is no answer to a question of here.
  std::vector<Answered> answers(rd_kafka_event_t* event);

 private:
  struct Question {
    Ask what;
    std::uint64_t round;
    std::vector<PartitionName> partitions;
  };
  void list_offsets(std::uint64_t id, const Question& question);
  void list_committed(std::uint64_t id, const Question& question);

  rd_kafka_t* client_;
  rd_kafka_queue_t* queue_;
  std::string group_;
  std::uint64_t last_ = 0;
  std::unordered_map<std::uint64_t, Question> open_;
};

} // namespace millrace::source_kafka
