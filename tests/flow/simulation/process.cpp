// See process.hpp.
#include "tests/flow/simulation/process.hpp"

#include <algorithm>
#include <utility>

namespace millrace::sim {

flow::Instance Process::instance(const mr_plugin* plugin, void* self, std::string name,
                                 std::shared_ptr<flow::Port> port) {
  flow::Instance out;
  out.plugin = plugin;
  out.self = self;
  out.name = std::move(name);
  out.port = std::move(port);
  return out;
}

std::shared_ptr<Wire> Process::wire(bool may_hang) {
  wires_.push_back(std::make_shared<Wire>(world_, alive_, may_hang));
  return wires_.back();
}

// Any kind of plugin may have a thread of its own.
void Process::sometimes_blocks(flow::Instance& instance) {
  if (world_.chance(20)) {
    instance.lane = std::make_unique<SimLane>(wire(false));
  }
}

flow::Instance Process::store() {
  const bool ordered = world_.chance(50);
  auto port = inbox_->open_port();
  stores_.push_back(std::make_shared<StoreSink>(world_, port, alive_, ordered));
  plugins_.push_back(stores_.back());
  return instance(fake::sink_plugin(false, ordered), static_cast<fake::Sink*>(stores_.back().get()), "sink.store",
                  port);
}

flow::Instance Process::database() {
  auto port = inbox_->open_port();
  const auto sink = std::make_shared<DatabaseSink>(world_, outside_.database, port, wire(true));
  plugins_.push_back(sink);
  flow::Instance out =
      instance(fake::sink_plugin(true, false), static_cast<fake::Sink*>(sink.get()), "sink.database", port);
  out.lane = std::make_unique<SimLane>(wires_.back());
  return out;
}

flow::Instance Process::router() {
  auto port = inbox_->open_port();
  const auto made = std::make_shared<Router>(world_, port);
  plugins_.push_back(made);
  flow::Instance out = instance(fake::router_plugin(), static_cast<fake::Router*>(made.get()), "router.rules", port);
  sometimes_blocks(out);
  return out;
}

flow::WorkerSettings Process::settings() {
  flow::WorkerSettings out;
  out.max_events = static_cast<std::uint64_t>(world_.between(10, 80));
  out.max_bytes = static_cast<std::uint64_t>(world_.between(2'000, 40'000));
  out.route_events = static_cast<std::uint64_t>(world_.between(4, 40));
  out.write_deadline_ns = 2 * kSecond;
  out.release_deadline_ns = kSecond;
  out.interrupt_every_ns = 50 * kMilli;
  out.still_every_ns = 500 * kMilli;
  out.retry = {5 * kMilli, 300 * kMilli};
  out.moved = {20 * kMilli, kSecond};
  out.seed = world_.below(UINT64_MAX);
  return out;
}

flow::SinkSettings Process::sink_settings() {
  flow::SinkSettings out;
  out.max_events = static_cast<std::uint64_t>(world_.between(1, 40));
  out.max_age_ns = world_.chance(30) ? world_.between(kMilli, 10 * kMilli) : 0;
  return out;
}

void Process::start() {
  alive_ = std::make_shared<bool>(true);
  next_step_ = world_.now();
  inbox_ = std::make_shared<flow::Inbox>([this, alive = alive_] {
    if (*alive) {
      next_step_ = std::min(next_step_, world_.now() + world_.between(0, 200 * kMicro));
    }
  });
  flow::WorkerParts parts;
  auto port = inbox_->open_port();
  if (world_.has_log()) {
    log_source_ = std::make_shared<LogSource>(world_, outside_.log, port);
    plugins_.push_back(log_source_);
    parts.source =
        instance(fake::source_plugin(true), static_cast<fake::Source*>(log_source_.get()), "source.log", port);
  } else {
    http_source_ = std::make_shared<HttpSource>(world_, outside_.clients, port);
    plugins_.push_back(http_source_);
    parts.source =
        instance(fake::source_plugin(false), static_cast<fake::Source*>(http_source_.get()), "source.http", port);
  }
  sometimes_blocks(parts.source);
  parts.router = router();
  if (world_.has_store()) {
    parts.sinks.push_back({"store", store(), sink_settings()});
  }
  if (world_.has_database()) {
    parts.sinks.push_back({"database", database(), sink_settings()});
  }
  if (parts.sinks.size() == 2 && world_.chance(50)) {
    std::swap(parts.sinks[0], parts.sinks[1]); // their order in the pipeline says nothing
  }
  is_store_.clear();
  for (const flow::SinkParts& sink : parts.sinks) {
    is_store_.push_back(sink.name == "store");
  }
  worker_ = std::make_unique<flow::Worker>(inbox_, std::move(parts), settings(), *this);
  replacing_ = false;
  world_.tell(name_ + " starts");
}

void Process::crash() {
  if (!worker_) {
    return;
  }
  for (const auto& wire : wires_) {
    wire->crash();
  }
  for (const auto& sink : stores_) {
    sink->crash();
  }
  *alive_ = false;
  wires_.clear();
  stores_.clear();
  worker_.reset();
  if (log_source_) {
    outside_.log.leave(*log_source_);
  }
  if (http_source_) {
    http_source_->crash();
  }
  log_source_.reset();
  http_source_.reset();
  next_step_ = INT64_MAX;
  world_.tell(name_ + " is gone");
}

std::int64_t Process::next_step() const {
  return next_step_ == INT64_MAX ? INT64_MAX : std::max(next_step_, paused_until_);
}

void Process::step() {
  next_step_ = INT64_MAX;
  const std::int64_t next = worker_->step(world_.now());
  if (next != flow::kNever) {
    next_step_ = std::min(next_step_, std::max(next, world_.now() + kMicro));
  }
}

void Process::swap_router() {
  world_.tell(name_ + " gets a new router");
  worker_->swap_router(router(), [this](std::string_view error) {
    if (!error.empty()) {
      world_.tell(name_ + ": router not swapped: " + std::string(error));
    }
  });
}

void Process::swap_sink() { swap_sink(world_.below(worker_->counters().sinks.size())); }

void Process::swap_sink(std::size_t sink) {
  if (std::exchange(replacing_, true)) {
    world_.in(50 * kMilli, [this, sink, alive = alive_] {
      if (*alive) {
        swap_sink(sink);
      }
    });
    return;
  }
  world_.tell(name_ + " gets a new sink " + std::to_string(sink));
  flow::Instance next = is_store_[sink] ? store() : database();
  worker_->swap_sink(sink, std::move(next), world_.now() + 200 * kMilli, [this](std::string_view error) {
    replacing_ = false;
    if (!error.empty()) {
      world_.tell(name_ + ": sink not swapped: " + std::string(error));
    }
  });
}

void Process::wake() {
  if (log_source_) {
    log_source_->wake();
  }
  if (http_source_) {
    http_source_->wake();
  }
}

std::string Process::state() const {
  if (!worker_) {
    return name_ + " is down";
  }
  const flow::WorkerCounters& counters = worker_->counters();
  std::string out = name_ + ": state " + std::to_string(static_cast<int>(worker_->state())) + ", in flight " +
                    std::to_string(counters.events_in_flight.get()) + " events " +
                    std::to_string(counters.bytes_in_flight.get()) + " bytes, partitions " +
                    std::to_string(counters.partitions.get()) + ", next step in " +
                    std::to_string(next_step_ == INT64_MAX ? -1 : (next_step_ - world_.now()) / kMicro) + "us";
  for (const flow::SinkCounters& sink : counters.sinks) {
    out += "; sink open " + std::to_string(sink.open.get()) + " waiting " + std::to_string(sink.waiting.get()) +
           " held " + std::to_string(sink.held.get());
  }
  return out;
}

void Process::check_empty() {
  const flow::WorkerCounters& counters = worker_->counters();
  if (counters.events_in_flight.get() != 0 || counters.bytes_in_flight.get() != 0) {
    world_.fail(name_ + " has credit out, but nothing in flight");
  }
  if (counters.batches_in.get() != counters.batches_settled.get()) {
    world_.fail(name_ + " took " + std::to_string(counters.batches_in.get()) + " batches and settled " +
                std::to_string(counters.batches_settled.get()));
  }
}

void Process::log(std::uint32_t, std::string_view instance, std::string_view text) {
  if (world_.tells()) {
    world_.tell(name_ + " " + std::string(instance) + ": " + std::string(text));
  }
}

void Process::violation(std::string_view instance, std::string_view text) {
  world_.tell(name_ + " blames " + std::string(instance) + ": " + std::string(text));
  if (text.find("that does not join") == std::string_view::npos) {
    world_.fail("blamed " + std::string(instance) + ": " + std::string(text));
  }
}

void Process::broken(flow::Role role, std::size_t sink, std::string_view instance, std::string_view text) {
  world_.tell(name_ + " " + std::string(instance) + " is broken: " + std::string(text));
  if (role != flow::Role::kSink) {
    world_.fail(std::string(instance) + " is said to be broken: " + std::string(text));
    return;
  }
  world_.in(world_.between(0, 100 * kMilli), [this, sink, alive = alive_] {
    if (*alive) {
      swap_sink(sink);
    }
  });
}

} // namespace millrace::sim
