// A log that may be taken away, and senders who wait for their answer. See plugins.hpp.
#include "tests/flow/simulation/plugins.hpp"

#include <algorithm>

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

} // namespace millrace::sim
