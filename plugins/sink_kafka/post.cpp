#include "plugins/sink_kafka/post.hpp"

#include "plugins/kafka_client/cluster.hpp"

#include <millrace/failure.hpp>

#include <algorithm>
#include <array>
#include <random>

namespace millrace::sink_kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint32_t kAttemptFromWhichAlone = 5; // the contract: from the fifth on a sink writes record by record
constexpr std::array<double, 10> kSeconds = {0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30};

// What librdkafka reports for its own giving up: known not to be stored.
bool is_known_not_stored(const rd_kafka_message_t& message) {
  return rd_kafka_message_status(&message) == RD_KAFKA_MSG_STATUS_NOT_PERSISTED;
}

} // namespace

Post::Post(const Settings& settings, const Host& host)
    : settings_(settings), host_(host), salt_(static_cast<std::uint32_t>(std::random_device{}())) {
  metrics_ = {
      host_.counter("kafka_acked_total", "Records that every replica in sync has."),
      host_.counter("kafka_failed_total", "Records whose delivery failed.", {{"status", "not_stored"}}),
      host_.counter("kafka_failed_total", "Records whose delivery failed.", {{"status", "unknown"}}),
      host_.counter("kafka_rejected_total", "Records that Kafka refuses for good."),
      host_.counter("kafka_alone_total", "Records sent again in a batch of their own, as their batch was refused."),
      host_.counter("kafka_producer_rebuilds_total", "Producers made anew after a fatal error."),
      host_.gauge("kafka_in_flight_records", "Records that were sent and are not acknowledged yet."),
      host_.histogram("kafka_ack_seconds", "From a delivery's arrival to its last acknowledgement.", kSeconds),
  };
}

Post::~Post() { stop(milliseconds(0)); }

void Post::start(milliseconds limit) {
  if (many_.producer == nullptr) {
    many_.producer = std::make_unique<Producer>(settings_, false, host_);
    many_.built = Clock::now();
  }
  kafka_client::wait_for_broker(many_.producer->client(), many_.producer->events(), settings_.brokers, limit);
  wakes_ = many_.producer->events();
  thread_ = std::thread([this] { run(); });
}

void Post::bind(std::uint32_t target, std::string topic, Partitioner partitioner) {
  post(Bind{target, std::move(topic), partitioner});
}
void Post::unbind(std::uint32_t target) { post(Unbind{target}); }
void Post::accept(const mr_delivery& delivery) { post(&delivery); }

void Post::hurry() {
  if (in_stop_) {
    post(Stop{Clock::now()});
  }
}

void Post::stop(milliseconds limit) {
  if (thread_.joinable()) {
    in_stop_ = true;
    post(Stop{Clock::now() + limit});
    thread_.join();
  }
}

void Post::post(Command command) {
  const std::lock_guard lock(mutex_);
  commands_.push_back(std::move(command));
  if (wakes_ != nullptr) {
    rd_kafka_queue_yield(wakes_);
  }
  has_commands_.notify_one();
}

void Post::run() {
  try {
    work();
  } catch (const std::exception& error) {
    host_.failed("the thread that sends to Kafka ended: " + std::string(error.what()));
  }
}

void Post::work() {
  for (;;) {
    obey();
    for (Lane* lane : {&many_, &alone_}) {
      build_when_due(*lane);
      send_waiting(*lane);
    }
    if (stopping_ && open_.empty()) {
      break;
    }
    wait_for_work();
    count();
    if (stopping_ && !given_up_ && Clock::now() >= deadline_) {
      give_up();
    }
    for (Lane* lane : {&many_, &alone_}) {
      if (lane->broken && lane->in_flight == 0) {
        mend(*lane);
      }
    }
  }
  count();
  const std::lock_guard lock(mutex_);
  wakes_ = nullptr;
  bindings_.clear(); // topic handles go before their clients
  many_.producer.reset();
  alone_.producer.reset();
}

void Post::count() {
  metrics_.acked.add(static_cast<double>(std::exchange(acked_, 0)));
  metrics_.in_flight.set(static_cast<double>(many_.in_flight + alone_.in_flight));
}

void Post::obey() {
  std::vector<Command> commands;
  {
    const std::lock_guard lock(mutex_);
    commands.swap(commands_);
  }
  for (Command& command : commands) {
    std::visit([this](auto& what) { obey(what); }, command);
  }
}

void Post::obey(Bind& bind) {
  Binding& binding = bindings_[bind.target];
  binding.topic = std::move(bind.topic);
  binding.partitioner = bind.partitioner;
}

void Post::obey(const Unbind& unbind) { bindings_.erase(unbind.target); }

void Post::obey(const Stop& stop) {
  deadline_ = stopping_ ? std::min(deadline_, stop.deadline) : stop.deadline;
  stopping_ = true;
}

