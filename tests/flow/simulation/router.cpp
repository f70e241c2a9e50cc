// See plugins.hpp.
#include "tests/flow/simulation/plugins.hpp"

#include <algorithm>
#include <utility>

namespace millrace::sim {

namespace {

const mr_target& target(std::uint32_t id) {
  static const mr_target kTargets[] = {
      {},
      {fake::str("store"), fake::str("clicks"), MR_MESSAGES, 0, nullptr, 0, nullptr},
      {fake::str("store"), fake::str("dead"), MR_MESSAGES, MR_DEAD_LETTER, nullptr, 0, nullptr},
      {fake::str("database"), fake::str("clicks"), MR_ROWS, 0, nullptr, 0, nullptr}};
  return kTargets[id];
}

struct Column {
  World* world;
  std::vector<std::uint64_t> ids;
  const void* buffers[2];
};

ArrowArray array_of(World& world, std::vector<std::uint64_t> ids) {
  auto* column = new Column{&world, std::move(ids), {nullptr, nullptr}};
  column->buffers[1] = column->ids.data();
  ArrowArray array{};
  array.length = static_cast<std::int64_t>(column->ids.size());
  array.n_buffers = 2;
  array.buffers = column->buffers;
  array.private_data = column;
  array.release = [](ArrowArray* released) {
    auto* held = static_cast<Column*>(released->private_data);
    --held->world->live_arrays;
    std::fill(held->ids.begin(), held->ids.end(), UINT64_MAX);
    delete held;
    released->release = nullptr;
  };
  ++world.live_arrays;
  return array;
}

} // namespace

Router::Router(World& world, std::shared_ptr<flow::Port> port) : world_(world), port_(std::move(port)) {
  for (const std::uint32_t id : {kMessages, kDeadMessages, kRows}) {
    if (id == kRows ? world_.has_database() : world_.has_store()) {
      port_->named(id, target(id));
    }
  }
}

void Router::destroy() { std::fill(own_key_.begin(), own_key_.end(), '#'); }

mr_status Router::message(const mr_event& event, std::uint64_t id, const mr_emit& emit) {
  mr_message message{};
  message.event = &event;
  message.target = kMessages;
  if (id % 2 == 0) {
    message.key = fake::str(own_key_);
  } else {
    const std::string text = "k" + std::to_string(id);
    char* kept = static_cast<char*>(emit.alloc(emit.context, text.size()));
    if (!kept) {
      return MR_TRANSIENT;
    }
    std::copy(text.begin(), text.end(), kept);
    message.key = {kept, text.size()};
  }
  return emit.messages(emit.context, &message, 1);
}

mr_status Router::route(const mr_event* const* events, std::size_t count, const mr_emit& emit, mr_error* error) {
  const std::size_t fails_at = world_.mishap(15) ? world_.below(count) : count;
  std::vector<const mr_event*> kept;
  std::vector<std::uint64_t> ids;
  for (std::size_t i = 0; i < count; ++i) {
    if (i == fails_at) {
      return fake::failure(error, MR_TRANSIENT, "not now");
    }
    const std::uint64_t id = id_of(world_, *events[i]);
    const Facts facts = facts_of(id);
    if (facts.refused) {
      const mr_reason reason{fake::str(code_), fake::str("refused"), fake::str("rule"), {}, {}};
      emit.reject(emit.context, events[i], 0, &reason);
    } else if (!facts.filtered) {
      kept.push_back(events[i]);
      ids.push_back(id);
    }
  }
  if (world_.has_store()) {
    const bool backwards = world_.chance(10);
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const std::size_t at = backwards ? kept.size() - 1 - i : i;
      if (const mr_status status = message(*kept[at], ids[at], emit); status != MR_OK) {
        return status;
      }
    }
  }
  if (world_.has_database() && !kept.empty()) {
    const std::size_t cut = world_.chance(20) ? world_.below(kept.size()) : 0; // two calls of rows()
    for (const auto& [first, last] : {std::pair(std::size_t{0}, cut), std::pair(cut, kept.size())}) {
      if (first == last) {
        continue;
      }
      const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(first);
      ArrowArray array = array_of(world_, {begin, ids.begin() + static_cast<std::ptrdiff_t>(last)});
      const mr_status status =
          emit.rows(emit.context, kRows, &array, kept.data() + first, last - first, 8 * (last - first));
      if (status != MR_OK) {
        array.release(&array);
        return status;
      }
    }
  }
  return MR_OK;
}

} // namespace millrace::sim
