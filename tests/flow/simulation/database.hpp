// A model of a database: transactions, sessions, claims with epochs, and a failover that forgets the last transactions.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "tests/flow/simulation/world.hpp"

namespace millrace::sim {

class Database {
 public:
  struct Advance {
    std::int32_t partition = 0;
    std::uint64_t epoch = 0; // that the writer holds
    std::uint64_t first = 0;
    std::uint64_t next = 0;
  };
  struct Transaction {
    std::vector<std::uint64_t> rows;
    std::vector<std::uint64_t> dead;
    std::vector<Advance> advances;
  };
  struct Claim {
    std::uint64_t epoch = 0;
    std::uint64_t next = 0;
  };

  explicit Database(World& world) : world_(world) {}

  bool is_down() const { return world_.now() < down_until_; }
  void go_down(std::int64_t until) {
    down_until_ = until;
    sessions_.clear();
  }
  // 0: there is no server to talk to.
  std::uint64_t open_session() {
    if (is_down()) {
      return 0;
    }
    sessions_.insert(++last_session_);
    return last_session_;
  }
  bool is_alive(std::uint64_t session) const { return sessions_.count(session) > 0; }
  void kill(std::uint64_t session) { sessions_.erase(session); }
  void kill_one() {
    if (!sessions_.empty()) {
      auto at = sessions_.begin();
      std::advance(at, static_cast<std::ptrdiff_t>(world_.below(sessions_.size())));
      sessions_.erase(at);
    }
  }

  // Whoever held it is thrown out.
  Claim claim(std::uint64_t session, std::int32_t partition, std::uint64_t if_new) {
    const auto known = positions_.try_emplace(partition, Position{if_new, 0, 0}).first;
    Position position = known->second;
    if (position.session != session) {
      kill(position.session);
    }
    position.session = session;
    ++position.epoch;
    known->second = position;
    log_.push_back({{}, {}, {{partition, position}}});
    return {position.epoch, position.next};
  }

  // False: fenced, and nothing was done.
  bool commit(const Transaction& transaction) {
    for (const Advance& advance : transaction.advances) {
      const auto known = positions_.find(advance.partition);
      if (known == positions_.end() || known->second.epoch != advance.epoch || known->second.next != advance.first) {
        return false;
      }
    }
    Entry entry{transaction.rows, transaction.dead, {}};
    for (const Advance& advance : transaction.advances) {
      Position& position = positions_[advance.partition];
      position.next = advance.next;
      entry.positions.push_back({advance.partition, position});
    }
    log_.push_back(std::move(entry));
    for (const std::uint64_t id : transaction.rows) {
      world_.witness[id].row = true;
    }
    for (const std::uint64_t id : transaction.dead) {
      world_.witness[id].dead_row = true;
    }
    return true;
  }

  // The last transactions are gone, claims among them, and every session with them.
  void fail_over(std::size_t transactions) {
    sessions_.clear();
    log_.resize(log_.size() - std::min(transactions, log_.size()));
    positions_.clear();
    for (const Entry& entry : log_) {
      for (const auto& [partition, position] : entry.positions) {
        positions_[partition] = position;
      }
    }
  }

  // What is there now.
  std::vector<std::uint32_t> rows() const { return count(&Entry::rows); }
  std::vector<std::uint32_t> dead() const { return count(&Entry::dead); }
  std::uint64_t next(std::int32_t partition) const {
    const auto known = positions_.find(partition);
    return known == positions_.end() ? 0 : known->second.next;
  }

 private:
  struct Position {
    std::uint64_t next = 0;
    std::uint64_t epoch = 0;
    std::uint64_t session = 0;
  };
  struct Entry { // one transaction, or one claim
    std::vector<std::uint64_t> rows;
    std::vector<std::uint64_t> dead;
    std::vector<std::pair<std::int32_t, Position>> positions;
  };

  std::vector<std::uint32_t> count(std::vector<std::uint64_t> Entry::*what) const {
    std::vector<std::uint32_t> counts(world_.witness.size());
    for (const Entry& entry : log_) {
      for (const std::uint64_t id : entry.*what) {
        ++counts[id];
      }
    }
    return counts;
  }

  World& world_;
  std::int64_t down_until_ = 0;
  std::uint64_t last_session_ = 0;
  std::set<std::uint64_t> sessions_;
  std::map<std::int32_t, Position> positions_;
  std::vector<Entry> log_;
};

} // namespace millrace::sim
