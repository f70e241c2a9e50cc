// What an engine writes down of itself: receipts, rulesets, which one is active, which engines there are. A record is
// bytes under a name; what is in them is the business of whoever writes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::records {

struct Name {
  std::string scope; // the pipeline that it is about
  std::string kind;  // "receipt", "ruleset", …
  std::string key;   // unique within scope and kind; not empty

  auto operator<=>(const Name&) const = default;
};

struct Record {
  std::string scope;
  std::string kind;
  std::string key;
  std::int64_t time_us = 0;
  std::string bytes;

  Name name() const { return {scope, kind, key}; }
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

  // What people call it: "sink.postgres of pipeline 'load'".
  virtual std::string name() const = 0;

  // All of them or none, durable when it returns; each takes the place of one with the same name. No name stands there
  // twice. Who reads at that moment may see a part.
  virtual void write(std::span<const Record> records) = 0;
  void put(const Record& record) { write({&record, 1}); }
  // False: there is one of that name, and it stays. Durable like the others.
  virtual bool put_new(const Record& record) = 0;
  // No matter whether they are there. One that comes back after a loss of power may be forgotten again.
  virtual void forget(std::span<const Name> names) = 0;
  void forget(const Name& name) { forget({&name, 1}); }

  // The latest first.
  virtual std::vector<Record> newest(std::string_view scope, std::string_view kind, std::size_t limit) = 0;
  // The same without their bytes.
  virtual std::vector<Record> names(std::string_view scope, std::string_view kind, std::size_t limit) = 0;
  virtual std::optional<Record> get(std::string_view scope, std::string_view kind, std::string_view key) = 0;
};

// As long as the process lives.
class Memory final : public Records {
 public:
  std::string name() const override { return "the memory of this process"; }
  void write(std::span<const Record> records) override;
  bool put_new(const Record& record) override;
  using Records::forget;
  void forget(std::span<const Name> names) override;
  std::vector<Record> newest(std::string_view scope, std::string_view kind, std::size_t limit) override;
  std::vector<Record> names(std::string_view scope, std::string_view kind, std::size_t limit) override;
  std::optional<Record> get(std::string_view scope, std::string_view kind, std::string_view key) override;

 private:
  std::mutex mutex_; // guards what follows
  std::map<Name, Record> records_;
};

// The latest first, at most so many.
void keep_newest(std::vector<Record>& records, std::size_t limit);

} // namespace millrace::records
