// See plugins.hpp.
#include "tests/flow/simulation/plugins.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace millrace::sim {

namespace {

constexpr std::string_view kStream = "log";

void lend(Lent& lent, std::uint64_t id, std::uint64_t position) {
  lent.ids.push_back(id);
  lent.payloads.push_back(std::to_string(id) + ";"); // the end is seen, too
  mr_event event{};
  event.position = position;
  lent.events.push_back(event);
}

void finish(Lent& lent) {
  lent.covers.stream = fake::str(lent.stream);
  for (std::size_t i = 0; i < lent.events.size(); ++i) {
    lent.events[i].origin = &lent.covers;
    lent.events[i].payload = fake::str(lent.payloads[i]);
  }
}

void take_back(Lent& lent) {
  for (std::string& payload : lent.payloads) {
    std::fill(payload.begin(), payload.end(), '#');
  }
}

} // namespace

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

// ---- lane
// ----------------------------------------------------------------------------------------------------------------------

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

// ---- log source
// ----------------------------------------------------------------------------------------------------------------

mr_status LogSource::start(mr_error* error) {
  if (world_.mishap(200)) {
    return fake::failure(error, MR_TRANSIENT, "no broker");
  }
  log_.join(*this);
  return MR_OK;
}

void LogSource::assigned(std::int32_t partition) {
  news_.push_back({partition, true, false});
  port_->wake(0);
}

void LogSource::revoked(std::int32_t partition, bool lost) {
  news_.push_back({partition, false, lost});
  port_->wake(0);
}

void LogSource::hold(std::int32_t partition) {
  auto& held = positions_.hold(kStream, partition);
  held.settled = world_.has_database() ? 0 : log_.at(partition).committed;
  positions_.ask_at(held, world_.now());
}

void LogSource::hear(const News& news) {
  auto* held = positions_.find(kStream, news.partition);
  if (news.assigned) {
    if (!held) {
      hold(news.partition);
      return;
    }
    hold_after_release_.insert(news.partition);
    if (held->state != Positions<>::State::releasing) { // it was somebody else's in between, and nobody had said so
      positions_.release(*held);
      port_->release(fake::str(kStream), news.partition, true);
    }
    return;
  }
  hold_after_release_.erase(news.partition);
  if (!held) {
    log_.given_back(news.partition, *this);
    return;
  }
  positions_.release(*held);
  port_->release(fake::str(kStream), news.partition, news.lost);
}

void LogSource::ask() {
  for (const auto* partition : positions_.due(world_.now())) {
    port_->claim(fake::str(kStream), partition->number, partition->settled, partition->settled_mark);
  }
  if (const auto due = positions_.next_due_ns()) {
    port_->wake(*due);
  }
}

mr_status LogSource::poll(const mr_budget& budget, mr_batch& out, mr_error* error) {
  while (!news_.empty()) {
    const News news = news_.front();
    news_.pop_front();
    hear(news);
  }
  ask();
  if (draining_) {
    return MR_END;
  }
  if (world_.mishap(10)) {
    return fake::failure(error, MR_TRANSIENT, "broker gone");
  }
  return hand_out(budget, out);
}

mr_status LogSource::hand_out(const mr_budget& budget, mr_batch& out) {
  std::vector<Positions<>::Partition*> ready;
  positions_.each([&](Positions<>::Partition& partition) {
    if (partition.state == Positions<>::State::running && partition.next < log_.at(partition.number).entries.size()) {
      ready.push_back(&partition);
    }
  });
  if (ready.empty()) {
    return MR_OK;
  }
  auto& partition = *ready[world_.below(ready.size())];
  const auto& entries = log_.at(partition.number).entries;
  const auto lent = std::make_shared<Lent>();
  lent->stream = kStream;
  std::uint64_t first = partition.next;
  if (first > 0 && world_.mishap(10)) { // a bug of the source: it reads something twice without a claim
    first -= std::min<std::uint64_t>(first, 1 + world_.below(3));
    world_.tell("the source goes back to " + std::to_string(first) + " by itself");
  }
  const std::uint64_t most = std::min<std::uint64_t>(budget.events, 1 + world_.below(7));
  std::uint64_t next = first;
  while (next < entries.size() && next - first < most) {
    if (!entries[next].gap) {
      lend(*lent, entries[next].id, next);
    }
    ++next;
  }
  lent->covers = {{}, partition.number, 0, first, next, next + 1000};
  finish(*lent);
  out.id = positions_.hand_out(partition, next, next + 1000);
  out.covers = &lent->covers;
  out.events = lent->events.data();
  out.count = lent->events.size();
  lent_[out.id] = lent;
  return MR_OK;
}

