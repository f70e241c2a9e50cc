// Drives a sink: binds targets, writes deliveries of messages or rows, waits for completions.
#pragma once

#include <millrace/ext/positions.h>
#include <millrace/rows.hpp>
#include <millrace/testing/instance.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace millrace::testing {

// A delivery that owns everything it lends. Build it, then pass it to Sink::write; keep it until it is completed.
class Delivery {
 public:
  Delivery() = default;
  Delivery(Delivery&&) = default;
  Delivery& operator=(Delivery&&) = default;
  ~Delivery() {
    for (const std::unique_ptr<ArrowArray>& array : arrays_) {
      if (array->release != nullptr) {
        array->release(array.get());
      }
    }
  }

  // An event that records can come from; partition -1: no log behind it.
  const mr_event* event(std::string payload, const std::string& stream = "test", std::int32_t partition = -1,
                        std::uint64_t position = 0) {
    mr_range& range = *origins_.emplace_back(std::make_unique<mr_range>());
    range.stream = keep(stream);
    range.partition = partition;
    range.first = position;
    range.next = partition < 0 ? position : position + 1;
    mr_event& made = *events_.emplace_back(std::make_unique<mr_event>());
    made.origin = &range;
    made.payload = keep(std::move(payload));
    made.position = position;
    return &made;
  }

  // A message without key when `key` is empty.
  void message(std::uint32_t target, std::string payload, std::string key = {},
               const std::vector<std::pair<std::string, std::string>>& headers = {}) {
    const mr_event* from = event(payload);
    message(target, from, std::move(key), headers);
  }
  void message(std::uint32_t target, const mr_event* from, std::string key = {},
               const std::vector<std::pair<std::string, std::string>>& headers = {}) {
    std::vector<mr_pair>& pairs = *headers_.emplace_back(std::make_unique<std::vector<mr_pair>>());
    for (const auto& [name, value] : headers) {
      pairs.push_back({keep(name), keep(value)});
    }
    mr_message& made = *messages_.emplace_back(std::make_unique<mr_message>());
    made.event = from;
    made.target = target;
    made.header_count = static_cast<std::uint32_t>(pairs.size());
    made.headers = pairs.data();
    made.key = key.empty() ? kAbsent : keep(std::move(key));
    Part& part = part_of(target);
    part.messages.push_back(&made);
    part.events.push_back(from);
  }
  // Rows of one builder as a part of their own; event_of_row[i] is where row i came from.
  void rows(std::uint32_t target, RowBuilder& builder, std::vector<const mr_event*> event_of_row) {
    Part& part = *parts_.emplace_back(std::make_unique<Part>());
    part.target = target;
    part.events = std::move(event_of_row);
    ArrowArray& array = *arrays_.emplace_back(std::make_unique<ArrowArray>());
    builder.finish(array);
    part.rows = &array;
  }
  void range(const std::string& stream, std::int32_t partition, std::uint64_t first, std::uint64_t next,
             std::uint64_t mark = 0) {
    mr_range made{};
    made.stream = keep(stream);
    made.partition = partition;
    made.first = first;
    made.next = next;
    made.mark = mark;
    ranges_.push_back(made);
  }
  void dead(const mr_event* from, std::string code, std::string text) {
    mr_reason& reason = *reasons_.emplace_back(std::make_unique<mr_reason>());
    reason.code = keep(std::move(code));
    reason.text = keep(std::move(text));
    dead_.push_back({from, &reason});
  }

  // What the contract's write takes; valid as long as this object and until it is changed.
  mr_delivery& get(std::uint64_t id, std::uint32_t attempt = 1, std::uint64_t first_id = 0) {
    flat_.clear();
    for (const std::unique_ptr<Part>& part : parts_) {
      mr_part made{};
      made.target = part->target;
      made.messages = part->messages.empty() ? nullptr : part->messages.data();
      made.rows = part->rows;
      made.events = part->events.data();
      made.count = part->events.size();
      flat_.push_back(made);
    }
    delivery_ = {};
    delivery_.id = id;
    delivery_.first_id = first_id == 0 ? id : first_id;
    delivery_.attempt = attempt;
    delivery_.parts = flat_.data();
    delivery_.part_count = flat_.size();
    delivery_.ranges = ranges_.data();
    delivery_.range_count = ranges_.size();
    delivery_.dead = dead_.data();
    delivery_.dead_count = dead_.size();
    return delivery_;
  }

