// What all of them share. See plugins.hpp.
#include "tests/flow/simulation/plugins.hpp"

#include <charconv>
#include <utility>

namespace millrace::sim {

std::uint64_t id_of(World& world, const mr_event& event) {
  const std::string_view text = fake::view(event.payload);
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end + 1 != text.data() + text.size() || id >= world.witness.size()) {
    world.fail("an event was read after it had been settled");
    return 0;
  }
  return id;
}

void check_verdict(World& world, std::uint64_t id, const mr_verdict& verdict) {
  const Facts facts = facts_of(id);
  const Witness& seen = world.witness[id];
  const bool bad = facts.refused || (facts.bad_row && world.has_database() && !facts.filtered) ||
                   (facts.bad_message && world.has_store() && !facts.filtered);
  const std::string which = "event " + std::to_string(id) + " was settled " + std::to_string(verdict.outcome);
  switch (verdict.outcome) {
    case MR_FILTERED:
      if (!facts.filtered) {
        world.fail(which + ", but no rule drops it");
      }
      return;
    case MR_DELIVERED:
      if (bad || facts.filtered) {
        world.fail(which + ", but it cannot have been delivered");
      } else if ((world.has_database() && !seen.row) || (world.has_store() && seen.messages == 0)) {
        world.fail(which + " before it was durable");
      }
      return;
    case MR_DEAD_LETTERED:
      if (!bad) {
        world.fail(which + ", but nobody refuses it");
      } else if (world.has_database() ? !seen.dead_row : seen.dead_messages == 0) {
        world.fail(which + " before its dead letter was durable");
      }
      return;
    case MR_ABANDONED:
      return;
    default:
      world.fail(which);
  }
}

void Wire::run(std::function<void()> call) {
  if (call_) {
    world_.fail("a second call was made while the first one was running");
  }
  call_ = std::move(call);
  ++number_;
  hung_ = may_hang_ && world_.mishap(8);
  if (hung_) {
    world_.tell("a call hangs");
  } else {
    finish_in(world_.between(20 * kMicro, 3 * kMilli));
  }
}

void Wire::finish_in(std::int64_t wait) {
  world_.in(wait, [self = shared_from_this(), number = number_] {
    if (!self->gone_ && *self->alive_ && self->number_ == number && self->call_) {
      const std::function<void()> call = std::exchange(self->call_, nullptr);
      call();
    }
  });
}

void Wire::poke() {
  if (std::exchange(hung_, false)) {
    finish_in(world_.between(20 * kMicro, 3 * kMilli));
  }
}

void Wire::crash() {
  const std::function<void()> call = std::exchange(call_, nullptr);
  if (call && !hung_ && world_.chance(50)) {
    call();
  }
  gone_ = true;
}

} // namespace millrace::sim