void Post::obey(const mr_delivery* delivery) {
  Open& open = open_.emplace_back();
  open.self = std::prev(open_.end());
  open.delivery = delivery;
  open.salt = salt_++;
  open.since_ns = host_.now_ns();
  std::size_t count = 0;
  for (std::size_t part = 0; part < delivery->part_count; ++part) {
    count += delivery->parts[part].count;
  }
  open.records.reserve(count);
  for (std::size_t part = 0; part < delivery->part_count; ++part) {
    open.bindings.push_back(&bindings_.at(delivery->parts[part].target));
    for (std::size_t i = 0; i < delivery->parts[part].count; ++i) {
      open.records.push_back({&open, static_cast<std::uint32_t>(part), static_cast<std::uint32_t>(i)});
    }
  }
  open.left = count;
  if (count == 0) {
    complete(open);
    return;
  }
  Lane& lane = delivery->attempt >= kAttemptFromWhichAlone ? alone_ : many_;
  lane.waiting.push_back({open.records.data(), open.records.data() + count});
}

rd_kafka_topic_t* Post::handle(Lane& lane, Binding& binding) {
  kafka_client::Topic& topic = binding.handles[lane.index];
  if (topic == nullptr) {
    topic = lane.producer->topic(binding.topic);
  }
  return topic.get();
}

void Post::send_waiting(Lane& lane) {
  const Clock::time_point now = Clock::now();
  lane.held_back = {};
  while (!lane.waiting.empty() && lane.producer != nullptr && !lane.broken && !given_up_) {
    if (!lane.bursts.may_send(now)) {
      lane.held_back = now;
      return; // goes on when a burst is acknowledged, or old
    }
    Span& span = lane.waiting.front();
    if (span.next == span.end) {
      lane.waiting.pop_front();
      continue;
    }
    Record& record = *span.next;
    Open& open = *record.open;
    const rd_kafka_resp_err_t error =
        lane.producer->send(handle(lane, *open.bindings[record.part]), open.message(record), &record);
    if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      return; // goes on when a delivery report has made room
    }
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR && lane.producer->is_broken()) {
      found_broken(lane); // the record was not taken and goes to the next producer
      return;
    }
    ++span.next; // before deciding: that may complete the delivery and free its records
    if (span.next == span.end) {
      lane.waiting.pop_front();
    }
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      record.burst = lane.bursts.sent(size_of(open.message(record)), now);
      ++lane.in_flight;
    } else {
      decide(record, error, true); // refused on the spot: it was not in a batch yet
    }
  }
  lane.bursts.pause();
}

void Post::wait_for_work() {
  if (many_.producer == nullptr) {
    std::unique_lock lock(mutex_);
    has_commands_.wait_for(lock, patience(), [this] { return !commands_.empty(); });
  } else {
    serve(many_, alone_.in_flight != 0 ? milliseconds(5) : patience());
  }
  if (alone_.producer != nullptr) {
    serve(alone_, alone_.in_flight != 0 ? milliseconds(5) : milliseconds(0));
  }
}

// How long there may be nothing to do but wait for an event.
milliseconds Post::patience() const {
  Clock::duration wait = seconds(1);
  const Clock::time_point now = Clock::now();
  if (stopping_) {
    wait = given_up_ ? milliseconds(50) : std::min(wait, deadline_ - now);
  }
  for (const Lane* lane : {&many_, &alone_}) {
    if (lane->producer == nullptr && !lane->waiting.empty()) {
      wait = std::min(wait, lane->build_at - now);
    } else if (lane->held_back != Clock::time_point{}) { // as it was then: what is old since lets it go on at once
      wait = std::min(wait, lane->bursts.next_old(lane->held_back) - now);
    }
  }
  return std::max(std::chrono::ceil<milliseconds>(wait), milliseconds(0));
}

void Post::serve(Lane& lane, milliseconds wait) {
  constexpr int kAtOnce = 1'000; // then look for new deliveries
  for (int i = 0; i < kAtOnce; ++i) {
    const kafka_client::Event event = lane.producer->poll(i == 0 ? wait : milliseconds(0));
    if (event == nullptr) {
      return;
    }
    take(lane, event.get());
  }
}

void Post::take(Lane& lane, rd_kafka_event_t* event) {
  switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_DR:
      while (const rd_kafka_message_t* message = rd_kafka_event_message_next(event)) {
        report(lane, *message);
      }
      break;
    case RD_KAFKA_EVENT_ERROR:
      if (rd_kafka_event_error_is_fatal(event) != 0 || rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__FATAL) {
        found_broken(lane);
      } else {
        host_.warn("Kafka: " + std::string(rd_kafka_event_error_string(event)));
      }
      break;
    default:
      break;
  }
}

void Post::report(Lane& lane, const rd_kafka_message_t& message) {
  --lane.in_flight;
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    lane.breaks = 0;
  } else {
    (is_known_not_stored(message) ? metrics_.not_stored : metrics_.maybe_stored).add();
    if (lane.producer->is_broken()) {
      found_broken(lane);
    }
  }
  Record& record = *static_cast<Record*>(message._private);
  lane.bursts.acknowledged(record.burst);
  decide(record, message.err, lane.index == alone_.index);
}

