// See source_driver.hpp.
#include "engine/flow/source_driver.hpp"

#include <algorithm>
#include <string>

#include "engine/flow/claims.hpp"

namespace millrace::flow {

SourceDriver::SourceDriver(Context& context, Instance instance)
    : context_(context), caller_(std::move(instance), context.inbox) {
  const mr_plugin& plugin = caller_.plugin();
  claims_extension_ = static_cast<const mr_source_claims*>(plugin.extension ? plugin.extension(MR_CLAIMS) : nullptr);
  streams_extension_ = static_cast<const mr_source_streams*>(plugin.extension ? plugin.extension(MR_STREAMS) : nullptr);
}

// ---- life
// ----------------------------------------------------------------------------------------------------------------------

void SourceDriver::start() {
  if (started_ || starting_ || broken_ || context_.now_ns < not_before_ns_) {
    return;
  }
  starting_ = true;
  caller_.call(
      context_.now_ns,
      [this] {
        mr_error error{};
        return answer_of(caller_.plugin().start(caller_.self(), &error), error);
      },
      [this](const Answer& answer) {
        starting_ = false;
        if (answer.status == MR_OK) {
          started_ = true;
          failures_ = 0;
          not_before_ns_ = 0;
        } else if (answer.status == MR_TRANSIENT) {
          not_before_ns_ = context_.now_ns + backoff(context_.settings.retry, ++failures_, context_.random);
          context_.watcher.log(MR_LOG_WARN, caller_.name(), "cannot start yet: " + answer.text);
        } else {
          if (answer.status == MR_INVALID) {
            context_.watcher.refused(caller_.name(), answer.text);
          }
          set_broken("start failed: " + answer.text);
        }
      });
}

void SourceDriver::drain() {
  calls_.push_back({Call::kDrain, nullptr, nullptr, {}});
  interrupt_if_busy();
}

void SourceDriver::interrupt_if_busy() {
  if (caller_.busy() && context_.now_ns >= next_interrupt_ns_) {
    next_interrupt_ns_ = context_.now_ns + context_.settings.interrupt_every_ns;
    caller_.interrupt();
  }
}

bool SourceDriver::stop() {
  if (stopped_ || (!started_ && !starting_)) {
    return true;
  }
  if (caller_.busy()) {
    interrupt_if_busy();
    return false;
  }
  if (!std::exchange(stop_called_, true)) {
    caller_.call(
        context_.now_ns,
        [this] {
          caller_.plugin().stop(caller_.self());
          return 0;
        },
        [this](int) { stopped_ = true; });
  }
  return stopped_;
}

bool SourceDriver::destroy() {
  if (!caller_.gone() && !caller_.busy()) {
    caller_.call(
        context_.now_ns,
        [this] {
          caller_.plugin().destroy(caller_.self());
          return 0;
        },
        [this](int) { caller_.let_go(); });
  }
  return caller_.gone();
}

void SourceDriver::set_broken(std::string_view why) {
  if (!std::exchange(broken_, true)) {
    context_.watcher.broken(Role::kSource, 0, caller_.name(), why);
  }
}

void SourceDriver::blame(std::string_view text) {
  context_.counters.source_violations.add();
  context_.watcher.violation(caller_.name(), text);
}

// ---- what is owed to it
// --------------------------------------------------------------------------------------------------------

bool SourceDriver::advance(std::uint64_t events) {
  bool progress = make_calls();
  if (started_ && !polling_) {
    return progress;
  }
  events_polled_ = 0;
  while (started_ && events_polled_ < events && wants_poll()) {
    if (!poll()) {
      break;
    }
    progress = true;
  }
  return progress;
}

bool SourceDriver::make_calls() {
  if (caller_.busy() || calls_.empty()) {
    return false;
  }
  std::erase_if(calls_, [this](const Call& call) { return !still_wanted(call); });
  if (calls_.empty()) {
    return true;
  }
  // A poll that was under way when `moved` was queued may have handed in one more batch: its verdicts come first.
  const auto later = std::stable_partition(calls_.begin(), calls_.end(), [](const Call& call) {
    return (call.kind != Call::kMoved && call.kind != Call::kReleased) || call.partition->lent == 0;
  });
  std::deque<Call> now(calls_.begin(), later);
  calls_.erase(calls_.begin(), later);
  if (now.empty()) {
    return false;
  }
  for (const Call& call : now) {
    before(call);
  }
  caller_.call(
      context_.now_ns,
      [this, calls = std::move(now)]() mutable {
        for (const Call& call : calls) {
          make(call);
        }
        return std::move(calls);
      },
      [this](const std::deque<Call>& calls) {
        for (const Call& call : calls) {
          after(call);
        }
      });
  return true;
}

// An answer to a claim that became void before it could be given is not given.
bool SourceDriver::still_wanted(const Call& call) const {
  return (call.kind != Call::kStartAt || call.partition->state == ClaimState::kHeld) &&
         (call.kind != Call::kMoved || call.partition->state == ClaimState::kMoving);
}

// What has to be true before the source can act on the call, since it may do so inside it.
void SourceDriver::before(const Call& call) {
  if (call.kind == Call::kStartAt) {
    call.partition->joined = true;
    call.partition->expected = call.position.next;
    ended_ = false; // it may have something again
    poll_again_ = true;
  }
}

void SourceDriver::make(const Call& call) {
  const auto stream = [&] { return mr_str{call.partition->stream.data(), call.partition->stream.size()}; };
  switch (call.kind) {
    case Call::kSettle:
      caller_.plugin().source->settle(caller_.self(), call.batch->id, call.batch->verdicts.data(), call.batch->count);
      return;
    case Call::kStartAt:
      claims_extension_->start_at(caller_.self(), stream(), call.partition->number, call.position.next,
                                  call.position.mark);
      return;
    case Call::kMoved:
      claims_extension_->moved(caller_.self(), stream(), call.partition->number);
      return;
    case Call::kReleased:
      claims_extension_->released(caller_.self(), stream(), call.partition->number);
      return;
    case Call::kStreams:
      streams_extension_->changed(caller_.self());
      return;
    case Call::kDrain:
      caller_.plugin().drain(caller_.self());
      return;
  }
}

void SourceDriver::after(const Call& call) {
  switch (call.kind) {
    case Call::kSettle:
      if (call.batch->partition) {
        --call.batch->partition->lent;
      }
      context_.upward.settled(*call.batch);
      return;
    case Call::kMoved:
    case Call::kReleased:
      claims_->source_told(*call.partition);
      return;
    case Call::kDrain:
      poll_again_ = true; // for its MR_END
      return;
    case Call::kStreams:
      ended_ = false; // it may have something again
      poll_again_ = true;
      return;
    case Call::kStartAt:
      return;
  }
}

// ---- poll
// ----------------------------------------------------------------------------------------------------------------------

bool SourceDriver::wants_poll() const {
  return polling_ && !broken_ && !caller_.busy() && calls_.empty() && context_.now_ns >= not_before_ns_ &&
         (poll_again_ || caller_.port().wake_at() <= context_.now_ns);
}

std::int64_t SourceDriver::due_ns() const {
  std::int64_t due = kNever;
  const auto at = [&](std::int64_t time) {
    if (time > context_.now_ns) {
      due = std::min(due, time);
    }
  };
  if (broken_ || !polling_) {
    return due;
  }
  at(not_before_ns_);
  if (started_) {
    at(caller_.port().wake_at());
  }
  return due;
}

// False: there is no credit.
bool SourceDriver::poll() {
  const mr_budget budget = context_.credit.left();
  if (budget.events == 0) {
    return false;
  }
  poll_again_ = false;
  caller_.port().forget_wake(); // before the call: a wish made during it stays
  caller_.call(
      context_.now_ns,
      [this, budget] {
        Polled polled;
        mr_error error{};
        const mr_status status = caller_.plugin().source->poll(caller_.self(), &budget, &polled.batch, &error);
        polled.answer = answer_of(status, error);
        return polled;
      },
      [this](const Polled& answer) { polled(answer); });
  return true;
}

void SourceDriver::polled(const Polled& polled) {
  const Answer& answer = polled.answer;
  if (answer.status == MR_OK || answer.status == MR_END) {
    failures_ = 0;
    ended_ = answer.status == MR_END;
    if (polled.batch.id != 0) {
      poll_again_ = answer.status == MR_OK;
      if (ended_) {
        blame("answered MR_END together with a batch");
      }
      take(polled.batch);
    }
    return;
  }
  if (answer.status == MR_TRANSIENT) {
    poll_again_ = true;
    not_before_ns_ = context_.now_ns + backoff(context_.settings.retry, ++failures_, context_.random);
    context_.watcher.log(MR_LOG_WARN, caller_.name(), "cannot be read just now: " + answer.text);
    return;
  }
  if (answer.status != MR_FATAL && answer.status != MR_INVALID) {
    blame("poll answered status " + std::to_string(answer.status) + ", which it may not");
  }
  set_broken(answer.text);
}

namespace {

std::string_view view(const mr_str& text) { return {text.data ? text.data : "", text.size}; }

// What an event costs beside its own bytes, in the source, in the flow and on the heap. Without it a ceiling of 64 MiB
// let a process of small events grow to 215 MiB.
constexpr std::uint64_t kBesideBytes = 512;

std::uint64_t bytes_of(const mr_batch& given) {
  std::uint64_t bytes = given.count * kBesideBytes;
  for (std::size_t i = 0; i < given.count; ++i) {
    const mr_event& event = given.events[i];
    bytes += event.payload.size + event.key.size;
    for (std::uint32_t h = 0; h < event.header_count; ++h) {
      bytes += event.headers[h].key.size + event.headers[h].value.size;
    }
  }
  return bytes;
}

} // namespace

void SourceDriver::take(const mr_batch& given) {
  if (!is_sound(given)) {
    return;
  }
  const mr_range& covers = *given.covers;
  Partition* partition = covers.partition < 0 ? nullptr : &claims_->of(view(covers.stream), covers.partition);
  const bool good = are_events_sound(given) && (!partition || joins(given, *partition));
  const std::uint64_t bytes = bytes_of(given);
  Batch& batch = context_.ledger.open(given, partition, bytes, context_.now_ns);
  if (partition) {
    ++partition->lent;
  }
  context_.credit.take(given.count, bytes);
  batch.reserved = context_.credit.expected_output(bytes);
  context_.credit.reserve(batch.reserved);
  context_.counters.batches_in.add();
  context_.counters.events_in.add(given.count);
  context_.counters.bytes_in.add(bytes);
  events_polled_ += std::max<std::uint64_t>(given.count, 1);
  if (good && (!partition || partition->state == ClaimState::kHeld)) {
    if (partition) {
      partition->joined = true;
      partition->expected = covers.next;
    }
    batches_.push_back(&batch);
    return;
  }
  batch.abandoned = true;
  context_.ledger.raise_all(batch, MR_ABANDONED);
  context_.ledger.end(batch);
  if (!good && partition && has_claims()) {
    claims_->distrust(*partition);
  } else if (!good) {
    set_broken("it handed in a batch that cannot be taken, and has no position to go back to");
  }
}

// False: it cannot even be settled.
bool SourceDriver::is_sound(const mr_batch& given) {
  std::string_view wrong;
  if (!given.covers) {
    wrong = "a batch without `covers`";
  } else if (given.count > 0 && !given.events) {
    wrong = "a batch without its events";
  } else if (given.id <= greatest_id_) {
    for (const Batch* batch = context_.ledger.oldest(); batch; batch = batch->newer) {
      if (batch->id == given.id) {
        wrong = "a batch with the id of another that is not settled";
      }
    }
  }
  greatest_id_ = std::max(greatest_id_, given.id);
  if (!wrong.empty()) {
    blame("handed in " + std::string(wrong));
    set_broken("handed in " + std::string(wrong));
  }
  return wrong.empty();
}

bool SourceDriver::are_events_sound(const mr_batch& given) {
  const mr_range& covers = *given.covers;
  const bool ranged = covers.partition >= 0;
  if (covers.partition < -1 || covers.next < covers.first) {
    blame("handed in a batch of partition " + std::to_string(covers.partition) + " with the range [" +
          std::to_string(covers.first) + ", " + std::to_string(covers.next) + ")");
    return false;
  }
  std::uint64_t least = covers.first;
  for (std::size_t i = 0; i < given.count; ++i) {
    const mr_event& event = given.events[i];
    if (event.origin != given.covers) {
      blame("handed in an event whose origin is not its batch");
      return false;
    }
    if (!ranged) {
      continue;
    }
    if (event.position < least || event.position >= covers.next) {
      blame("handed in position " + std::to_string(event.position) + " where the next is in [" + std::to_string(least) +
            ", " + std::to_string(covers.next) + ")");
      return false;
    }
    least = event.position + 1;
  }
  return true;
}

bool SourceDriver::joins(const mr_batch& given, Partition& partition) {
  const std::string which = partition.stream + "/" + std::to_string(partition.number);
  switch (partition.state) {
    case ClaimState::kMoving:
    case ClaimState::kReleasing:
      return true; // on its way when that came; not taken
    case ClaimState::kAsked:
    case ClaimState::kAsking:
      return true; // it took the answer to an earlier claim for the one to its latest; not taken, so that it claims
                   // again
    case ClaimState::kNone:
      blame("handed in a batch of " + which + ", which it does not hold");
      return false;
    case ClaimState::kHeld:
      break;
  }
  if (partition.joined && given.covers->first != partition.expected) {
    blame("handed in a batch of " + which + " from " + std::to_string(given.covers->first) +
          " that does not join the one before, which ended at " + std::to_string(partition.expected));
    return false;
  }
  return true;
}

} // namespace millrace::flow
