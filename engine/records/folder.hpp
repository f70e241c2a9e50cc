// Records as files: FOLDER/scope/kind/key, each with its time in the first line. Several processes may share a folder.
// One record changes as its file does, at once; several go through a journal.
#pragma once

#include <filesystem>
#include <mutex>

#include "engine/records/journal.hpp"
#include "engine/records/records.hpp"

namespace millrace::records {

class Folder final : public Records {
 public:
  static constexpr std::size_t kJournalBytes = 1u << 20;

  // Makes the folder if it is not there, and finishes what a process that ended in it had begun. Throws Unavailable
  // when it cannot be written.
  explicit Folder(std::filesystem::path folder, std::size_t journal_bytes = kJournalBytes);

  std::string name() const override { return folder_.string(); }
  void write(std::span<const Record> records) override;
  bool put_new(const Record& record) override;
  using Records::forget;
  void forget(std::span<const Name> names) override;
  std::vector<Record> newest(std::string_view scope, std::string_view kind, std::size_t limit) override;
  std::vector<Record> names(std::string_view scope, std::string_view kind, std::size_t limit) override;
  std::optional<Record> get(std::string_view scope, std::string_view kind, std::string_view key) override;

 private:
  enum class Part { whole, name };
  std::vector<Record> list(std::string_view scope, std::string_view kind, std::size_t limit, Part part) const;
  enum class Sync { yes, no };
  bool put_file(const Record& record, bool only_new, Sync sync);
  void put_again(const Record& record);

  const std::filesystem::path folder_;
  std::mutex mutex_; // guards the journal: what is written into it has its files before the next is
  Journal journal_;
};

} // namespace millrace::records