 private:
  struct Part {
    std::uint32_t target = 0;
    std::vector<const mr_message*> messages;
    const ArrowArray* rows = nullptr;
    std::vector<const mr_event*> events;
  };

  Part& part_of(std::uint32_t target) {
    for (const std::unique_ptr<Part>& part : parts_) {
      if (part->target == target && part->rows == nullptr) {
        return *part;
      }
    }
    Part& part = *parts_.emplace_back(std::make_unique<Part>());
    part.target = target;
    return part;
  }
  mr_str keep(std::string text) {
    const std::string& kept = *texts_.emplace_back(std::make_unique<std::string>(std::move(text)));
    return {kept.data(), kept.size()};
  }

  std::deque<std::unique_ptr<std::string>> texts_;
  std::vector<std::unique_ptr<mr_range>> origins_;
  std::vector<std::unique_ptr<mr_event>> events_;
  std::vector<std::unique_ptr<mr_message>> messages_;
  std::vector<std::unique_ptr<std::vector<mr_pair>>> headers_;
  std::vector<std::unique_ptr<mr_reason>> reasons_;
  std::vector<std::unique_ptr<ArrowArray>> arrays_;
  std::vector<std::unique_ptr<Part>> parts_;
  std::vector<mr_part> flat_;
  std::vector<mr_range> ranges_;
  std::vector<mr_dead> dead_;
  mr_delivery delivery_{};
};

class Sink : public Instance {
 public:
  Sink(const mr_plugin& plugin, const std::vector<Setting>& settings) : Instance(plugin, settings) {}

  // Throws CallFailed when the sink refuses.
  void bind(std::uint32_t id, const mr_target& target) {
    mr_error error{};
    const mr_status status = plugin().sink->bind(self(), id, &target, &error);
    if (status != MR_OK) {
      throw CallFailed("bind", status, error);
    }
  }
  void bind(std::uint32_t id, const std::string& name,
            const std::vector<std::pair<std::string, std::string>>& properties = {}) {
    mr_target target{};
    target.name = str(name);
    target.form = MR_MESSAGES;
    std::vector<mr_pair> pairs;
    for (const auto& [key, value] : properties) {
      pairs.push_back({str(key), str(value)});
    }
    target.properties = pairs.data();
    target.property_count = pairs.size();
    bind(id, target);
  }
  void unbind(std::uint32_t id) { plugin().sink->unbind(self(), id); }

  // Only hands it over. Throws CallFailed when write does not answer MR_OK.
  void offer(const mr_delivery& delivery) {
    host().opened(delivery.id);
    mr_error error{};
    const mr_status status = plugin().sink->write(self(), &delivery, &error);
    if (status != MR_OK) {
      host().refused(delivery.id);
      throw CallFailed("write", status, error);
    }
  }
  // Hands it over and waits for its completion.
  Completion write(const mr_delivery& delivery) {
    offer(delivery);
    const std::optional<Completion> done = host().wait_complete(delivery.id);
    if (!done) {
      throw std::runtime_error("delivery " + std::to_string(delivery.id) + " was never completed");
    }
    return *done;
  }

  // positions/1
  mr_position claim(const std::string& stream, std::int32_t partition, mr_position if_new = {}) {
    mr_position out{};
    mr_error error{};
    const mr_status status = positions().claim(self(), str(stream), partition, &if_new, &out, &error);
    if (status != MR_OK) {
      throw CallFailed("claim", status, error);
    }
    return out;
  }
  void release(const std::string& stream, std::int32_t partition) {
    positions().release(self(), str(stream), partition);
  }
  void still() {
    mr_error error{};
    const mr_status status = positions().still(self(), &error);
    if (status != MR_OK) {
      throw CallFailed("still", status, error);
    }
  }

 private:
  const mr_sink_positions& positions() const {
    const auto* calls = extension<mr_sink_positions>(MR_POSITIONS);
    if (calls == nullptr) {
      throw std::runtime_error("the sink does not have " MR_POSITIONS);
    }
    return *calls;
  }
};

} // namespace millrace::testing
