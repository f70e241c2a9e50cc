#include "plugins/source_kafka/lookup.hpp"

#include <array>
#include <cstddef>
#include <span>

namespace millrace::source_kafka {
namespace {

constexpr int kTimeoutMs = 10'000;

kafka_client::AdminOptions options_for(rd_kafka_t* client, rd_kafka_admin_op_t operation, std::uint64_t id) {
  kafka_client::AdminOptions options(rd_kafka_AdminOptions_new(client, operation));
  std::array<char, 128> text{};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), kTimeoutMs, text.data(), text.size());
  rd_kafka_AdminOptions_set_opaque(options.get(), reinterpret_cast<void*>(static_cast<std::uintptr_t>(id)));
  return options;
}

kafka_client::Partitions list_of(const std::vector<PartitionName>& partitions, std::int64_t offset) {
  kafka_client::Partitions list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const PartitionName& partition : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.number)->offset = offset;
  }
  return list;
}

Answered answer(Ask what, std::uint64_t round, const rd_kafka_topic_partition_t& found) {
  Answered out{what, round, {found.topic, found.partition}, found.offset, {}, found.err};
  if (found.metadata != nullptr) {
    out.metadata.assign(static_cast<const char*>(found.metadata), found.metadata_size);
  }
  return out;
}

} // namespace

void Lookup::ask(Ask what, std::uint64_t round, const std::vector<PartitionName>& partitions) {
  if (partitions.empty()) {
    return;
  }
  const std::uint64_t id = ++last_;
  const Question& question = open_.emplace(id, Question{what, round, partitions}).first->second;
  if (what == Ask::committed) {
    list_committed(id, question);
  } else {
    list_offsets(id, question);
  }
}

void Lookup::list_offsets(std::uint64_t id, const Question& question) {
  const kafka_client::AdminOptions options = options_for(client_, RD_KAFKA_ADMIN_OP_LISTOFFSETS, id);
  const kafka_client::Partitions list = list_of(
      question.partitions, question.what == Ask::low ? RD_KAFKA_OFFSET_SPEC_EARLIEST : RD_KAFKA_OFFSET_SPEC_LATEST);
  rd_kafka_ListOffsets(client_, list.get(), options.get(), queue_);
}

void Lookup::list_committed(std::uint64_t id, const Question& question) {
  using List = std::unique_ptr<rd_kafka_ListConsumerGroupOffsets_t,
                               kafka_client::Releases<rd_kafka_ListConsumerGroupOffsets_destroy>>;
  const kafka_client::AdminOptions options = options_for(client_, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, id);
  const kafka_client::Partitions list = list_of(question.partitions, RD_KAFKA_OFFSET_INVALID);
  const List wanted(rd_kafka_ListConsumerGroupOffsets_new(group_.c_str(), list.get()));
  rd_kafka_ListConsumerGroupOffsets_t* one = wanted.get();
  rd_kafka_ListConsumerGroupOffsets(client_, &one, 1, options.get(), queue_);
}

std::vector<Answered> Lookup::answers(rd_kafka_event_t* event) {
  const auto found = open_.find(reinterpret_cast<std::uintptr_t>(rd_kafka_event_opaque(event)));
  if (found == open_.end()) {
    return {};
  }
  const Question question = std::move(found->second);
  open_.erase(found);
  std::vector<Answered> out;
  rd_kafka_resp_err_t error = rd_kafka_event_error(event);
  if (const auto* offsets = rd_kafka_event_ListOffsets_result(event); offsets != nullptr && error == 0) {
    std::size_t count = 0;
    const rd_kafka_ListOffsetsResultInfo_t** infos = rd_kafka_ListOffsets_result_infos(offsets, &count);
    for (const rd_kafka_ListOffsetsResultInfo_t* info : std::span(infos, count)) {
      out.push_back(answer(question.what, question.round, *rd_kafka_ListOffsetsResultInfo_topic_partition(info)));
    }
  } else if (const auto* groups = rd_kafka_event_ListConsumerGroupOffsets_result(event);
             groups != nullptr && error == 0) {
    std::size_t count = 0;
    const rd_kafka_group_result_t** results = rd_kafka_ListConsumerGroupOffsets_result_groups(groups, &count);
    for (const rd_kafka_group_result_t* group : std::span(results, count)) {
      if (const rd_kafka_error_t* wrong = rd_kafka_group_result_error(group); wrong != nullptr) {
        error = rd_kafka_error_code(wrong);
      } else if (const rd_kafka_topic_partition_list_t* list = rd_kafka_group_result_partitions(group)) {
        for (const rd_kafka_topic_partition_t& partition :
             std::span(list->elems, static_cast<std::size_t>(list->cnt))) {
          out.push_back(answer(question.what, question.round, partition));
        }
      }
    }
  }
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    out.clear();
    for (const PartitionName& partition : question.partitions) {
      out.push_back({question.what, question.round, partition, -1, {}, error});
    }
  }
  return out;
}

} // namespace millrace::source_kafka
