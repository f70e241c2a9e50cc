// What an engine writes down of itself: receipts, rulesets, which one is active, which engines there are. A record is
// bytes under a name; what is in them is the business of whoever writes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace millrace::records {

struct Record {
  std::string scope; // the pipeline that it is about
  std::string kind;  // "receipt", "ruleset", …
  std::string key;   // unique within scope and kind; not empty
  std::int64_t time_us = 0;
  std::string bytes;

  bool operator==(const Record&) const = default;
};

// What keeps them cannot be reached, or does not take them. what() is a sentence that names it.
class Unavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// [any] Each call is whole or throws Unavailable.
class Records {
 public:
  Records() = default;
  virtual ~Records() = default;
  Records(const Records&) = delete;
  Records& operator=(const Records&) = delete;

  // Durable when it returns; takes the place of one with the same name. With `only_new` one that is there stays, and
  // the answer is false.
  virtual bool put(const Record& record, bool only_new) = 0;
  // The latest first.
  virtual std::vector<Record> newest(std::string_view scope, std::string_view kind, std::size_t limit) = 0;
  // The same without their bytes.
  virtual std::vector<Record> names(std::string_view scope, std::string_view kind, std::size_t limit) = 0;
  virtual std::optional<Record> get(std::string_view scope, std::string_view kind, std::string_view key) = 0;
  // No matter whether it is there.
  virtual void forget(std::string_view scope, std::string_view kind, std::string_view key) = 0;
};

// As long as the process lives.
class Memory final : public Records {
 public:
  bool put(const Record& record, bool only_new) override;
  std::vector<Record> newest(std::string_view scope, std::string_view kind, std::size_t limit) override;
  std::vector<Record> names(std::string_view scope, std::string_view kind, std::size_t limit) override;
  std::optional<Record> get(std::string_view scope, std::string_view kind, std::string_view key) override;
  void forget(std::string_view scope, std::string_view kind, std::string_view key) override;

 private:
  using Name = std::tuple<std::string, std::string, std::string>;
  std::mutex mutex_; // guards what follows
  std::map<Name, Record> records_;
};

// The latest first, at most so many.
void keep_newest(std::vector<Record>& records, std::size_t limit);

} // namespace millrace::records
