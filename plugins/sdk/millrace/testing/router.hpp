// Drives a router: feeds events, collects messages, rows and rejected events, and checks what may not be emitted
// together.
#pragma once

#include <millrace/rows.hpp>
#include <millrace/testing/instance.hpp>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace millrace::testing {

struct RoutedMessage {
  const mr_event* event = nullptr;
  std::uint32_t target = 0;
  bool has_key = false;
  std::string key, partition_by, payload; // partition_by is empty where the key decides
  std::vector<std::pair<std::string, std::string>> headers;
};

struct RejectedEvent {
  const mr_event* event = nullptr;
  std::uint32_t dead_letter = 0;
  std::string code, text, rule, path, ruleset;
};

struct RoutedRows {
  std::uint32_t target = 0;
  ArrowArray array{};
  std::vector<const mr_event*> events;
};

// What one route call emitted. Owns the rows.
struct Routed {
  Routed() = default;
  Routed(Routed&&) = default;
  Routed& operator=(Routed&&) = delete;
  ~Routed() {
    for (const std::unique_ptr<RoutedRows>& part : rows) {
      if (part->array.release != nullptr) {
        part->array.release(&part->array);
      }
    }
  }
  mr_status status = MR_OK;
  std::string error;
  std::vector<RoutedMessage> messages;
  std::vector<RejectedEvent> rejected;
  std::vector<std::unique_ptr<RoutedRows>> rows;
  std::vector<std::unique_ptr<char[]>> memory;
};

class Router : public Instance {
 public:
  Router(const mr_plugin& plugin, const std::vector<Setting>& settings) : Instance(plugin, settings) {}

  // Events made here stay valid as long as the router driver.
  const mr_event* event(std::string payload, const std::string& stream = "http", std::int32_t partition = -1,
                        std::uint64_t position = 0) {
    Made& made = *made_.emplace_back(std::make_unique<Made>());
    made.payload = std::move(payload);
    made.payload.resize(made.payload.size() + MR_PADDING); // so that MR_PADDED holds
    made.stream = stream;
    made.range.stream = str(made.stream);
    made.range.partition = partition;
    made.range.first = position;
    made.range.next = position + 1;
    made.event.origin = &made.range;
    made.event.payload = {made.payload.data(), made.payload.size() - MR_PADDING};
    made.event.flags = MR_PADDED;
    made.event.position = position;
    made.event.time_us = 1'700'000'000'000'000;
    return &made.event;
  }

  Routed route(const std::vector<const mr_event*>& events) {
    Routed out;
    Call call{out, host().violations(), {}, {}};
    const mr_emit emit{
        &call,
        [](void* context, std::size_t bytes) -> void* {
          auto& memory = static_cast<Call*>(context)->out.memory;
          memory.push_back(std::make_unique<char[]>(bytes + 16));
          return memory.back().get();
        },
        [](void* context, const mr_message* messages, std::size_t count) -> mr_status {
          for (const mr_message& message : std::span(messages, count)) {
            static_cast<Call*>(context)->message(message);
          }
          return MR_OK;
        },
        [](void* context, std::uint32_t target, ArrowArray* array, const mr_event* const* events_of, std::size_t count,
           std::size_t) -> mr_status {
          static_cast<Call*>(context)->rows(target, array, {events_of, count});
          return MR_OK;
        },
        [](void* context, const mr_event* event, std::uint32_t dead_letter, const mr_reason* reason) -> mr_status {
          static_cast<Call*>(context)->reject(event, dead_letter, *reason);
          return MR_OK;
        }};
    mr_error error{};
    out.status = plugin().router->route(self(), events.data(), events.size(), &emit, &error);
    out.error = error.text;
    return out;
  }

 private:
  struct Made {
    std::string payload, stream;
    mr_range range{};
    mr_event event{};
  };
  struct Call {
    Routed& out;
    Violations& violations;
    std::set<const mr_event*> emitted;
    std::set<const mr_event*> rejected;

    void message(const mr_message& message) {
      RoutedMessage kept;
      kept.event = message.event;
      kept.target = message.target;
      kept.has_key = present(message.key);
      kept.key = copy(message.key);
      kept.partition_by = copy(message.partition_by);
      kept.payload = copy(present(message.payload) ? message.payload : message.event->payload);
      for (const mr_pair& header : std::span(message.headers, message.header_count)) {
        kept.headers.emplace_back(copy(header.key), copy(header.value));
      }
      emit(message.event);
      out.messages.push_back(std::move(kept));
    }
    void rows(std::uint32_t target, ArrowArray* array, std::span<const mr_event* const> events) {
      if (static_cast<std::size_t>(array->length) != events.size()) {
        violations.add("rows: " + std::to_string(array->length) + " rows for " + std::to_string(events.size()) +
                       " events");
      }
      auto kept = std::make_unique<RoutedRows>();
      kept->target = target;
      kept->array = *array;
      array->release = nullptr;
      kept->events.assign(events.begin(), events.end());
      for (const mr_event* event : events) {
        emit(event);
      }
      out.rows.push_back(std::move(kept));
    }
    void reject(const mr_event* event, std::uint32_t dead_letter, const mr_reason& reason) {
      if (emitted.contains(event)) {
        violations.add("an event was emitted and then rejected");
      }
      rejected.insert(event);
      out.rejected.push_back({event, dead_letter, copy(reason.code), copy(reason.text), copy(reason.rule),
                              copy(reason.path), copy(reason.ruleset)});
    }
    void emit(const mr_event* event) {
      if (rejected.contains(event)) {
        violations.add("an event was rejected and then emitted");
      }
      emitted.insert(event);
    }
  };

  std::vector<std::unique_ptr<Made>> made_;
};

} // namespace millrace::testing
