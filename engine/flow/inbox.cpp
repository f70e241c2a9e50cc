// See inbox.hpp.
#include "engine/flow/inbox.hpp"

#include <algorithm>

namespace millrace::flow {

OwnedReason::OwnedReason(const mr_reason& reason) {
  const mr_str given[] = {reason.code, reason.text, reason.rule, reason.path, reason.ruleset};
  for (std::size_t i = 0; i < std::size(given); ++i) {
    if (!given[i].data) {
      continue;
    }
    bytes_.append(given[i].data, given[i].size);
    parts_[i] = {static_cast<std::uint32_t>(given[i].size), true};
  }
}

mr_reason OwnedReason::view() const {
  mr_str seen[std::size(decltype(parts_){})] = {};
  std::size_t at = 0;
  for (std::size_t i = 0; i < std::size(seen); ++i) {
    if (parts_[i].present) {
      seen[i] = {bytes_.data() + at, parts_[i].size};
      at += parts_[i].size;
    }
  }
  return {seen[0], seen[1], seen[2], seen[3], seen[4]};
}

std::shared_ptr<Port> Inbox::open_port() {
  const std::lock_guard lock(mutex_);
  return std::make_shared<Port>(shared_from_this(), ++ports_);
}

void Inbox::post(Letter letter) {
  std::unique_lock lock(mutex_);
  if (closed_) {
    return;
  }
  letters_.push_back(std::move(letter));
  notify_if_asleep(lock);
}

void Inbox::notify_if_asleep(std::unique_lock<std::mutex>& lock) {
  if (!std::exchange(asleep_, false)) {
    return;
  }
  lock.unlock();
  notify_();
}

void Inbox::take(std::vector<Letter>& into) {
  const std::lock_guard lock(mutex_);
  asleep_ = false;
  woken_ = false;
  if (into.empty()) {
    into.swap(letters_);
    return;
  }
  std::move(letters_.begin(), letters_.end(), std::back_inserter(into));
  letters_.clear();
}

bool Inbox::rest() {
  const std::lock_guard lock(mutex_);
  if (!letters_.empty() || woken_) {
    return false;
  }
  asleep_ = true;
  return true;
}

void Inbox::close() {
  std::vector<Letter> dropped; // destroyed without the lock: what a letter holds may post when it goes
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    dropped.swap(letters_);
  }
}

void Port::wake(std::int64_t at_ns) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (at_ns >= wake_at_) {
      return;
    }
    wake_at_ = at_ns;
  }
  std::unique_lock lock(inbox_->mutex_);
  if (inbox_->closed_) {
    return;
  }
  inbox_->woken_ = true;
  inbox_->notify_if_asleep(lock);
}

void Port::claim(mr_str stream, std::int32_t partition, std::uint64_t own, std::uint64_t own_mark) noexcept {
  inbox_->post({serial_, Claimed{std::string(stream.data, stream.size), partition, own, own_mark}});
}

void Port::release(mr_str stream, std::int32_t partition, bool lost) noexcept {
  inbox_->post({serial_, Released{std::string(stream.data, stream.size), partition, lost}});
}

void Port::named(std::uint32_t id, const mr_target& target) noexcept {
  const std::lock_guard lock(mutex_);
  const auto known = [id](const Target& seen) { return seen.id == id; };
  if (std::none_of(targets_.begin(), targets_.end(), known)) {
    targets_.push_back({id, &target});
  }
}

void Port::complete(std::uint64_t delivery, std::uint32_t rest, const mr_outcome* outcomes, std::size_t count,
                    const mr_error* error) noexcept {
  Completed completed{delivery, rest, {}, error ? std::string(error->text) : std::string()};
  completed.outcomes.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const mr_outcome& given = outcomes[i];
    completed.outcomes.push_back({given.part, given.record, given.outcome, OwnedReason(given.reason)});
  }
  inbox_->post({serial_, std::move(completed)});
}

void Port::failed(const mr_error& error) noexcept { inbox_->post({serial_, SaidFailed{error}}); }

std::int64_t Port::wake_at() const {
  const std::lock_guard lock(mutex_);
  return wake_at_;
}

void Port::forget_wake() {
  const std::lock_guard lock(mutex_);
  wake_at_ = kNever;
}

std::vector<Port::Target> Port::targets_from(std::size_t known) const {
  const std::lock_guard lock(mutex_);
  if (known >= targets_.size()) {
    return {};
  }
  return {targets_.begin() + static_cast<std::ptrdiff_t>(known), targets_.end()};
}

} // namespace millrace::flow
