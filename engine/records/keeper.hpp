// Keeps records here at once and outside as soon as that can be reached: nothing that an operator asks for waits for an
// outside system, and what was written down while it was away comes there later.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "engine/host/log.hpp"
#include "engine/records/records.hpp"

namespace millrace::records {

class Keeper {
 public:
  // `outside` may be null: there is none. What earlier processes could not bring out is brought out; those of older
  // versions noted it under the scopes. `retry` is how long it leaves alone what did not answer.
  Keeper(std::unique_ptr<Records> here, std::unique_ptr<Records> outside, std::vector<std::string> scopes,
         host::Log& log, std::chrono::nanoseconds retry);
  // What is not outside by then stays here for the next process.
  ~Keeper();
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  // [any] Keeps all of them or none, and waits up to `patience` until they are outside. Empty: they are everywhere
  // where they should be; otherwise why not.
  std::string keep(std::span<const Record> records, std::chrono::nanoseconds patience);
  // [any] Forgets all but the latest so many: here at once, outside in a while.
  void prune(const std::string& scope, const std::string& kind, std::size_t keep);

  // [any] Here and outside, each once, the latest first; what is outside only as far as it can be reached.
  std::vector<Record> newest(std::string_view scope, std::string_view kind, std::size_t limit);
  // [any] The same without their bytes.
  std::vector<Record> names(std::string_view scope, std::string_view kind, std::size_t limit);
  std::optional<Record> get(std::string_view scope, std::string_view kind, std::string_view key);

  // [any] The outside system that did not answer when it was asked last, so that only what is here was answered; empty:
  // there is none.
  std::string silent() const;

  // [any] What several engines can share: outside, or what is here where there is no outside. Each call may block.
  Records& shared() const { return outside_ == nullptr ? *here_ : *outside_; }

 private:
  using List = std::vector<Record> (Records::*)(std::string_view scope, std::string_view kind, std::size_t limit);
  std::vector<Record> both(List list, std::string_view scope, std::string_view kind, std::size_t limit);
  bool asks_outside() const;
  void was_silent();
  struct Limit {
    std::string scope, kind;
    std::size_t keep = 0;
    bool operator==(const Limit&) const = default;
  };
  void run();
  std::string bring_out(const Name& note);
  void forget_outside(const Limit& limit);

  const std::unique_ptr<Records> here_;
  const std::unique_ptr<Records> outside_;
  host::Log& log_;
  const std::chrono::nanoseconds retry_;
  mutable std::mutex mutex_; // guards what follows
  std::condition_variable changed_;
  std::vector<Name> waiting_; // notes here of what is not outside yet, in the order in which they came
  std::vector<Limit> limits_; // to be kept outside
  std::string trouble_;       // why the last attempt failed
  std::chrono::steady_clock::time_point leave_alone_until_; // nobody waits twice in a row for who does not answer
  bool ending_ = false;
  std::thread thread_; // none where there is no outside
};

} // namespace millrace::records