void LogSource::settle(std::uint64_t batch, const mr_verdict* verdicts, std::size_t count) {
  const auto found = lent_.find(batch);
  if (found == lent_.end() || found->second->events.size() != count) {
    world_.fail("batch " + std::to_string(batch) + " was settled twice, or never handed in");
    return;
  }
  Lent& lent = *found->second;
  for (std::size_t i = 0; i < count; ++i) {
    check_verdict(world_, lent.ids[i], verdicts[i]);
  }
  const std::span<const mr_verdict> all(verdicts, count);
  const auto result = positions_.settle(batch, worst(all), world_.now());
  if (result.partition && !world_.has_database()) {
    Log::Partition& partition = log_.at(result.partition->number);
    if (partition.owner == this) {
      partition.committed = std::max(partition.committed, result.partition->settled);
    }
  }
  take_back(lent);
  graveyard_.push_back(found->second);
  lent_.erase(found);
  ask();
}

void LogSource::start_at(std::string_view stream, std::int32_t partition, std::uint64_t position, std::uint64_t mark) {
  if (mark != 0 && mark != position + 1000) {
    world_.fail("the mark " + std::to_string(mark) + " does not belong to position " + std::to_string(position));
  }
  if (auto* held = positions_.find(stream, partition)) {
    positions_.start_at(*held, position, mark);
  }
}

void LogSource::moved(std::string_view stream, std::int32_t partition) {
  if (auto* held = positions_.find(stream, partition)) {
    if (held->under_way() > 0) {
      world_.fail("moved() came before everything of the partition was settled");
    }
    positions_.moved(*held, world_.now());
    ask();
  }
}

void LogSource::released(std::string_view stream, std::int32_t partition) {
  auto* held = positions_.find(stream, partition);
  if (!held || held->under_way() > 0) {
    world_.fail("released() came unasked, or before everything of the partition was settled");
    return;
  }
  positions_.forget(*held);
  if (hold_after_release_.erase(partition) > 0) {
    hold(partition);
    port_->wake(0);
  } else {
    log_.given_back(partition, *this);
  }
}

// ---- http source
// ---------------------------------------------------------------------------------------------------------------

mr_status HttpSource::poll(const mr_budget&, mr_batch& out, mr_error*) {
  if (draining_) {
    return MR_END;
  }
  if (clients_.waiting.empty()) {
    return MR_OK;
  }
  const auto lent = std::make_shared<Lent>();
  for (const std::uint64_t id : clients_.waiting.front().ids) {
    lend(*lent, id, 0);
  }
  clients_.waiting.pop_front();
  lent->covers.partition = -1;
  finish(*lent);
  out.id = ++last_batch_;
  out.covers = &lent->covers;
  out.events = lent->events.data();
  out.count = lent->events.size();
  lent_[out.id] = lent;
  return MR_OK;
}

void HttpSource::settle(std::uint64_t batch, const mr_verdict* verdicts, std::size_t count) {
  const auto found = lent_.find(batch);
  if (found == lent_.end() || found->second->events.size() != count) {
    world_.fail("batch " + std::to_string(batch) + " was settled twice, or never handed in");
    return;
  }
  Lent& lent = *found->second;
  Clients::Request again;
  for (std::size_t i = 0; i < count; ++i) {
    check_verdict(world_, lent.ids[i], verdicts[i]);
    if (verdicts[i].outcome <= MR_DEAD_LETTERED) {
      clients_.answered[lent.ids[i]] = true;
    } else {
      again.ids.push_back(lent.ids[i]);
    }
  }
  take_back(lent);
  graveyard_.push_back(found->second);
  lent_.erase(found);
  if (!again.ids.empty()) {
    clients_.send_again(again);
  }
}

void HttpSource::crash() {
  for (const auto& [id, lent] : lent_) {
    clients_.send_again({lent->ids});
  }
}

// ---- router
// --------------------------------------------------------------------------------------------------------------------

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
