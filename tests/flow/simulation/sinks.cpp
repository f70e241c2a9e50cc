// A store that forgets nothing, and a database with transactions. See plugins.hpp.
#include "tests/flow/simulation/plugins.hpp"

#include <utility>

namespace millrace::sim {

// ---- store
// ---------------------------------------------------------------------------------------------------------------------

mr_status StoreSink::bind(std::uint32_t id, const mr_target&, mr_error* error) {
  if (world_.mishap(200)) {
    return fake::failure(error, MR_TRANSIENT, "not there yet");
  }
  bound_.insert(id);
  return MR_OK;
}

void StoreSink::check_order(const mr_delivery& delivery) {
  std::map<std::int32_t, std::uint64_t> after;
  std::set<std::int32_t> partitions;
  for (std::size_t p = 0; p < delivery.part_count; ++p) {
    const mr_part& part = delivery.parts[p];
    after.clear();
    for (std::size_t i = 0; i < part.count; ++i) {
      const mr_event& event = *part.events[i];
      if (event.origin->partition < 0) {
        continue;
      }
      partitions.insert(event.origin->partition);
      if (part.target == kMessages && event.position < after[event.origin->partition]) {
        world_.fail("records of a target are not in the order of their events");
      }
      after[event.origin->partition] = event.position;
    }
  }
  for (const auto& [id, open] : open_) {
    for (std::size_t p = 0; p < open.delivery->part_count; ++p) {
      for (std::size_t i = 0; i < open.delivery->parts[p].count; ++i) {
        if (partitions.count(open.delivery->parts[p].events[i]->origin->partition) > 0) {
          world_.fail("a sink that promises order got a second delivery of a partition");
        }
      }
    }
  }
}

mr_status StoreSink::write(const mr_delivery& delivery, mr_error* error) {
  for (std::size_t p = 0; p < delivery.part_count; ++p) {
    if (bound_.count(delivery.parts[p].target) == 0) {
      world_.fail("a target was written that is not bound");
    }
  }
  if (ordered_) {
    check_order(delivery);
  }
  if (broken_) {
    world_.fail("a sink that is broken was written to");
  }
  if (world_.mishap(3)) {
    world_.tell("store: breaks");
    broken_ = true;
    return fake::failure(error, MR_FATAL, "out of order for good");
  }
  if (world_.mishap(40)) {
    return fake::failure(error, MR_TRANSIENT, "queue full");
  }
  const std::uint64_t id = delivery.id;
  const bool hangs = world_.mishap(8);
  open_[id] = {&delivery, hangs};
  if (hangs) {
    world_.tell("store: delivery " + std::to_string(id) + " hangs");
  } else if (world_.chance(10)) {
    complete(id, true);
  } else {
    world_.in(world_.between(50 * kMicro, 15 * kMilli), [this, id, here = here_, alive = alive_] {
      if (*here && *alive) {
        complete(id, true);
      }
    });
  }
  return MR_OK;
}

void StoreSink::take_effect(const mr_message& message, const mr_event& event) {
  const std::uint64_t id = id_of(world_, event);
  Witness& witness = world_.witness[id];
  if (message.target == kDeadMessages) {
    ++witness.dead_messages;
    if (message.header_count == 0 || fake::view(message.headers[0].key) != "millrace-code") {
      world_.fail("a dead letter does not say why");
    }
    return;
  }
  ++witness.messages;
  if (fake::view(message.key) != (id % 2 == 0 ? "router" : "k" + std::to_string(id))) {
    world_.fail("memory of a router was gone before its batch was settled");
  }
}

void StoreSink::complete(std::uint64_t id, bool may_succeed) {
  const auto found = open_.find(id);
  if (found == open_.end()) {
    return;
  }
  const mr_delivery& delivery = *found->second.delivery;
  open_.erase(found);
  const bool whole = !may_succeed || world_.mishap(30);
  std::vector<mr_outcome> outcomes;
  for (std::uint32_t p = 0; p < delivery.part_count; ++p) {
    const mr_part& part = delivery.parts[p];
    for (std::uint32_t i = 0; i < part.count; ++i) {
      const mr_message& message = *part.messages[i];
      const bool bad = part.target == kMessages && facts_of(id_of(world_, *part.events[i])).bad_message;
      if (whole || world_.mishap(30)) {
        if (!bad && world_.chance(50)) {
          take_effect(message, *part.events[i]); // and nobody is told
        }
        if (!whole) {
          outcomes.push_back({p, i, MR_RECORD_TRANSIENT, 0, {}});
        }
      } else if (bad) {
        outcomes.push_back({p, i, MR_RECORD_REJECTED, 0, {fake::str("S1"), fake::str("too bad"), {}, {}, {}}});
      } else {
        take_effect(message, *part.events[i]);
      }
    }
  }
  mr_error error{};
  fake::failure(&error, MR_TRANSIENT, "store: not all");
  port_->complete(id, whole ? MR_RECORD_TRANSIENT : MR_RECORD_OK, outcomes.data(), outcomes.size(),
                  whole || !outcomes.empty() ? &error : nullptr);
}

void StoreSink::interrupt() {
  if (wire_) {
    wire_->poke();
  }
  for (auto& [id, open] : open_) {
    if (std::exchange(open.hangs, false)) {
      world_.in(kMilli, [this, number = id, here = here_, alive = alive_] {
        if (*here && *alive) {
          complete(number, false);
        }
      });
    }
  }
}

void StoreSink::stop() {
  while (!open_.empty()) {
    complete(open_.begin()->first, false);
  }
  *here_ = false;
}

void StoreSink::crash() {
  for (const auto& [id, open] : open_) {
    for (std::size_t p = 0; p < open.delivery->part_count; ++p) {
      const mr_part& part = open.delivery->parts[p];
      for (std::size_t i = 0; i < part.count; ++i) {
        const bool bad = part.target == kMessages && facts_of(id_of(world_, *part.events[i])).bad_message;
        if (!bad && world_.chance(50)) {
          take_effect(*part.messages[i], *part.events[i]);
        }
      }
    }
  }
  *here_ = false;
}

// ---- database
// ------------------------------------------------------------------------------------------------------------------

bool DatabaseSink::session_is_good() { return session_ != 0 && database_.is_alive(session_); }

mr_status DatabaseSink::gone(mr_error* error) {
  claims_.clear();
  session_ = 0;
  return fake::failure(error, MR_MOVED, "the session that claimed is gone");
}

mr_status DatabaseSink::start(mr_error* error) {
  session_ = world_.mishap(100) ? 0 : database_.open_session();
  return session_ != 0 ? MR_OK : fake::failure(error, MR_TRANSIENT, "no server");
}

mr_status DatabaseSink::bind(std::uint32_t id, const mr_target&, mr_error* error) {
  if (world_.mishap(100)) {
    return fake::failure(error, MR_TRANSIENT, "no such table yet");
  }
  bound_.insert(id);
  return MR_OK;
}

void DatabaseSink::interrupt() {
  interrupted_ = true;
  wire_->poke();
}

mr_status DatabaseSink::claim(std::string_view, std::int32_t partition, const mr_position& if_new, mr_position& out,
                              mr_error* error) {
  if (!session_is_good()) {
    if (!claims_.empty()) {
      return gone(error);
    }
    session_ = database_.open_session();
    if (session_ == 0) {
      return fake::failure(error, MR_TRANSIENT, "no server");
    }
  }
  if (world_.mishap(30)) {
    return fake::failure(error, MR_TRANSIENT, "lock timeout");
  }
  const Database::Claim claim = database_.claim(session_, partition, if_new.next);
  claims_[partition] = claim.epoch;
  out.next = claim.next;
  out.mark = claim.next == 0 ? 0 : claim.next + 1000;
  world_.tell("database: partition " + std::to_string(partition) + " claimed at " + std::to_string(claim.next));
  return MR_OK;
}

mr_status DatabaseSink::still(mr_error* error) { return session_is_good() || claims_.empty() ? MR_OK : gone(error); }

mr_status DatabaseSink::write(const mr_delivery& delivery, mr_error* error) {
  for (std::size_t p = 0; p < delivery.part_count; ++p) {
    if (bound_.count(delivery.parts[p].target) == 0) {
      world_.fail("a target was written that is not bound");
    }
  }
  if (broken_) {
    world_.fail("a sink that is broken was written to");
  }
  if (world_.mishap(3)) {
    world_.tell("database: the sink breaks");
    broken_ = true;
    return fake::failure(error, MR_FATAL, "out of order for good");
  }
  const bool ranged = delivery.range_count > 0;
  for (std::size_t r = 0; r < delivery.range_count; ++r) {
    if (claims_.count(delivery.ranges[r].partition) == 0) {
      world_.fail("a delivery names a partition that was not claimed");
    }
  }
  if (!session_is_good() && ranged) {
    return gone(error);
  }
  if (!session_is_good()) {
    session_ = database_.open_session();
  }
  if (session_ == 0 || std::exchange(interrupted_, false) || world_.mishap(20)) {
    return fake::failure(error, MR_TRANSIENT, "not now");
  }
  const Verdicts verdicts = transact(delivery);
  if (verdicts.rest == MR_RECORD_MOVED && world_.chance(50)) {
    return fake::failure(error, MR_MOVED, "fenced, or nobody knows");
  }
  mr_error text{};
  fake::failure(&text, MR_TRANSIENT, "rolled back");
  port_->complete(delivery.id, verdicts.rest, verdicts.outcomes.data(), verdicts.outcomes.size(),
                  verdicts.rest == MR_RECORD_OK ? nullptr : &text);
  return MR_OK;
}

void DatabaseSink::read(const mr_delivery& delivery, Database::Transaction& transaction, Verdicts& verdicts) {
  const bool stores_dead = world_.chance(70); // else the engine is told, and sends it again as a dead letter
  const mr_reason reason{fake::str("22P05"), fake::str("bad row"), {}, {}, {}};
  for (std::uint32_t p = 0; p < delivery.part_count; ++p) {
    const mr_part& part = delivery.parts[p];
    const auto* ids = static_cast<const std::uint64_t*>(part.rows->buffers[1]);
    for (std::uint32_t i = 0; i < part.count; ++i) {
      const std::uint64_t id = id_of(world_, *part.events[i]);
      if (ids[part.row ? part.row[i] : i] != id) {
        world_.fail("a row does not belong to its event");
      }
      if (!facts_of(id).bad_row) {
        transaction.rows.push_back(id);
      } else if (stores_dead) {
        transaction.dead.push_back(id);
        verdicts.outcomes.push_back({p, i, MR_RECORD_STORED_DEAD, 0, reason});
      } else {
        verdicts.rest = MR_RECORD_TRANSIENT;
        verdicts.outcomes.push_back({p, i, MR_RECORD_REJECTED, 0, reason});
      }
    }
  }
  for (std::size_t i = 0; i < delivery.dead_count; ++i) {
    const std::uint64_t id = id_of(world_, *delivery.dead[i].event);
    if (!delivery.dead[i].reason || !delivery.dead[i].reason->code.data) {
      world_.fail("a dead letter does not say why");
    }
    transaction.dead.push_back(id);
  }
}

DatabaseSink::Verdicts DatabaseSink::transact(const mr_delivery& delivery) {
  Database::Transaction transaction;
  Verdicts verdicts;
  for (std::size_t r = 0; r < delivery.range_count; ++r) {
    const mr_range& range = delivery.ranges[r];
    transaction.advances.push_back({range.partition, claims_[range.partition], range.first, range.next});
  }
  read(delivery, transaction, verdicts);
  if (verdicts.rest == MR_RECORD_TRANSIENT) {
    return verdicts;
  }
  if (world_.mishap(30)) {
    return {MR_RECORD_TRANSIENT, {}};
  }
  const bool ranged = delivery.range_count > 0;
  const bool unknown = world_.mishap(25);
  const bool carried_out = !unknown || world_.chance(50);
  const bool done = carried_out && database_.commit(transaction);
  if (unknown || !done) {
    world_.tell(unknown ? "database: COMMIT of unknown outcome" : "database: fenced");
    database_.kill(session_);
    session_ = 0;
    claims_.clear();
    for (const auto* ids : {&transaction.rows, &transaction.dead}) {
      for (const std::uint64_t id : *ids) {
        world_.witness[id].repeats += ranged ? 0 : 1;
      }
    }
    return {ranged ? MR_RECORD_MOVED : MR_RECORD_TRANSIENT, {}};
  }
  return verdicts;
}

} // namespace millrace::sim
