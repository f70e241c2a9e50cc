// See emission.hpp.
#include "engine/flow/emission.hpp"

#include <algorithm>
#include <functional>

namespace millrace::flow {

const KnownTargets::Entry* KnownTargets::find(const Port& port, std::uint32_t id) {
  if (id >= by_id_.size() || !by_id_[id].target) {
    learn(port);
  }
  return id < by_id_.size() && by_id_[id].target ? &by_id_[id] : nullptr;
}

std::uint32_t KnownTargets::dead_letter(const Port& port) {
  learn(port);
  return dead_letter_;
}

std::vector<std::uint32_t> KnownTargets::ids(const Port& port) {
  learn(port);
  return ids_;
}

void KnownTargets::learn(const Port& port) {
  for (const Port::Target& heard : port.targets_from(known_)) {
    ++known_;
    const mr_str& name = heard.target->sink;
    const auto sink = sinks_->find(std::string_view(name.data ? name.data : "", name.size));
    if (sink == sinks_->end() || heard.id == 0) {
      continue;
    }
    if (heard.id >= by_id_.size()) {
      by_id_.resize(heard.id + 1);
    }
    by_id_[heard.id] = {heard.target, sink->second};
    ids_.push_back(heard.id);
    if (dead_letter_ == 0 && (heard.target->flags & MR_DEAD_LETTER) != 0 && heard.target->form == MR_MESSAGES) {
      dead_letter_ = heard.id;
    }
  }
}

void Emission::begin(RouteGroup& group, std::span<Batch* const> batches, KnownTargets& targets, const Port& port,
                     std::uint64_t may_take) {
  calls_ = {this, &Emission::alloc, &Emission::messages, &Emission::rows, &Emission::reject};
  group_ = &group;
  targets_ = &targets;
  port_ = &port;
  spans_.clear();
  by_address_.clear();
  std::uint32_t first_index = 0;
  for (const Batch* batch : batches) {
    spans_.push_back({batch->events, batch->count, first_index, spans_.size()});
    first_index += static_cast<std::uint32_t>(batch->count);
  }
  cursor_ = 0;
  fates_.assign(first_index, Fate::kNothing);
  may_take_ = may_take;
  taken_ = 0;
  blame_.clear();
  fatal_ = starved_ = false;
}

std::uint32_t Emission::index_of(const mr_event* event) {
  const std::less<const mr_event*> before;
  const auto holds = [&](const Span& span) {
    return !before(event, span.events) && before(event, span.events + span.count);
  };
  for (std::size_t tried = 0; tried < 2 && cursor_ + tried < spans_.size(); ++tried) {
    const Span& span = spans_[cursor_ + tried];
    if (holds(span)) {
      cursor_ += tried;
      return span.first_index + static_cast<std::uint32_t>(event - span.events);
    }
  }
  if (by_address_.empty()) {
    by_address_ = spans_;
    std::erase_if(by_address_, [](const Span& span) { return span.count == 0; });
    std::sort(by_address_.begin(), by_address_.end(),
              [&](const Span& a, const Span& b) { return before(a.events, b.events); });
  }
  const auto after = std::upper_bound(by_address_.begin(), by_address_.end(), event,
                                      [&](const mr_event* e, const Span& span) { return before(e, span.events); });
  if (after == by_address_.begin() || !holds(*std::prev(after))) {
    return kNone;
  }
  const Span& span = *std::prev(after);
  cursor_ = span.position;
  return span.first_index + static_cast<std::uint32_t>(event - span.events);
}

const KnownTargets::Entry* Emission::target(std::uint32_t id, std::uint32_t form) {
  const KnownTargets::Entry* entry = targets_->find(*port_, id);
  return entry && entry->target->form == form ? entry : nullptr;
}

mr_status Emission::mistake(std::string text, bool fatal) {
  if (blame_.empty() || (fatal && !fatal_)) {
    blame_ = std::move(text);
  }
  fatal_ = fatal_ || fatal;
  return MR_INVALID;
}

void* Emission::alloc(void* context, std::size_t bytes) {
  Emission& self = *static_cast<Emission*>(context);
  if (bytes > self.may_take_ - std::min(self.may_take_, self.taken_)) {
    self.starved_ = true;
    return nullptr;
  }
  self.taken_ += bytes;
  return self.group_->arena.take(bytes);
}

mr_status Emission::messages(void* context, const mr_message* messages, std::size_t count) {
  Emission& self = *static_cast<Emission*>(context);
  for (std::size_t i = 0; i < count; ++i) {
    if (const mr_status status = self.message(messages[i]); status != MR_OK) {
      return status;
    }
  }
  return MR_OK;
}

mr_status Emission::message(const mr_message& given) {
  const std::uint32_t index = index_of(given.event);
  if (index == kNone) {
    return mistake("emitted a message for an event that is not in this call of route()", true);
  }
  const KnownTargets::Entry* to = target(given.target, MR_MESSAGES);
  if (!to) {
    return mistake("emitted a message for target " + std::to_string(given.target) +
                       ", which takes no messages or was never granted to it",
                   true);
  }
  if (fates_[index] == Fate::kRejected) {
    return mistake("emitted a message for an event that it had rejected", false);
  }
  fates_[index] = Fate::kEmitted;
  mr_message* kept = new (group_->arena.take(sizeof(mr_message))) mr_message(given);
  taken_ += sizeof(mr_message) + sizeof(Record);
  Record record;
  record.event = given.event;
  record.message = kept;
  record.target = given.target;
  record.event_index = index;
  group_->records[to->sink].push_back(record);
  return MR_OK;
}

mr_status Emission::rows(void* context, std::uint32_t target, ArrowArray* array, const mr_event* const* event_of_row,
                         std::size_t count, std::size_t bytes) {
  Emission& self = *static_cast<Emission*>(context);
  const KnownTargets::Entry* to = self.target(target, MR_ROWS);
  if (!to) {
    return self.mistake(
        "emitted rows for target " + std::to_string(target) + ", which takes no rows or was never granted to it", true);
  }
  if (!array || !array->release || array->length < 0 || static_cast<std::size_t>(array->length) != count) {
    return self.mistake("emitted rows whose array does not have as many rows as it names events", true);
  }
  std::vector<Record>& records = self.group_->records[to->sink];
  const std::size_t before = records.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t index = self.index_of(event_of_row[i]);
    const bool known = index != kNone;
    if (!known || self.fates_[index] == Fate::kRejected) {
      records.resize(before);
      return self.mistake(known ? "emitted a row for an event that it had rejected"
                                : "emitted a row for an event that is not in this call of route()",
                          true);
    }
    Record record;
    record.event = event_of_row[i];
    record.row = static_cast<std::uint32_t>(i);
    record.target = target;
    record.event_index = index;
    records.push_back(record);
  }
  RowsCall& call = self.group_->rows.emplace_back();
  call.array = *array;
  call.bytes_per_row = count == 0 ? 0 : bytes / count;
  array->release = nullptr; // moved out
  for (std::size_t i = before; i < records.size(); ++i) {
    records[i].rows = &call;
    self.fates_[records[i].event_index] = Fate::kEmitted;
  }
  self.taken_ += bytes + count * sizeof(Record);
  return MR_OK;
}

mr_status Emission::reject(void* context, const mr_event* event, std::uint32_t dead_letter, const mr_reason* reason) {
  Emission& self = *static_cast<Emission*>(context);
  const std::uint32_t index = self.index_of(event);
  if (index == kNone) {
    return self.mistake("rejected an event that is not in this call of route()", true);
  }
  if (!reason) {
    return self.mistake("rejected an event without a reason", true);
  }
  if (self.fates_[index] == Fate::kEmitted) {
    return self.mistake("rejected an event that it had emitted as well", false);
  }
  if (self.fates_[index] == Fate::kRejected) {
    return MR_OK; // the first reason wins
  }
  self.fates_[index] = Fate::kRejected;
  const mr_reason* kept = new (self.group_->arena.take(sizeof(mr_reason))) mr_reason(*reason);
  self.group_->rejections.push_back({event, kept, index, dead_letter});
  return MR_OK;
}

} // namespace millrace::flow
