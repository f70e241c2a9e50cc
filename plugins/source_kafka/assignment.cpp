// Whose partitions are whose: what the group gives and takes, where each partition starts, and what the group is told.
//
// Given a partition: its first offset and the group's committed one are asked for (finding), it is claimed (asking),
// the answer is held against the log as it is then (checking), and only then it is fetched (reading). Taken: nothing
// more is handed out, the engine finishes or abandons what is under way, and only then the group gets it back. Nothing
// waits.
#include "plugins/source_kafka/mark.hpp"
#include "plugins/source_kafka/source.hpp"

#include <millrace/failure.hpp>

#include <algorithm>
#include <cstring>

namespace millrace::source_kafka {
namespace {

constexpr std::int64_t kMsNs = 1'000'000;
constexpr std::int64_t kSecondNs = 1'000 * kMsNs;
constexpr std::int64_t kServeEveryNs = 100 * kMsNs;
constexpr std::int64_t kAskAgainNs = kSecondNs;
// Partitions that are ready wait so long for others, since an assignment interrupts those that are read.
constexpr std::int64_t kGatherNs = 200 * kMsNs;
constexpr std::int64_t kLastCommitNs = 2 * kSecondNs;

constexpr std::uint8_t bit(Ask ask) { return static_cast<std::uint8_t>(ask); }

} // namespace

void Source::serve(std::int64_t now_ns) {
  if (now_ns < serve_at_ns_) {
    return;
  }
  serve_at_ns_ = now_ns + kServeEveryNs;
  for (Partition* partition : book_.due(now_ns)) {
    claim(*partition);
  }
  std::vector<Partition*> ask;
  book_.each([&](Partition& partition) {
    if (partition.mine.ask_at_ns != 0 && partition.mine.ask_at_ns <= now_ns) {
      ask.push_back(&partition);
    }
  });
  ask_cluster(ask);
  if (assign_at_ns_ != 0 && assign_at_ns_ <= now_ns) {
    assign_ready();
  }
  if (revoking_) {
    if (!revoke_lost_ && rd_kafka_assignment_lost(client_.get()) != 0) {
      revoke(true);
    }
    end_revoke();
  } else if (now_ns >= commit_at_ns_) {
    commit_at_ns_ = now_ns + std::chrono::nanoseconds(settings_.commit_interval).count();
    commit();
  }
  if (now_ns >= measure_at_ns_) {
    measure_at_ns_ = now_ns + kSecondNs;
    measure(now_ns);
  }
}

// ---- given and taken

void Source::take_rebalance(const Notice& notice) {
  metrics_.rebalances.add();
  if (notice.error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    take_assigned(*notice.partitions);
    return;
  }
  if (notice.error != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
    host_.warn("the group could not be joined: " + kafka_client::text_of(notice.error));
  }
  revoke(rd_kafka_assignment_lost(client_.get()) != 0);
}

// The group is answered at once, with nothing to fetch yet: a claim may take long, and must not hold up other members.
void Source::take_assigned(const rd_kafka_topic_partition_list_t& partitions) {
  const kafka_client::Partitions none(rd_kafka_topic_partition_list_new(0));
  rd_kafka_assign(client_.get(), none.get());
  drop_ahead();
  std::vector<Partition*> ask;
  for (const rd_kafka_topic_partition_t& given :
       std::span(partitions.elems, static_cast<std::size_t>(partitions.cnt))) {
    Partition& partition = book_.hold(given.topic, given.partition);
    partition.mine.lag = host_.gauge("kafka_lag_records", "Records that are not settled yet.",
                                     {{"topic", given.topic}, {"partition", std::to_string(given.partition)}});
    ask.push_back(&partition);
  }
  host_.info("the group gives partitions", {{"count", std::to_string(partitions.cnt)}});
  ask_cluster(ask);
}

void Source::revoke(bool lost) {
  const bool again = std::exchange(revoking_, true);
  revoke_lost_ = revoke_lost_ || lost;
  drop_ahead();
  assign_at_ns_ = 0;
  if (!again || lost) {
    host_.info(lost ? "partitions are lost to the group" : "the group takes partitions back",
               {{"count", std::to_string(book_.size())}});
  }
  book_.each([&](Partition& partition) {
    book_.release(partition);
    claims_->release(host_.raw(), str(partition.stream), partition.number, lost ? 1 : 0);
  });
  end_revoke();
}

void Source::released(std::string_view stream, std::int32_t number) {
  Partition* partition = book_.find(stream, number);
  if (partition == nullptr || partition->state != Book::State::releasing) {
    return;
  }
  if (partition->settled != partition->mine.told && !revoke_lost_) {
    last_words_[{std::string(stream), number}] = {partition->settled, partition->settled_mark};
  }
  leave_figures(partition->mine);
  last_topic_ = nullptr;
  last_partition_ = nullptr;
  book_.forget(*partition);
  end_revoke();
  host_.wake();
}

// When the engine has given everything back: the group hears how far it came, and gets its partitions.
void Source::end_revoke() {
  if (!revoking_ || !book_.empty()) {
    return;
  }
  const std::int64_t now = host_.now_ns();
  if (give_back_at_ns_ == 0) {
    give_back_at_ns_ = now + kLastCommitNs;
    if (revoke_lost_ || !commit()) {
      return give_back();
    }
  }
  if (commits_open_ == 0 || now >= give_back_at_ns_) {
    give_back();
  }
}

void Source::give_back() {
  revoking_ = false;
  revoke_lost_ = false;
  give_back_at_ns_ = 0;
  last_words_.clear();
  rd_kafka_assign(client_.get(), nullptr);
}

// ---- where to start

void Source::ask_cluster(const std::vector<Partition*>& partitions) {
  if (partitions.empty()) {
    return;
  }
  std::vector<PartitionName> all;
  std::vector<PartitionName> found;
  std::vector<PartitionName> checked;
  const std::uint64_t round = ++round_;
  for (Partition* partition : partitions) {
    partition->mine.round = round;
    partition->mine.answered = 0;
    partition->mine.ask_at_ns = 0;
    const PartitionName name{std::string(partition->stream), partition->number};
    all.push_back(name);
    (partition->mine.stage == Stage::finding ? found : checked).push_back(name);
  }
  lookup_->ask(Ask::low, round, all);
  lookup_->ask(Ask::committed, round, found);
  lookup_->ask(Ask::high, round, checked);
}

void Source::take_answers(rd_kafka_event_t* event) {
  for (const Answered& answered : lookup_->answers(event)) {
    take_answer(answered);
  }
}

void Source::take_answer(const Answered& answered) {
  Partition* partition = book_.find(answered.partition.topic, answered.partition.number);
  if (partition == nullptr || partition->mine.round != answered.round) {
    return;
  }
  Reading& reading = partition->mine;
  if (answered.error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    reading.ask_at_ns = host_.now_ns() + kAskAgainNs;
    host_.warn("the cluster does not say what partition " + answered.partition.topic + "/" +
               std::to_string(answered.partition.number) + " holds: " + kafka_client::text_of(answered.error));
    return;
  }
  reading.answered = static_cast<std::uint8_t>(reading.answered | bit(answered.ask));
  switch (answered.ask) {
    case Ask::low:
      reading.low = answered.offset;
      break;
    case Ask::high:
      reading.high = answered.offset;
      reading.end = answered.offset;
      break;
    case Ask::committed:
      reading.committed = answered.offset;
      reading.committed_mark = mark_in(answered.metadata);
      break;
  }
  if (reading.ask_at_ns != 0) {
    return; // another part of the question failed
  }
  if (reading.stage == Stage::finding && reading.answered == (bit(Ask::low) | bit(Ask::committed))) {
    partition->settled = static_cast<std::uint64_t>(reading.low);
    partition->settled_mark = 0;
    book_.ask_at(*partition, host_.now_ns());
    serve_at_ns_ = 0;
  } else if (reading.stage == Stage::checking && reading.answered == (bit(Ask::low) | bit(Ask::high))) {
    check_start(*partition);
  }
}

void Source::claim(Partition& partition) {
  if (partition.mine.stage != Stage::finding) {
    metrics_.rewinds.add();
    partition.mine.committed = -1; // only the first claim looks at what the group has
  }
  partition.mine.stage = Stage::asking;
  claims_->claim(host_.raw(), str(partition.stream), partition.number, partition.settled, partition.settled_mark);
}

// A partition is claimed with its first offset first. A sink that stores positions keeps that for a partition that it
// does not know: what the group committed in another life may not skip records. When the answer is that offset, and the
// group has another, a second claim tells the two cases apart: a sink that stores positions says the same again, and
// where none does the answer is what was asked with, so that the group's offset is the position.
void Source::start_at(std::string_view stream, std::int32_t number, std::uint64_t position, std::uint64_t mark) {
  Partition* partition = book_.find(stream, number);
  if (partition == nullptr || !book_.start_at(*partition, position, mark)) {
    return;
  }
  Reading& reading = partition->mine;
  const bool is_first = reading.stage == Stage::asking && position == static_cast<std::uint64_t>(reading.low);
  if (is_first && reading.committed >= 0 && reading.committed != reading.low) {
    reading.stage = Stage::asking_2;
    book_.claim_again(*partition);
    claims_->claim(host_.raw(), str(stream), number, static_cast<std::uint64_t>(reading.committed),
                   reading.committed_mark);
    return;
  }
  reading.stage = Stage::checking;
  reading.mark = mark;
  reading.told = position;
  reading.read_time = 0;              // it may go back
  reading.ask_at_ns = host_.now_ns(); // together with others that are answered now
  serve_at_ns_ = 0;
  host_.wake();
}

void Source::check_start(Partition& partition) {
  Reading& reading = partition.mine;
  const auto low = static_cast<std::uint64_t>(reading.low);
  const auto high = static_cast<std::uint64_t>(reading.high);
  if (partition.next < low) {
    return stop_reading(partition, std::to_string(low - partition.next) + " records from position " +
                                       std::to_string(partition.next) + " on were deleted before they were read; the " +
                                       "log now begins at " + std::to_string(low) +
                                       ". To go on without them set the stored position to that");
  }
  if (partition.next > high) {
    return stop_reading(partition, "the log ends at " + std::to_string(high) + ", before position " +
                                       std::to_string(partition.next) +
                                       " where reading goes on: it was cut, or the topic was made anew");
  }
  if (partition.next == low) {
    reading.mark = 0; // the record before it is gone
  }
  reading.stage = Stage::ready;
  bool all = true;
  book_.each([&](const Partition& other) {
    all = all && (other.mine.stage >= Stage::ready || other.state == Book::State::stopped);
  });
  if (all) {
    assign_ready();
  } else if (assign_at_ns_ == 0) {
    assign_at_ns_ = host_.now_ns() + kGatherNs;
  }
}

// Every partition that may be read, each with the position that it has come to. librdkafka drops what it fetched for
// the assignment before.
void Source::assign_ready() {
  assign_at_ns_ = 0;
  drop_ahead();
  const kafka_client::Partitions list(rd_kafka_topic_partition_list_new(static_cast<int>(book_.size())));
  book_.each([&](Partition& partition) {
    if (partition.state == Book::State::running && partition.mine.stage >= Stage::ready) {
      partition.mine.stage = Stage::reading;
      const std::uint64_t from = partition.mine.mark != 0 ? partition.next - 1 : partition.next;
      rd_kafka_topic_partition_list_add(list.get(), std::string(partition.stream).c_str(), partition.number)->offset =
          static_cast<std::int64_t>(from);
    }
  });
  if (const rd_kafka_resp_err_t error = rd_kafka_assign(client_.get(), list.get()); error != 0) {
    throw fatal("Kafka does not take an assignment: " + kafka_client::text_of(error), error);
  }
}

void Source::moved(std::string_view stream, std::int32_t number) {
  if (Partition* partition = book_.find(stream, number)) {
    book_.moved(*partition, host_.now_ns());
    serve_at_ns_ = 0;
    host_.wake();
  }
}

void Source::stop_reading(Partition& partition, const std::string& why) {
  book_.stop(partition);
  measure_at_ns_ = 0;
  const std::string number = std::to_string(partition.number);
  host_.error("reading of partition " + std::string(partition.stream) + "/" + number + " stops: " + why,
              {{"topic", partition.stream}, {"partition", number}});
}

// ---- what the group is told

// True: something was sent, and its answer is an event.
bool Source::commit() {
  kafka_client::Partitions list(rd_kafka_topic_partition_list_new(1));
  const auto add = [&](const std::string& stream, std::int32_t number, std::uint64_t offset, std::uint64_t mark) {
    rd_kafka_topic_partition_t* entry = rd_kafka_topic_partition_list_add(list.get(), stream.c_str(), number);
    entry->offset = static_cast<std::int64_t>(offset);
    if (const std::string metadata = metadata_of(mark); !metadata.empty()) {
      entry->metadata = rd_kafka_mem_malloc(nullptr, metadata.size()); // freed with the list
      std::memcpy(entry->metadata, metadata.data(), metadata.size());
      entry->metadata_size = metadata.size();
    }
  };
  for (const auto& [name, position] : std::exchange(last_words_, {})) {
    add(name.first, name.second, position.first, position.second);
  }
  book_.each([&](Partition& partition) {
    const bool known = partition.mine.stage >= Stage::ready;
    if (known && partition.settled != partition.mine.told) {
      partition.mine.told = partition.settled;
      add(std::string(partition.stream), partition.number, partition.settled, partition.settled_mark);
    }
  });
  if (list->cnt == 0) {
    return false;
  }
  if (rd_kafka_commit_queue(client_.get(), list.get(), answers_.get(), nullptr, nullptr) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    metrics_.commit_failures.add();
    return false;
  }
  ++commits_open_;
  return true;
}

void Source::take_commit(rd_kafka_event_t* event) {
  commits_open_ -= commits_open_ > 0 ? 1 : 0;
  if (const rd_kafka_resp_err_t error = rd_kafka_event_error(event); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    metrics_.commit_failures.add();
    host_.warn("the group could not be told how far reading is: " + kafka_client::text_of(error));
  }
  end_revoke();
}

} // namespace millrace::source_kafka
