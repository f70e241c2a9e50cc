#include "engine/records/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <utility>

#include "engine/records/descriptor.hpp"

namespace millrace::records {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = ".journal."; // no name of a scope begins with a dot
constexpr std::string_view kLock = ".lock";
constexpr int kBase = 16; // of the numbers in a journal

// FNV-1a: against what a loss of power tears, not against people.
std::uint64_t checksum(std::string_view bytes) {
  std::uint64_t out = 0xcbf29ce484222325U;
  for (const char c : bytes) {
    out = (out ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return out;
}

// Numbers with blanks between them up to the line end, which is taken away with them.
template <std::size_t Count>
std::optional<std::array<std::uint64_t, Count>> take_numbers(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  std::array<std::uint64_t, Count> out{};
  const char* at = text.data();
  const char* const last = text.data() + end;
  for (std::uint64_t& number : out) {
    const auto [next, error] = std::from_chars(at, last, number, kBase);
    if (error != std::errc() || (next != last && *next != ' ')) {
      return std::nullopt;
    }
    at = next == last ? last : next + 1;
  }
  text.remove_prefix(end + 1);
  return at == last ? std::optional(out) : std::nullopt;
}

std::optional<std::string> take(std::string_view& text, std::uint64_t size) {
  if (size > text.size()) {
    return std::nullopt;
  }
  std::string out(text.substr(0, size));
  text.remove_prefix(size);
  return out;
}

std::optional<Record> take_record(std::string_view& text) {
  const auto head = take_numbers<5>(text); // the time, and the sizes of what follows
  if (!head) {
    return std::nullopt;
  }
  Record out;
  out.time_us = static_cast<std::int64_t>((*head)[0]);
  std::size_t size = 1;
  for (std::string* part : {&out.scope, &out.kind, &out.key, &out.bytes}) {
    std::optional<std::string> found = take(text, (*head)[size++]);
    if (!found) {
      return std::nullopt;
    }
    *part = std::move(*found);
  }
  return out;
}

// Whoever makes or takes over a journal: nobody may take one that is not locked yet for one that was left behind.
// A file system without locks has one process to a folder.
Descriptor folder_lock(const fs::path& folder) {
  Descriptor out(folder / kLock, O_RDWR | O_CREAT);
  while (::flock(out.fd(), LOCK_EX) != 0 && errno == EINTR) {
  }
  return out;
}

std::string content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

// "SIZE CHECKSUM\n" in front of the records; of each "TIME SIZE SIZE SIZE SIZE\n", scope, kind, key and bytes.
std::string journal_batch(std::span<const Record> records) {
  std::string out;
  for (const Record& record : records) {
    out += fmt::format("{:x} {:x} {:x} {:x} {:x}\n{}{}{}{}", static_cast<std::uint64_t>(record.time_us),
                       record.scope.size(), record.kind.size(), record.key.size(), record.bytes.size(), record.scope,
                       record.kind, record.key, record.bytes);
  }
  return fmt::format("{:x} {:x}\n", out.size(), checksum(out)) + out;
}

std::vector<Record> journal_records(std::string_view bytes) {
  std::vector<Record> out;
  while (!bytes.empty()) {
    const auto head = take_numbers<2>(bytes);
    if (!head || (*head)[0] > bytes.size()) {
      break;
    }
    std::string_view batch = bytes.substr(0, (*head)[0]);
    if (checksum(batch) != (*head)[1]) {
      break;
    }
    bytes.remove_prefix(batch.size());
    while (std::optional<Record> record = batch.empty() ? std::nullopt : take_record(batch)) {
      out.push_back(std::move(*record));
    }
  }
  return out;
}

Journal::Journal(fs::path folder, std::size_t limit, const std::function<void(const Record&)>& put)
    : folder_(std::move(folder)), limit_(limit) {
  take_over(put);
  thread_ = std::thread([this] { settle(); });
}

Journal::~Journal() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
  end();
  for (const Held& held : ended_) {
    ::close(held.fd);
  }
}

void Journal::take_over(const std::function<void(const Record&)>& put) {
  const Descriptor alone = folder_lock(folder_);
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder_, failed)) {
    if (!entry.path().filename().string().starts_with(kPrefix)) {
      continue;
    }
    Descriptor file(entry.path(), O_RDWR);
    if (::flock(file.fd(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      continue; // of a process that lives
    }
    for (const Record& record : journal_records(content(entry.path()))) {
      put(record);
    }
    ended_.push_back({entry.path(), file.release()});
  }
}

void Journal::append(std::span<const Record> records) {
  if (current_ && size_ >= limit_) {
    end();
  }
  if (!current_) {
    begin();
  }
  const std::string batch = journal_batch(records);
  try {
    write_all(current_->path, current_->fd, batch);
    if (::fdatasync(current_->fd) != 0) {
      unavailable(current_->path, "written", errno);
    }
  } catch (const Unavailable&) { // nobody knows what stands there now, and nothing may be written behind it
    end();
    throw;
  }
  size_ += batch.size();
}

void Journal::begin() {
  static std::atomic<unsigned> number = 0;
  const Descriptor alone = folder_lock(folder_);
  for (;;) {
    const fs::path path = folder_ / fmt::format("{}{}.{}", kPrefix, ::getpid(), number++);
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST) {
      continue; // taken over from a process that had this number
    }
    if (fd < 0) {
      unavailable(path, "made", errno);
    }
    ::flock(fd, LOCK_EX | LOCK_NB);
    current_ = Held{path, fd};
    size_ = 0;
    break;
  }
  try {
    Descriptor(folder_, O_RDONLY | O_DIRECTORY).sync();
  } catch (const Unavailable&) {
    end();
    throw;
  }
}

void Journal::end() {
  if (!current_) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    ended_.push_back(std::move(*current_));
  }
  current_.reset();
  changed_.notify_all();
}

// Removes what has been ended once everything on the file system is durable, the files of its records among it. What
// cannot be made durable now is tried again with the next one that ends, or by the next process.
void Journal::settle() {
  std::size_t failed = 0;
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return ending_ || ended_.size() > failed; });
    if (ending_) {
      return;
    }
    std::vector<Held> held = std::exchange(ended_, {});
    lock.unlock();
    const bool settled = is_settled(held);
    lock.lock();
    if (settled) {
      failed = 0;
      continue;
    }
    failed = held.size();
    std::ranges::move(held, std::back_inserter(ended_));
  }
}

bool Journal::is_settled(const std::vector<Held>& held) {
  if (::syncfs(held.front().fd) != 0) {
    return false;
  }
  for (const Held& one : held) {
    ::unlink(one.path.c_str());
    ::close(one.fd);
  }
  return true;
}

} // namespace millrace::records
