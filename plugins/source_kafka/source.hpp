// The Kafka source: a member of a consumer group that starts where claims/1 says, hands out batches of one partition
// each and never waits. source.cpp holds its life and the way of records; assignment.cpp whose partitions are whose.
#pragma once

#include "plugins/source_kafka/arrivals.hpp"
#include "plugins/source_kafka/batches.hpp"
#include "plugins/source_kafka/lookup.hpp"
#include "plugins/source_kafka/retention.hpp"
#include "plugins/source_kafka/sample.hpp"
#include "plugins/source_kafka/settings.hpp"

#include <millrace/ext/check.h>
#include <millrace/ext/draft/sample.h>
#include <millrace/positions.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::source_kafka {

class Source {
 public:
  static constexpr std::span<const mr_field> fields = kFields;
  static constexpr std::uint32_t flags = MR_REPLAYS;

  Source(Host host, const Config& config);
  ~Source();
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  void start();
  mr_status poll(const mr_budget& budget, mr_batch& out);
  void settle(std::uint64_t batch, std::span<const mr_verdict> verdicts);
  void drain();
  void stop();

  void start_at(std::string_view stream, std::int32_t partition, std::uint64_t position, std::uint64_t mark);
  void moved(std::string_view stream, std::int32_t partition);
  void released(std::string_view stream, std::int32_t partition);
  void streams_changed();
  void check(std::span<const mr_target> targets, std::int64_t deadline_ns, const mr_findings& findings);
  void sample(std::string_view topic, std::uint64_t limit, std::int64_t patience_ns, const mr_samples& samples) {
    sample_topic(settings_, host_, topic, limit, std::chrono::nanoseconds(patience_ns), samples);
  }

 private:
  // What a partition that is ours waits for, on its way to being read.
  enum class Stage : std::uint8_t {
    finding = 1,  // its first offset and what the group committed, to claim with
    asking = 2,   // the claim
    asking_2 = 3, // a second claim, see `start_at`
    checking = 4, // whether the log still has what the claim says
    ready = 5,    // to be assigned
    reading = 6,
  };
  struct Reading {
    Stage stage = Stage::finding;
    std::uint64_t round = 0;    // of the latest question to the cluster; answers to earlier ones do not count
    std::uint8_t answered = 0;  // Ask bits
    std::int64_t ask_at_ns = 0; // a question failed: ask again then; 0: no
    std::int64_t low = 0;
    std::int64_t high = 0;
    std::int64_t committed = -1;
    std::uint64_t committed_mark = 0;
    std::uint64_t mark = 0; // what the record before the start should have; 0: not compared, or compared
    std::uint64_t told = 0; // what was last committed to the group
    std::int64_t end = 0;   // of the log, as last heard
    // UTC microseconds; 0: not known.
    std::int64_t read_time = 0;   // of the last record that was handed out
    std::int64_t unread_time = 0; // of the oldest that is not settled, or one before it
    Metric lag;
    std::optional<Metric> retention_left; // once it is known
  };
  using Book = Positions<Reading>;
  using Partition = Book::Partition;

  struct Metrics {
    Metric records, holes, rebalances, partitions, stopped, unsettled, commit_failures, rewinds;
  };

  // source.cpp
  void make_client();
  std::vector<std::string> named_topics() const; // in the configuration, else by the rules
  std::vector<std::string> wanted_topics() const;
  void subscribe();
  void take_notices();
  bool take_answered();
  void take_event(rd_kafka_event_t* event);
  bool take_front(const rd_kafka_message_t& message, const mr_budget& budget);
  void take_end(Partition& partition, std::int64_t end);
  bool fits(const rd_kafka_message_t& message, const mr_budget& budget) const;
  bool is_verified(Partition& partition, const rd_kafka_message_t& message);
  Partition* partition_of(const rd_kafka_message_t& message);
  void take_error(const Notice& notice);
  void take_partition_error(const rd_kafka_message_t& message);
  void hand_out(mr_batch& out);
  void drop_ahead();
  void measure(std::int64_t now_ns);
  void measure_retention(Partition& partition);
  static void leave_figures(Reading& reading);
  std::int64_t next_wake_ns(std::int64_t now_ns) const;

  // assignment.cpp
  void serve(std::int64_t now_ns);
  void take_rebalance(const Notice& notice);
  void take_assigned(const rd_kafka_topic_partition_list_t& partitions);
  void revoke(bool lost);
  void end_revoke();
  void give_back();
  void ask_cluster(const std::vector<Partition*>& partitions);
  void take_answers(rd_kafka_event_t* event);
  void take_answer(const Answered& answered);
  void claim(Partition& partition);
  void check_start(Partition& partition);
  void stop_reading(Partition& partition, const std::string& why);
  void assign_ready();
  bool commit();
  void take_commit(rd_kafka_event_t* event);

  Host host_;
  const mr_host_claims* claims_;
  Settings settings_;
  Metrics metrics_;

  Arrivals arrivals_;
  kafka_client::Client client_;
  kafka_client::Queue records_; // what the group's partitions have, and what happens to them: for arrivals_
  kafka_client::Queue answers_; // to questions and commits
  std::optional<Lookup> lookup_;
  std::optional<Retention> retention_;
  std::vector<std::string> subscribed_;

  Book book_;
  Batches batches_;
  std::unique_ptr<Batch> building_;
  Partition* building_of_ = nullptr;
  std::uint64_t building_next_ = 0;

  // The partition of the last message, so that a run of them is looked up once.
  const rd_kafka_topic_t* last_topic_ = nullptr;
  std::int32_t last_number_ = -1;
  Partition* last_partition_ = nullptr;

  std::uint64_t round_ = 0;
  std::int64_t serve_at_ns_ = 0;  // 0: at the next poll
  std::int64_t assign_at_ns_ = 0; // 0: nothing to assign
  std::int64_t commit_at_ns_ = 0;
  std::int64_t measure_at_ns_ = 0;
  bool revoking_ = false;
  bool revoke_lost_ = false;
  std::int64_t give_back_at_ns_ = 0; // the last commit of a revoke is waited for until then; 0: not yet
  std::map<std::pair<std::string, std::int32_t>, std::pair<std::uint64_t, std::uint64_t>> last_words_; // offset, mark
  std::size_t commits_open_ = 0;
  bool draining_ = false;
};

} // namespace millrace::source_kafka
