#include "plugins/source_kafka/source.hpp"

#include "plugins/kafka_client/cluster.hpp"
#include "plugins/source_kafka/mark.hpp"
#include "plugins/source_kafka/subscription.hpp"

#include <millrace/failure.hpp>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

namespace millrace::source_kafka {
namespace {

using std::chrono::milliseconds;

// One try of start. The engine tries again with backoff, and the connection is made in the background meanwhile.
constexpr milliseconds kStartLimit(1'000);
constexpr std::int64_t kSecondNs = 1'000'000'000;
// Answers that one poll looks at, before it lets others have the thread.
constexpr int kAnswers = 100;

} // namespace

Source::Source(Host host, const Config& config)
    : host_(host), claims_(host_.claims()), settings_(read_settings(config)), arrivals_(host_) {
  consumer_conf(settings_, host_); // so that a wrong setting is found without a broker
}

Source::~Source() { stop(); }

void Source::start() {
  if (claims_ == nullptr) {
    throw fatal("the engine does not offer " MR_CLAIMS ", which says where to start");
  }
  if (wanted_topics().empty()) {
    throw invalid("no topics to read: name them in `topics`, or have the rules read some");
  }
  if (client_ == nullptr) {
    make_client();
  }
  const kafka_client::Queue main(rd_kafka_queue_get_main(client_.get()));
  kafka_client::wait_for_broker(client_.get(), main.get(), settings_.brokers, kStartLimit);
  rd_kafka_poll_set_consumer(client_.get()); // what is of no partition comes with what is
  for (const kafka_client::Queue* queue : {&records_, &answers_}) {
    rd_kafka_queue_cb_event_enable(
        queue->get(), [](rd_kafka_t*, void* self) { static_cast<Source*>(self)->host_.wake(); }, this);
  }
  subscribe();
  host_.wake();
}

void Source::make_client() {
  kafka_client::Conf conf = consumer_conf(settings_, host_);
  arrivals_.listen(conf.get());
  client_ = kafka_client::make_client(RD_KAFKA_CONSUMER, std::move(conf));
  records_.reset(rd_kafka_queue_get_consumer(client_.get()));
  answers_.reset(rd_kafka_queue_new(client_.get()));
  arrivals_.read(records_.get());
  lookup_.emplace(client_.get(), answers_.get(), settings_.group);
  retention_.emplace(client_.get(), answers_.get(), host_);
  metrics_ = {
      host_.counter("kafka_records_total", "Records handed to the pipeline."),
      host_.counter("kafka_holes_total", "Offsets of the log that hold no record: compacted, or of a transaction."),
      host_.counter("kafka_rebalances_total", "Times that partitions were given or taken."),
      host_.gauge("kafka_partitions", "Partitions that are ours."),
      host_.gauge("kafka_partitions_stopped", "Partitions of ours that stand still and need somebody to look."),
      host_.gauge("kafka_unsettled_seconds", "Age of the oldest batch that is not settled."),
      host_.counter("kafka_commit_failures_total", "Commits to the group that failed."),
      host_.counter("kafka_rewinds_total", "Times that a partition was read again from an earlier position."),
  };
}

std::vector<std::string> Source::named_topics() const {
  if (!settings_.topics.empty()) {
    return settings_.topics;
  }
  const mr_host_streams* streams = host_.streams();
  if (streams == nullptr) {
    return {};
  }
  std::vector<mr_str> found(streams->list(host_.raw(), nullptr, 0));
  found.resize(std::min(found.size(), streams->list(host_.raw(), found.data(), found.size())));
  std::vector<std::string> out;
  for (const mr_str stream : found) {
    out.push_back(copy(stream));
  }
  return out;
}

std::vector<std::string> Source::wanted_topics() const { return subscription_of(named_topics()); }

void Source::subscribe() {
  std::vector<std::string> wanted = wanted_topics();
  if (wanted == subscribed_ || wanted.empty()) {
    return;
  }
  const kafka_client::Partitions list(rd_kafka_topic_partition_list_new(static_cast<int>(wanted.size())));
  for (const std::string& topic : wanted) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  if (const rd_kafka_resp_err_t error = rd_kafka_subscribe(client_.get(), list.get()); error != 0) {
    throw invalid("cannot subscribe to '" + wanted.front() + "' and " + std::to_string(wanted.size() - 1) +
                  " more: " + kafka_client::text_of(error));
  }
  subscribed_ = std::move(wanted);
}

void Source::streams_changed() {
  if (client_ != nullptr && settings_.topics.empty()) {
    subscribe();
  }
}

mr_status Source::poll(const mr_budget& budget, mr_batch& out) {
  const std::int64_t now = host_.now_ns();
  if (draining_) {
    return MR_END;
  }
  serve(now);
  take_notices();
  const bool answered = take_answered();
  const rd_kafka_message_t* front = arrivals_.front();
  while (front != nullptr && take_front(*front, budget)) {
    front = arrivals_.front();
  }
  if (building_ != nullptr) {
    hand_out(out);
    return MR_OK;
  }
  if (front == nullptr && answered && !arrivals_.has_notice()) {
    serve_at_ns_ = 0; // what came may have made something due
    serve(host_.now_ns());
    host_.wake_at(next_wake_ns(now));
  } else {
    host_.wake();
  }
  return MR_OK;
}

std::int64_t Source::next_wake_ns(std::int64_t now_ns) const {
  std::int64_t at = now_ns + kSecondNs; // also keeps the group from taking us for dead
  if (const std::optional<std::int64_t> due = book_.next_due_ns()) {
    at = std::min(at, *due);
  }
  for (const std::int64_t timer : {assign_at_ns_, give_back_at_ns_}) {
    at = timer != 0 ? std::min(at, timer) : at;
  }
  return std::max(at, now_ns + 1);
}

// ---- records

Source::Partition* Source::partition_of(const rd_kafka_message_t& message) {
  if (message.rkt != last_topic_ || message.partition != last_number_) {
    last_topic_ = message.rkt;
    last_number_ = message.partition;
    last_partition_ =
        message.rkt == nullptr ? nullptr : book_.find(rd_kafka_topic_name(message.rkt), message.partition);
  }
  return last_partition_;
}

// The front of what arrived. False: it is of the next batch, or ended this one. What is of another partition, or an
// error, comes after the batch that is in hand.
bool Source::take_front(const rd_kafka_message_t& message, const mr_budget& budget) {
  Partition* partition = partition_of(message);
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (building_ != nullptr) {
      return false;
    }
    take_partition_error(*arrivals_.take());
    return building_ == nullptr; // the end of a partition: progress only
  }
  if (partition == nullptr || partition->state != Book::State::running || partition->mine.stage != Stage::reading) {
    arrivals_.take(); // of an assignment that is over
    return true;
  }
  const auto offset = static_cast<std::uint64_t>(message.offset);
  if (partition->mine.mark != 0 && !is_verified(*partition, message)) {
    arrivals_.take();
    return true;
  }
  const std::uint64_t expected = partition == building_of_ ? building_next_ : partition->next;
  if (offset < expected) {
    arrivals_.take();
    return true;
  }
  if (building_ != nullptr && (partition != building_of_ || !fits(message, budget))) {
    return false;
  }
  if (building_ == nullptr) {
    building_ = batches_.take();
    building_of_ = partition;
    building_->begin(partition->stream, partition->number, partition->next);
  }
  building_next_ = offset + 1;
  building_->add(arrivals_.take());
  return true;
}

bool Source::fits(const rd_kafka_message_t& message, const mr_budget& budget) const {
  return building_->size() < budget.events &&
         building_->bytes() + message.len + message.key_len + Batch::kEach <= budget.bytes;
}

// The first record after a claim is the one before the start: is it still the same?
bool Source::is_verified(Partition& partition, const rd_kafka_message_t& message) {
  const std::uint64_t wanted = std::exchange(partition.mine.mark, 0);
  if (static_cast<std::uint64_t>(message.offset) + 1 != partition.next) {
    return true; // it was compacted away since, and can no longer be compared
  }
  const std::uint64_t found = mark_of(std::max<std::int64_t>(rd_kafka_message_timestamp(&message, nullptr), 0),
                                      message.key, message.key_len, message.payload, message.len);
  if (found != wanted) {
    stop_reading(partition, "the record before position " + std::to_string(partition.next) +
                                " is not the one that was read there: the topic was deleted and made anew under the "
                                "same name; delete the stored position to read the new one from its start");
  }
  return false; // it was read before
}

void Source::hand_out(mr_batch& out) {
  Partition& partition = *building_of_;
  const std::uint64_t mark = building_->last_mark();
  building_->end(building_next_, mark, host_.now_ns());
  if (const std::int64_t last = building_->last_time_us(); last != 0) {
    partition.mine.read_time = last;
    partition.mine.unread_time =
        partition.mine.unread_time == 0 ? building_->first_time_us() : partition.mine.unread_time;
  }
  const mr_range& covers = building_->covers();
  metrics_.records.add(static_cast<double>(building_->size()));
  metrics_.holes.add(static_cast<double>(covers.next - covers.first - building_->size()));
  const std::uint64_t id = book_.hand_out(partition, building_next_, mark);
  out = batches_.keep(id, std::move(building_)).as_batch(id);
  building_of_ = nullptr;
}

// A new assignment fetches again what was read and not handed out.
void Source::drop_ahead() {
  arrivals_.drop_records();
  last_topic_ = nullptr;
  last_partition_ = nullptr;
}

void Source::settle(std::uint64_t batch, std::span<const mr_verdict> verdicts) {
  const Book::Result result = book_.settle(batch, worst(verdicts), host_.now_ns());
  if (result.settled == Book::Settled::stopped) {
    const auto bad = std::ranges::find_if(
        verdicts, [](const mr_verdict& v) { return v.outcome == MR_REJECTED_EVENT || v.outcome == MR_FAILED; });
    const auto at = static_cast<std::size_t>(bad - verdicts.begin());
    const Batch* kept = batches_.find(batch);
    const std::uint64_t position = kept == nullptr || bad == verdicts.end() ? result.partition->settled
                                                                            : kept->as_batch(batch).events[at].position;
    const std::string why = bad == verdicts.end() || bad->reason == nullptr ? "" : ": " + copy(bad->reason->text);
    stop_reading(*result.partition, "the event at position " + std::to_string(position) +
                                        " can be neither delivered nor dead-lettered" + why);
  } else if (result.settled == Book::Settled::again) {
    serve_at_ns_ = 0;
    host_.wake();
  }
  batches_.settle(batch);
}

// ---- what is no record

void Source::take_notices() {
  while (const std::optional<Notice> notice = arrivals_.notice()) {
    switch (notice->kind) {
      case Notice::Kind::rebalance:
        take_rebalance(*notice);
        break;
      case Notice::Kind::error:
        take_error(*notice);
        break;
    }
  }
}

// True: all that there were.
bool Source::take_answered() {
  for (int i = 0; i < kAnswers; ++i) {
    const kafka_client::Event event(rd_kafka_queue_poll(answers_.get(), 0));
    if (event == nullptr) {
      return true;
    }
    take_event(event.get());
  }
  return false;
}

void Source::take_event(rd_kafka_event_t* event) {
  switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_OFFSET_COMMIT:
      return take_commit(event);
    case RD_KAFKA_EVENT_LISTOFFSETS_RESULT:
    case RD_KAFKA_EVENT_LISTCONSUMERGROUPOFFSETS_RESULT:
      return take_answers(event);
    case RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT:
      return retention_->take(event, host_.now_ns());
    default:
      return;
  }
}

