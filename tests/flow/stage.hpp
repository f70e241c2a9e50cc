// A worker on a clock that stands still, with plugins that do what a test tells them. Nothing happens but by run() and
// pass().
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/flow/worker.hpp"
#include "tests/flow/fake_plugin.hpp"

namespace millrace::flow {

// A lane that keeps its call until the test runs it.
class HeldLane final : public Lane {
 public:
  explicit HeldLane(std::function<void()>& call) : call_(call) {}
  void run(std::function<void()> call) override { call_ = std::move(call); }

 private:
  std::function<void()>& call_;
};

// Events are their payload: "a1" goes to sink "a"; several targets stand side by side: "a1 b1". "-" is filtered, "!" is
// rejected.
class ScriptedSource final : public fake::Source {
 public:
  struct Given {
    mr_range covers{};
    std::vector<std::string> payloads;
    std::vector<mr_event> events;
  };

  mr_status poll(const mr_budget&, mr_batch& out, mr_error*) override {
    ++polls;
    if (next.empty()) {
      return draining || exhausted ? MR_END : MR_OK;
    }
    const auto given = next.front();
    next.pop_front();
    out = {++last_id, &given->covers, given->events.data(), given->events.size()};
    lent[last_id] = given;
    return MR_OK;
  }
  void settle(std::uint64_t batch, const mr_verdict* verdicts, std::size_t count) override {
    std::string text = std::to_string(batch) + ":";
    for (std::size_t i = 0; i < count; ++i) {
      text += std::to_string(verdicts[i].outcome);
      if (verdicts[i].reason) {
        text += "(" + std::string(fake::view(verdicts[i].reason->code)) + ")";
      }
    }
    calls.push_back(text);
    lent.erase(batch);
  }
  void start_at(std::string_view, std::int32_t partition, std::uint64_t position, std::uint64_t) override {
    calls.push_back("start " + std::to_string(partition) + "@" + std::to_string(position));
  }
  void moved(std::string_view, std::int32_t partition) override {
    calls.push_back("moved " + std::to_string(partition));
  }
  void released(std::string_view, std::int32_t partition) override {
    calls.push_back("released " + std::to_string(partition));
  }
  void drain() override { draining = true; }
  void stop() override { calls.push_back("stop"); }

  // partition -1: no log behind it.
  void give(std::vector<std::string> payloads, std::int32_t partition = -1, std::uint64_t first = 0) {
    const auto given = std::make_shared<Given>();
    given->payloads = std::move(payloads);
    given->covers = {fake::str("s"), partition, 0, first, partition < 0 ? 0 : first + given->payloads.size(), 0};
    for (std::size_t i = 0; i < given->payloads.size(); ++i) {
      mr_event event{};
      event.origin = &given->covers;
      event.payload = fake::str(given->payloads[i]);
      event.position = partition < 0 ? 0 : first + i;
      given->events.push_back(event);
    }
    next.push_back(given);
  }
  std::vector<std::string> take_calls() { return std::exchange(calls, {}); }

  std::deque<std::shared_ptr<Given>> next;
  std::map<std::uint64_t, std::shared_ptr<Given>> lent;
  std::vector<std::string> calls;
  std::uint64_t last_id = 0;
  int polls = 0;
  bool draining = false;
  bool exhausted = false;
};

class ScriptedRouter final : public fake::Router {
 public:
  mr_status route(const mr_event* const* events, std::size_t count, const mr_emit& emit, mr_error* error) override {
    sizes.push_back(count);
    for (std::size_t i = 0; i < count; ++i) {
      const std::string_view payload = fake::view(events[i]->payload);
      if (payload == "!" || payload == "?") { // to where the pipeline has it, or to sink a's target for them
        const mr_reason reason{fake::str("E1"), fake::str("no"), {}, {}, {}};
        emit.reject(emit.context, events[i], payload == "!" ? 0 : 3, &reason);
      }
      for (const char sink : {'a', 'b'}) {
        if (payload.find(sink) == std::string_view::npos) {
          continue;
        }
        mr_message message{};
        message.event = events[i];
        message.target = sink == 'a' ? 1 : 2;
        emit.messages(emit.context, &message, 1);
      }
    }
    if (!answers.empty()) {
      const mr_status answer = answers.front();
      answers.pop_front();
      return answer == MR_OK ? MR_OK : fake::failure(error, answer, "router says no");
    }
    return MR_OK;
  }
  void stop() override { stopped = true; }
  void destroy() override { destroyed = true; }

