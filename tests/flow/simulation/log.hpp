// A model of a partitioned log and of the group of processes that read it: who owns which partition, asked and unasked
// moves.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "tests/flow/simulation/world.hpp"

namespace millrace::sim {

// What a reader hears from the group. Called at any time, like a broker's messages.
class Member {
 public:
  virtual ~Member() = default;
  virtual void assigned(std::int32_t partition) = 0;
  virtual void revoked(std::int32_t partition, bool lost) = 0;
};

class Log {
 public:
  struct Entry {
    bool gap = false; // compacted away: the position exists, the event does not
    std::uint64_t id = 0;
  };
  struct Partition {
    std::vector<Entry> entries;
    std::uint64_t committed = 0; // by readers, for pipelines without a sink that stores positions
    Member* owner = nullptr;
    bool moving = false; // the owner was asked to give it back
  };

  Log(World& world, std::size_t partitions) : world_(world), partitions_(partitions) {}

  std::vector<Partition>& partitions() { return partitions_; }
  Partition& at(std::int32_t partition) { return partitions_[static_cast<std::size_t>(partition)]; }

  void join(Member& member) {
    members_.push_back(&member);
    balance();
  }
  // It crashed: what it had goes to others after the session time-out.
  void leave(Member& member) {
    std::erase(members_, &member);
    for (Partition& partition : partitions_) {
      if (partition.owner == &member) {
        partition.owner = nullptr;
        partition.moving = false;
      }
    }
    world_.in(300 * kMilli, [this] { balance(); });
  }
  // Everybody has its share: what nobody has is given out.
  void balance() {
    for (std::size_t i = 0; i < partitions_.size(); ++i) {
      if (!partitions_[i].owner && !members_.empty()) {
        give(static_cast<std::int32_t>(i), *members_[world_.below(members_.size())]);
      }
    }
  }
  // One partition is asked back, politely, and goes to somebody, perhaps to the same.
  void revoke_one() {
    const auto partition = static_cast<std::int32_t>(world_.below(partitions_.size()));
    if (at(partition).owner && !at(partition).moving) {
      at(partition).moving = true;
      at(partition).owner->revoked(partition, false);
    }
  }
  // One partition is somebody else's from now on; the old owner hears of it later.
  void take_one_away() {
    const auto partition = static_cast<std::int32_t>(world_.below(partitions_.size()));
    Member* old = at(partition).owner;
    if (!old || at(partition).moving) {
      return;
    }
    Member* next = members_[world_.below(members_.size())];
    if (next == old) {
      at(partition).owner = nullptr;
      old->revoked(partition, true);
      world_.in(world_.between(0, 300 * kMilli), [this] { balance(); });
      return;
    }
    give(partition, *next);
    world_.in(world_.between(0, 500 * kMilli), [this, old, partition] {
      if (is_member(old) && at(partition).owner != old) {
        old->revoked(partition, true);
      }
    });
  }
  // The owner is done with it.
  void given_back(std::int32_t partition, Member& by) {
    if (at(partition).owner == &by) {
      at(partition).owner = nullptr;
      at(partition).moving = false;
      balance();
    }
  }
  bool is_member(Member* member) const { return std::find(members_.begin(), members_.end(), member) != members_.end(); }

 private:
  void give(std::int32_t partition, Member& to) {
    at(partition).owner = &to;
    at(partition).moving = false;
    world_.tell("group: partition " + std::to_string(partition) + " goes to another");
    to.assigned(partition);
  }

  World& world_;
  std::vector<Partition> partitions_;
  std::vector<Member*> members_;
};

} // namespace millrace::sim