void Source::take_error(const Notice& notice) {
  if (notice.error == RD_KAFKA_RESP_ERR__FATAL) {
    throw fatal("Kafka: " + notice.text, notice.error);
  }
  host_.warn("Kafka: " + notice.text, {{"code", rd_kafka_err2name(notice.error)}});
}

// Of a partition, or of a topic or the group.
void Source::take_partition_error(const rd_kafka_message_t& message) {
  Partition* partition = partition_of(message);
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    if (partition != nullptr && partition->state == Book::State::running && partition->mine.stage == Stage::reading) {
      take_end(*partition, message.offset);
    }
    return;
  }
  const std::string text = rd_kafka_message_errstr(&message);
  if (message.err == RD_KAFKA_RESP_ERR__FATAL) {
    throw fatal("Kafka: " + text, message.err);
  }
  if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET && partition != nullptr) {
    return stop_reading(*partition,
                        "the log does not have position " + std::to_string(partition->next) + " any more: " + text);
  }
  host_.warn("Kafka: " + text, {{"code", rd_kafka_err2name(message.err)},
                                {"topic", message.rkt == nullptr ? "" : rd_kafka_topic_name(message.rkt)}});
}

// Records that nobody sees lie before the end of the log: of transactions, or compacted away. They are passed over.
void Source::take_end(Partition& partition, std::int64_t end) {
  partition.mine.end = end;
  if (end > 0 && static_cast<std::uint64_t>(end) > partition.next) {
    building_ = batches_.take();
    building_of_ = &partition;
    building_->begin(partition.stream, partition.number, partition.next);
    building_next_ = static_cast<std::uint64_t>(end);
  }
}