  std::vector<std::size_t> sizes;
  std::deque<mr_status> answers;
  bool stopped = false;
  bool destroyed = false;
};

// Accepts every write and keeps it until the test completes it, unless a script says otherwise.
class ScriptedSink final : public fake::Sink {
 public:
  mr_status start(mr_error* error) override { return next_of(starts, error); }
  mr_status bind(std::uint32_t id, const mr_target&, mr_error* error) override {
    log.push_back("bind " + std::to_string(id));
    return next_of(binds, error);
  }
  void unbind(std::uint32_t id) override { log.push_back("unbind " + std::to_string(id)); }
  mr_status write(const mr_delivery& delivery, mr_error* error) override {
    log.push_back(text_of(delivery));
    last = &delivery;
    const mr_status status = next_of(writes, error);
    if (status == MR_OK) {
      open.push_back(delivery.id);
      if (at_once) {
        complete(delivery.id, MR_RECORD_OK);
      }
    }
    return status;
  }
  std::uint32_t max_in_flight() override { return most; }
  mr_status claim(std::string_view, std::int32_t partition, const mr_position& if_new, mr_position& out,
                  mr_error* error) override {
    log.push_back("claim " + std::to_string(partition));
    out = positions.count(partition) ? mr_position{positions[partition], 0} : if_new;
    return next_of(claims, error);
  }
  void release(std::string_view, std::int32_t partition) override {
    log.push_back("release " + std::to_string(partition));
  }
  mr_status still(mr_error* error) override {
    log.push_back("still");
    return next_of(stills, error);
  }
  void interrupt() override { ++interrupts; }
  void drain() override { log.push_back("drain"); }
  void stop() override {
    log.push_back("stop");
    for (const std::uint64_t id : std::vector(open)) {
      complete(id, MR_RECORD_TRANSIENT);
    }
  }
  void destroy() override { log.push_back("destroy"); }

  void complete(std::uint64_t id, std::uint32_t rest, std::vector<mr_outcome> outcomes = {}) {
    std::erase(open, id);
    port->complete(id, rest, outcomes.data(), outcomes.size(), nullptr);
  }
  std::vector<std::string> take_log() { return std::exchange(log, {}); }

  // "write 3/1#2 1(a1,a2) [0:5-7] dead 1": delivery 3, first 1, attempt 2; parts by target, ranges, dead letters.
  static std::string text_of(const mr_delivery& delivery) {
    std::string out = "write " + std::to_string(delivery.id);
    if (delivery.attempt > 1) {
      out += "/" + std::to_string(delivery.first_id) + "#" + std::to_string(delivery.attempt);
    }
    for (std::size_t p = 0; p < delivery.part_count; ++p) {
      const mr_part& part = delivery.parts[p];
      out += " " + std::to_string(part.target) + "(";
      for (std::size_t i = 0; i < part.count; ++i) {
        out += (i ? "," : "") + std::string(fake::view(part.events[i]->payload));
      }
      out += ")";
    }
    for (std::size_t r = 0; r < delivery.range_count; ++r) {
      const mr_range& range = delivery.ranges[r];
      out += " [" + std::to_string(range.partition) + ":" + std::to_string(range.first) + "-" +
             std::to_string(range.next) + "]";
    }
    if (delivery.dead_count > 0) {
      out += " dead " + std::to_string(delivery.dead_count);
    }
    return out;
  }

  std::shared_ptr<Port> port;
  std::deque<mr_status> starts, binds, writes, claims, stills;
  std::vector<std::uint64_t> open;
  std::vector<std::string> log;
  std::map<std::int32_t, std::uint64_t> positions;
  const mr_delivery* last = nullptr;
  std::uint32_t most = 1;
  int interrupts = 0;
  bool at_once = false;

 private:
  static mr_status next_of(std::deque<mr_status>& script, mr_error* error) {
    if (script.empty()) {
      return MR_OK;
    }
    const mr_status status = script.front();
    script.pop_front();
    return status == MR_OK ? MR_OK : fake::failure(error, status, "as told");
  }
};

struct StageOptions {
  bool source_on_lane = false;
  bool claims = false; // the source has claims/1
  bool b_stores_positions = false;
  bool a_ordered = false;
  bool two_sinks = false;
  bool dead_letters = true; // sink a has a target for them
  WorkerSettings settings{};
  SinkSettings sink{};
};

class Stage : public Watcher {
 public:
  using Options = StageOptions;