void Post::decide(Record& record, rd_kafka_resp_err_t error, bool was_alone) {
  Open& open = *record.open;
  switch (verdict_of(error, was_alone)) {
    case Verdict::stored:
      ++acked_;
      if (--open.left == 0) {
        complete(open);
      }
      return;
    case Verdict::alone:
      if (!given_up_) {
        metrics_.alone.add();
        alone_.waiting.push_back({&record, &record + 1});
        return;
      }
      return fail(record, MR_RECORD_TRANSIENT, error);
    case Verdict::refused:
      metrics_.rejected.add();
      return fail(record, MR_RECORD_REJECTED, error);
    case Verdict::no_topic:
    case Verdict::forbidden:
      tell(error, record);
      return fail(record, MR_RECORD_TRANSIENT, error);
    case Verdict::later:
      return fail(record, MR_RECORD_TRANSIENT, error);
  }
}

// Once for a delivery: each of its records to that topic fails alike.
void Post::tell(rd_kafka_resp_err_t error, const Record& record) {
  Open& open = *record.open;
  const Told now{open.bindings[record.part], error};
  if (std::ranges::find(open.told, now) == open.told.end()) {
    open.told.push_back(now);
    host_.error(describe(error, now.binding->topic));
  }
}

void Post::fail(Record& record, std::uint32_t outcome, rd_kafka_resp_err_t error) {
  Open& open = *record.open;
  open.failed.push_back({record.part, record.record, outcome, error});
  if (--open.left == 0) {
    complete(open);
  }
}

void Post::complete(Open& open) {
  std::vector<mr_outcome> exceptions;
  std::vector<std::string> texts;
  exceptions.reserve(open.failed.size());
  texts.reserve(open.failed.size()); // the reasons point into them
  for (const Failed& failed : open.failed) {
    mr_outcome& outcome = exceptions.emplace_back();
    outcome.part = failed.part;
    outcome.record = failed.record;
    outcome.outcome = failed.outcome;
    outcome.reason.code = str(rd_kafka_err2name(failed.error));
    outcome.reason.text = str(texts.emplace_back(describe(failed.error, open.bindings[failed.part]->topic)));
  }
  const std::string_view first = texts.empty() ? std::string_view() : std::string_view(texts.front());
  const std::int32_t detail = open.failed.empty() ? 0 : open.failed.front().error;
  const bool none = !open.failed.empty() && open.failed.size() == open.records.size() &&
                    std::ranges::all_of(open.failed, [](const Failed& f) { return f.outcome == MR_RECORD_TRANSIENT; });
  metrics_.ack_seconds.add(static_cast<double>(host_.now_ns() - open.since_ns) * 1e-9);
  const std::uint64_t id = open.delivery->id;
  open_.erase(open.self);
  if (none) {
    host_.complete(id, MR_RECORD_TRANSIENT, {}, first, detail);
  } else {
    host_.complete(id, MR_RECORD_OK, exceptions, first, detail);
  }
}

void Post::build_when_due(Lane& lane) {
  if (lane.producer == nullptr && !lane.waiting.empty() && !given_up_ && Clock::now() >= lane.build_at) {
    build(lane);
  }
}

void Post::build(Lane& lane) {
  try {
    auto producer = std::make_unique<Producer>(settings_, lane.index == alone_.index, host_);
    const std::lock_guard lock(mutex_);
    lane.producer = std::move(producer);
    lane.built = Clock::now();
    if (lane.index == many_.index) {
      wakes_ = lane.producer->events();
    }
  } catch (const std::exception& error) {
    lane.build_at = Clock::now() + seconds(5);
    host_.error("cannot make a Kafka producer: " + std::string(error.what()));
  }
}

// Nothing more can be sent with it. What it has not acknowledged is unknown: reported as such, and sent again by the
// engine with the same event ids.
void Post::found_broken(Lane& lane) {
  if (!lane.broken) {
    lane.broken = true;
    host_.error("the Kafka producer is broken and is made anew: " + lane.producer->why_broken());
    lane.producer->purge();
  }
}

void Post::mend(Lane& lane) {
  constexpr std::uint32_t kMostDoublings = 5;
  for (auto& [target, binding] : bindings_) {
    binding.handles[lane.index].reset();
  }
  {
    const std::lock_guard lock(mutex_);
    if (lane.index == many_.index) {
      wakes_ = nullptr;
    }
  }
  lane.producer.reset();
  lane.broken = false;
  metrics_.rebuilds.add();
  const Clock::time_point now = Clock::now();
  const bool again = lane.breaks++ > 0;
  lane.build_at = again ? now + seconds(1U << std::min(lane.breaks - 2, kMostDoublings)) : now;
}

void Post::give_up() {
  given_up_ = true;
  for (Lane* lane : {&many_, &alone_}) {
    if (lane->producer != nullptr) {
      lane->producer->purge();
    }
    std::deque<Span> waiting;
    waiting.swap(lane->waiting);
    for (const Span& span : waiting) {
      for (Record *record = span.next, *end = span.end; record != end;) {
        Record& now = *record++; // the last one frees them all
        fail(now, MR_RECORD_TRANSIENT, RD_KAFKA_RESP_ERR__PURGE_QUEUE);
      }
    }
  }
}

} // namespace millrace::sink_kafka