// ---- end of life

void Source::drain() {
  draining_ = true;
  drop_ahead();
  host_.wake();
}

void Source::stop() {
  if (client_ == nullptr) {
    return;
  }
  using Clock = std::chrono::steady_clock;
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(10);
  rd_kafka_queue_cb_event_enable(records_.get(), nullptr, nullptr);
  rd_kafka_queue_cb_event_enable(answers_.get(), nullptr, nullptr);
  drop_ahead();
  while (const std::optional<Notice> notice = arrivals_.notice()) {
    if (notice->kind == Notice::Kind::rebalance) {
      rd_kafka_assign(client_.get(), nullptr); // the group waits for an answer
    }
  }
  batches_.clear();
  commit();
  book_.each([](Partition& partition) { leave_figures(partition.mine); });
  for (const Metric* metric : {&metrics_.partitions, &metrics_.stopped, &metrics_.unsettled}) {
    metric->set(0); // the worker may be gone for good, its figures stay on the page
  }
  while (commits_open_ != 0 && Clock::now() < deadline) {
    if (kafka_client::Event event{rd_kafka_queue_poll(answers_.get(), 100)};
        event != nullptr && rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_OFFSET_COMMIT) {
      take_commit(event.get());
    }
  }
  const kafka_client::Error refused(rd_kafka_consumer_close_queue(client_.get(), records_.get()));
  while (refused == nullptr && rd_kafka_consumer_closed(client_.get()) == 0 && Clock::now() < deadline) {
    if (kafka_client::Event event{rd_kafka_queue_poll(records_.get(), 100)};
        event != nullptr && rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_REBALANCE) {
      rd_kafka_assign(client_.get(), nullptr);
    }
  }
  const bool closed = rd_kafka_consumer_closed(client_.get()) != 0;
  lookup_.reset();
  retention_.reset();
  answers_.reset();
  records_.reset();
  if (closed) {
    client_.reset();
  } else { // a group that does not answer must not keep the process from ending
    rd_kafka_destroy_flags(client_.release(), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  }
}

void Source::check(std::span<const mr_target>, std::int64_t deadline_ns, const mr_findings& findings) {
  const auto left = [&] { return std::max(milliseconds((deadline_ns - host_.now_ns()) / 1'000'000), milliseconds(1)); };
  kafka_client::Conf conf = consumer_conf(settings_, host_);
  rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_ERROR);
  const kafka_client::Client client = kafka_client::make_client(RD_KAFKA_CONSUMER, std::move(conf));
  const kafka_client::Queue main(rd_kafka_queue_get_main(client.get()));
  kafka_client::wait_for_broker(client.get(), main.get(), settings_.brokers, left());
  const kafka_client::Metadata metadata = kafka_client::list_topics(client.get(), settings_.brokers, left());
  for (const std::string& topic : named_topics()) {
    if (topic.find('*') == std::string::npos && kafka_client::find_topic(*metadata, topic) == nullptr) {
      const std::string text = "topic '" + topic + "' is not there\nit is read as soon as somebody creates it";
      findings.add(findings.context, MR_LOG_WARN, MR_NO_TARGET, settings_.topics.empty() ? str(topic) : str("topics"),
                   str(text));
    }
  }
}