  explicit Stage(Options with = {}) : options(with) {
    source.port = inbox->open_port();
    WorkerParts parts;
    parts.source = instance(fake::source_plugin(options.claims), static_cast<fake::Source*>(&source.plugin), "source.s",
                            source.port);
    if (options.source_on_lane) {
      parts.source.lane = std::make_unique<HeldLane>(source_call_);
    }
    parts.router = router_instance(router);
    parts.sinks.push_back({"a", sink_instance(a, false, options.a_ordered, "sink.a"), options.sink});
    if (options.two_sinks) {
      parts.sinks.push_back({"b", sink_instance(b, options.b_stores_positions, false, "sink.b"), options.sink});
    }
    worker = std::make_unique<Worker>(inbox, std::move(parts), options.settings, *this);
  }

  static Instance instance(const mr_plugin* plugin, void* self, std::string name, std::shared_ptr<Port> port) {
    Instance out;
    out.plugin = plugin;
    out.self = self;
    out.name = std::move(name);
    out.port = std::move(port);
    return out;
  }
  Instance router_instance(ScriptedRouter& which) {
    const auto port = inbox->open_port();
    port->named(1, targets[1]);
    if (options.two_sinks) {
      port->named(2, targets[2]);
    }
    if (options.dead_letters) {
      port->named(3, targets[3]);
    }
    return instance(fake::router_plugin(), static_cast<fake::Router*>(&which), "router.r", port);
  }
  Instance sink_instance(ScriptedSink& which, bool positions, bool ordered, std::string name) {
    which.port = inbox->open_port();
    return instance(fake::sink_plugin(positions, ordered), static_cast<fake::Sink*>(&which), std::move(name),
                    which.port);
  }

  // Until nothing is to be done at this moment.
  void run() {
    for (int i = 0; i < 100; ++i) {
      next = worker->step(now);
      if (next > now) {
        return;
      }
    }
    ADD_FAILURE() << "the worker never rests";
  }
  // Time passes, from one thing that is due to the next.
  void pass(std::int64_t wait) {
    const std::int64_t end = now + wait;
    run();
    while (next <= end) {
      now = std::max(now, next);
      run();
    }
    now = end;
    run();
  }
  void give(std::vector<std::string> payloads, std::int32_t partition = -1, std::uint64_t first = 0) {
    source.plugin.give(std::move(payloads), partition, first);
    source.port->wake(0);
  }
  void finish_source_call() {
    if (const std::function<void()> call = std::exchange(source_call_, nullptr)) {
      call();
    }
  }
  void claim(std::int32_t partition, std::uint64_t own = 0) { source.port->claim(fake::str("s"), partition, own, 0); }
  void release(std::int32_t partition, bool lost = false) { source.port->release(fake::str("s"), partition, lost); }

  void violation(std::string_view name, std::string_view text) override {
    violations.push_back(std::string(name) + ": " + std::string(text));
  }
  void broken(Role, std::size_t, std::string_view name, std::string_view text) override {
    broke.push_back(std::string(name) + ": " + std::string(text));
  }

  struct {
    std::shared_ptr<Port> port;
    ScriptedSource plugin;
  } source;
  Options options;
  const mr_target targets[4] = {{},
                                {fake::str("a"), fake::str("one"), MR_MESSAGES, 0, nullptr, 0, nullptr},
                                {fake::str("b"), fake::str("two"), MR_MESSAGES, 0, nullptr, 0, nullptr},
                                {fake::str("a"), fake::str("dead"), MR_MESSAGES, MR_DEAD_LETTER, nullptr, 0, nullptr}};
  std::shared_ptr<Inbox> inbox = std::make_shared<Inbox>([] {});
  ScriptedRouter router;
  ScriptedSink a, b;
  std::vector<std::string> violations;
  std::vector<std::string> broke;
  std::int64_t now = 1;
  std::int64_t next = 0;

 private:
  std::function<void()> source_call_;

 public:
  std::unique_ptr<Worker> worker; // goes first
};

} // namespace millrace::flow
