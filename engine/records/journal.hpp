// What makes several files change together: records are written into one file, durable at once, before each goes to a
// file of its own at leisure. What a process left behind in it when it ended, however it ended, the next one takes
// over.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "engine/records/records.hpp"

namespace millrace::records {

// One at a time for each folder and process; processes share a folder, each with journals of its own.
class Journal {
 public:
  // Hands every record of a journal that no living process holds to `put`, the oldest of each first; `put` has to make
  // no file durable. A journal of more than `limit` bytes is ended. Throws Unavailable, also what `put` throws.
  Journal(std::filesystem::path folder, std::size_t limit, const std::function<void(const Record&)>& put);
  // What is in it stays for the next one.
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // All or none, durable when it returns; one call at a time. By the next call the records have files of their own.
  // Throws Unavailable.
  void append(std::span<const Record> records);

 private:
  // A file that this process holds; the lock on it ends with the descriptor.
  struct Held {
    std::filesystem::path path;
    int fd = -1;
  };

  void take_over(const std::function<void(const Record&)>& put);
  void begin();
  void end();
  void settle();
  bool is_settled(const std::vector<Held>& held);

  const std::filesystem::path folder_;
  const std::size_t limit_;
  std::optional<Held> current_; // with what follows of whoever appends
  std::size_t size_ = 0;
  std::mutex mutex_; // guards what follows
  std::condition_variable changed_;
  bool ending_ = false;
  std::vector<Held> ended_; // removed when all that they speak of is durable
  std::thread thread_;      // does that: it may take long
};

// Bytes of a journal, and what they say. A batch that is not whole ends it.
std::string journal_batch(std::span<const Record> records);
std::vector<Record> journal_records(std::string_view bytes);

} // namespace millrace::records