// ---- figures

void Source::measure(std::int64_t now_ns) {
  const std::optional<std::int64_t> oldest = batches_.oldest_since_ns();
  metrics_.unsettled.set(oldest ? static_cast<double>(now_ns - *oldest) * 1e-9 : 0);
  metrics_.partitions.set(static_cast<double>(book_.size()));
  std::size_t stopped = 0;
  std::set<std::string> topics;
  book_.each([&](Partition& partition) {
    topics.emplace(partition.stream);
    stopped += partition.state == Book::State::stopped ? 1 : 0;
    std::int64_t low = 0;
    std::int64_t high = 0;
    if (rd_kafka_get_watermark_offsets(client_.get(), std::string(partition.stream).c_str(), partition.number, &low,
                                       &high) == RD_KAFKA_RESP_ERR_NO_ERROR &&
        high >= 0) {
      partition.mine.end = std::max(partition.mine.end, high);
    }
    partition.mine.lag.set(
        std::max(0.0, static_cast<double>(partition.mine.end) - static_cast<double>(partition.settled)));
    measure_retention(partition);
  });
  metrics_.stopped.set(static_cast<double>(stopped));
  retention_->look_after(topics, now_ns);
}

// Where it is settled to the end, what is written now will have all of the retention. What is not read yet is no older
// than what was read last, and a partition that stands still keeps what was known of it.
void Source::measure_retention(Partition& partition) {
  Reading& reading = partition.mine;
  const std::int64_t under_way = batches_.oldest_time_us(partition.stream, partition.number);
  const bool reads = partition.state == Book::State::running && reading.stage == Stage::reading;
  const bool at_end = reads && static_cast<std::int64_t>(partition.settled) >= reading.end;
  if (under_way != 0) {
    reading.unread_time = under_way;
  } else if (reads && reading.read_time != 0) {
    reading.unread_time = reading.read_time;
  }
  const std::optional<std::int64_t> retention_ms = retention_->of(partition.stream);
  const std::int64_t now_ms = host_.time_us() / 1000;
  const std::int64_t record_ms = at_end ? now_ms : reading.unread_time / 1000;
  if (!retention_ms || record_ms == 0) {
    if (reading.retention_left) { // it has no limit any more
      reading.retention_left->set(std::numeric_limits<double>::quiet_NaN());
    }
    return;
  }
  if (!reading.retention_left) {
    reading.retention_left =
        host_.gauge("retention_left_seconds", "Until retention may delete a record that is not settled yet.",
                    {{"topic", partition.stream}, {"partition", std::to_string(partition.number)}});
  }
  reading.retention_left->set(seconds_left(*retention_ms, record_ms, now_ms));
}

// The partition is not ours any more; whoever has it now knows.
void Source::leave_figures(Reading& reading) {
  reading.lag.set(0);
  if (reading.retention_left) {
    reading.retention_left->set(std::numeric_limits<double>::quiet_NaN());
  }
}

} // namespace millrace::source_kafka
