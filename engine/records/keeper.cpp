#include "engine/records/keeper.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <utility>

namespace millrace::records {
namespace {

// A note says which records are not outside yet: their names, each part with a NUL behind it.
constexpr std::string_view kUnsent = "unsent";
constexpr std::string_view kOwn = "."; // the scope of notes; no pipeline is called so
// Notes that wait at the same time; more than anybody keeps records of one kind.
constexpr std::size_t kMostNotes = 2'000;
constexpr std::size_t kBeyond = 1'000; // records that are looked for behind those that stay

Record note_of(std::span<const Record> records) {
  static std::atomic<unsigned> number = 0;
  const std::int64_t at_us = records.front().time_us;
  Record out{
      std::string(kOwn), std::string(kUnsent), fmt::format("{:020}.{}.{:08}", at_us, ::getpid(), number++), at_us, {}};
  for (const Record& record : records) {
    for (const std::string* part : {&record.scope, &record.kind, &record.key}) {
      out.bytes += *part;
      out.bytes += '\0';
    }
  }
  return out;
}

std::vector<Name> names_in(const Record& note) {
  if (note.bytes.empty()) { // of an older version: "KIND KEY" of one record; kinds have no blank, keys may
    const std::size_t blank = std::min(note.key.find(' '), note.key.size());
    return {{note.scope, note.key.substr(0, blank), note.key.substr(std::min(blank + 1, note.key.size()))}};
  }
  std::vector<Name> out;
  std::string_view left = note.bytes;
  const auto part = [&left] {
    const std::size_t end = std::min(left.find('\0'), left.size());
    std::string found(left.substr(0, end));
    left.remove_prefix(std::min(end + 1, left.size()));
    return found;
  };
  while (!left.empty()) {
    std::string scope = part();
    std::string kind = part();
    out.push_back({std::move(scope), std::move(kind), part()});
  }
  return out;
}

std::vector<Name> beyond(const std::vector<Record>& latest_first, std::size_t keep) {
  std::vector<Name> out;
  for (std::size_t i = keep; i < latest_first.size(); ++i) {
    out.push_back(latest_first[i].name());
  }
  return out;
}

} // namespace

Keeper::Keeper(std::unique_ptr<Records> here, std::unique_ptr<Records> outside, std::vector<std::string> scopes,
               host::Log& log, std::chrono::nanoseconds retry)
    : here_(std::move(here)), outside_(std::move(outside)), log_(log), retry_(retry) {
  if (outside_ == nullptr) {
    return;
  }
  scopes.emplace_back(kOwn);
  for (const std::string& scope : scopes) {
    std::vector<Record> left = here_->names(scope, kUnsent, kMostNotes);
    for (auto record = left.rbegin(); record != left.rend(); ++record) {
      waiting_.push_back(record->name());
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

std::string Keeper::keep(std::span<const Record> records, std::chrono::nanoseconds patience) {
  if (records.empty()) {
    return {};
  }
  if (outside_ == nullptr) {
    try {
      here_->write(records);
      return {};
    } catch (const Unavailable& error) {
      return error.what();
    }
  }
  const Record note = note_of(records);
  try {
    std::vector<Record> all(records.begin(), records.end());
    all.push_back(note);
    here_->write(all);
  } catch (const Unavailable& not_here) { // then outside at once, or nowhere
    try {
      outside_->write(records);
      return {};
    } catch (const Unavailable& error) {
      return fmt::format("{}; {}", not_here.what(), error.what());
    }
  }
  const Name name = note.name();
  std::unique_lock lock(mutex_);
  waiting_.push_back(name);
  if (waiting_.size() > kMostNotes) { // what it speaks of is pruned by now
    here_->forget(waiting_.front());
    waiting_.erase(waiting_.begin());
  }
  trouble_.clear(); // so that it is tried at once
  changed_.notify_all();
  const auto sent = [&] { return std::ranges::find(waiting_, name) == waiting_.end(); };
  changed_.wait_for(lock, patience, [&] { return sent() || !trouble_.empty(); });
  return sent()             ? std::string()
         : trouble_.empty() ? fmt::format("{} has not answered for {:.1f} s", outside_->name(),
                                          std::chrono::duration<double>(patience).count())
                            : trouble_;
}

void Keeper::prune(const std::string& scope, const std::string& kind, std::size_t keep) {
  try {
    here_->forget(beyond(here_->names(scope, kind, keep + kBeyond), keep));
  } catch (const Unavailable&) { // next time
  }
  const Limit limit{scope, kind, keep};
  const std::lock_guard lock(mutex_);
  if (outside_ != nullptr && std::ranges::find(limits_, limit) == limits_.end()) {
    limits_.push_back(limit);
    changed_.notify_all();
  }
}

// In the thread: a database that has much to forget holds up nobody.
void Keeper::forget_outside(const Limit& limit) {
  try {
    const std::vector<Name> names = beyond(outside_->names(limit.scope, limit.kind, limit.keep + kBeyond), limit.keep);
    if (!names.empty()) {
      outside_->forget(names);
    }
  } catch (const Unavailable&) { // next time
    was_silent();
  }
}

std::vector<Record> Keeper::newest(std::string_view scope, std::string_view kind, std::size_t limit) {
  return both(&Records::newest, scope, kind, limit);
}

std::vector<Record> Keeper::names(std::string_view scope, std::string_view kind, std::size_t limit) {
  return both(&Records::names, scope, kind, limit);
}

// Whoever did not answer is not asked again for a while: what is here has to do.
bool Keeper::asks_outside() const {
  const std::lock_guard lock(mutex_);
  return outside_ != nullptr && std::chrono::steady_clock::now() >= leave_alone_until_;
}

std::string Keeper::silent() const { return outside_ == nullptr || asks_outside() ? std::string() : outside_->name(); }

void Keeper::was_silent() {
  const std::lock_guard lock(mutex_);
  leave_alone_until_ = std::chrono::steady_clock::now() + retry_;
}

std::vector<Record> Keeper::both(List list, std::string_view scope, std::string_view kind, std::size_t limit) {
  std::vector<Record> out = (here_.get()->*list)(scope, kind, limit);
  if (asks_outside()) {
    try {
      for (Record& record : (outside_.get()->*list)(scope, kind, limit)) {
        const auto same = std::ranges::find(out, record.key, &Record::key);
        if (same == out.end()) {
          out.push_back(std::move(record));
        } else if (same->time_us < record.time_us) { // another engine's
          *same = std::move(record);
        }
      }
    } catch (const Unavailable&) {
      was_silent();
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
    return asks_outside() ? outside_->get(scope, kind, key) : std::nullopt;
  } catch (const Unavailable&) {
    was_silent();
    return std::nullopt;
  }
}

// Empty: what it names is outside now, as far as it is still here.
std::string Keeper::bring_out(const Name& note) {
  try {
    std::vector<Record> records;
    if (const std::optional<Record> found = here_->get(note.scope, note.kind, note.key)) {
      for (const Name& name : names_in(*found)) {
        if (std::optional<Record> record = here_->get(name.scope, name.kind, name.key)) {
          records.push_back(std::move(*record));
        }
      }
    }
    if (!records.empty()) {
      outside_->write(records);
    }
    here_->forget(note);
    return {};
  } catch (const Unavailable& error) {
    was_silent();
    return error.what();
  }
}

void Keeper::run() {
  bool told = false;
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (waiting_.empty() && limits_.empty()) {
      changed_.wait(lock, [this] { return ending_ || !waiting_.empty() || !limits_.empty(); });
      continue;
    }
    if (waiting_.empty()) {
      const Limit limit = limits_.front();
      lock.unlock();
      forget_outside(limit);
      lock.lock();
      std::erase(limits_, limit);
      continue;
    }
    const Name note = waiting_.front();
    lock.unlock();
    const std::string trouble = bring_out(note);
    lock.lock();
    if (trouble.empty()) {
      std::erase(waiting_, note);
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
