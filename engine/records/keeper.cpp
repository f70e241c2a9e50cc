#include "engine/records/keeper.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace millrace::records {
namespace {

constexpr std::string_view kUnsent = "unsent"; // a kind of its own here: names of records that are not outside yet
constexpr std::size_t kAll = 10'000;

// Kinds have no blank, keys may.
std::string unsent_key(std::string_view kind, std::string_view key) { return fmt::format("{} {}", kind, key); }

} // namespace

Keeper::Keeper(std::unique_ptr<Records> here, std::unique_ptr<Records> outside, std::vector<std::string> scopes,
               host::Log& log, std::chrono::nanoseconds retry)
    : here_(std::move(here)), outside_(std::move(outside)), log_(log), retry_(retry) {
  if (outside_ == nullptr) {
    return;
  }
  for (const std::string& scope : scopes) {
    std::vector<Record> left = here_->newest(scope, kUnsent, kAll);
    for (auto record = left.rbegin(); record != left.rend(); ++record) {
      const std::size_t blank = record->key.find(' ');
      waiting_.push_back({scope, record->key.substr(0, blank), record->key.substr(blank + 1)});
    }
  }
  thread_ = std::thread([this] { run(); });
}

Keeper::~Keeper() {
  if (!thread_.joinable()) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::string Keeper::keep(const Record& record, std::chrono::nanoseconds patience) {
  std::string not_here;
  try {
    if (outside_ != nullptr) { // in front, so that a crash in between brings out too much rather than too little
      here_->put({record.scope, std::string(kUnsent), unsent_key(record.kind, record.key), record.time_us, {}}, false);
    }
    here_->put(record, false);
  } catch (const Unavailable& error) {
    not_here = error.what();
  }
  if (outside_ == nullptr) {
    return not_here;
  }
  if (!not_here.empty()) { // then outside at once, or nowhere
    try {
      outside_->put(record, false);
      return {};
    } catch (const Unavailable& error) {
      return not_here + "; " + error.what();
    }
  }
  const Name name{record.scope, record.kind, record.key};
  std::unique_lock lock(mutex_);
  if (std::ranges::find(waiting_, name) == waiting_.end()) {
    waiting_.push_back(name);
  }
  trouble_.clear(); // so that it is tried at once
  changed_.notify_all();
  const auto sent = [&] { return std::ranges::find(waiting_, name) == waiting_.end(); };
  changed_.wait_for(lock, patience, [&] { return sent() || !trouble_.empty(); });
  return sent() ? std::string() : trouble_.empty() ? "it takes longer than usual" : trouble_;
}

void Keeper::forget(std::string_view scope, std::string_view kind, std::string_view key) {
  try {
    here_->forget(scope, kUnsent, unsent_key(kind, key));
    here_->forget(scope, kind, key);
    if (outside_ != nullptr) {
      outside_->forget(scope, kind, key);
    }
  } catch (const Unavailable&) { // tried again when the next one is forgotten
  }
}

std::vector<Record> Keeper::newest(std::string_view scope, std::string_view kind, std::size_t limit) {
  return both(&Records::newest, scope, kind, limit);
}

std::vector<Record> Keeper::names(std::string_view scope, std::string_view kind, std::size_t limit) {
  return both(&Records::names, scope, kind, limit);
}

std::vector<Record> Keeper::both(List list, std::string_view scope, std::string_view kind, std::size_t limit) {
  std::vector<Record> out = (here_.get()->*list)(scope, kind, limit);
  if (outside_ != nullptr) {
    try {
      for (Record& record : (outside_.get()->*list)(scope, kind, limit)) {
        const auto same = std::ranges::find(out, record.key, &Record::key);
        if (same == out.end()) {
          out.push_back(std::move(record));
        } else if (same->time_us < record.time_us) { // another engine's
          *same = std::move(record);
        }
      }
    } catch (const Unavailable&) { // what is here has to do
    }
  }
  keep_newest(out, limit);
  return out;
}

std::optional<Record> Keeper::get(std::string_view scope, std::string_view kind, std::string_view key) {
  if (std::optional<Record> found = here_->get(scope, kind, key)) {
    return found;
  }
  try {
    return outside_ == nullptr ? std::nullopt : outside_->get(scope, kind, key);
  } catch (const Unavailable&) {
    return std::nullopt;
  }
}

// Empty: it is outside now, or is no more.
std::string Keeper::bring_out(const Name& name) {
  try {
    if (const std::optional<Record> record = here_->get(name.scope, name.kind, name.key)) {
      outside_->put(*record, false);
    }
    here_->forget(name.scope, kUnsent, unsent_key(name.kind, name.key));
    return {};
  } catch (const Unavailable& error) {
    return error.what();
  }
}

void Keeper::run() {
  bool told = false;
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (waiting_.empty()) {
      changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
      continue;
    }
    const Name name = waiting_.front();
    lock.unlock();
    const std::string trouble = bring_out(name);
    lock.lock();
    if (trouble.empty()) {
      waiting_.erase(waiting_.begin());
      told = false;
      changed_.notify_all();
      continue;
    }
    trouble_ = trouble;
    changed_.notify_all();
    if (!std::exchange(told, true)) {
      log_.write(MR_LOG_WARN, {}, "records wait here until they can be brought out", {{"reason", trouble}});
    }
    changed_.wait_for(lock, retry_, [this] { return ending_ || trouble_.empty(); });
  }
}

} // namespace millrace::records
