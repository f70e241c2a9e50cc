// What senders read: heads of answers and their JSON bodies. The table of answers stands in docs/http.md.
#pragma once

#include <millrace/plugin.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::source_http {

// Why a request as a whole was not taken. `error` is one word for programs, `reason` a sentence for people.
struct Refusal {
  unsigned status = 0; // 0: none
  std::string_view error;
  std::string reason;
};

struct AnswerHead {
  unsigned status = 200;
  std::string_view date;            // as HTTP writes it
  bool keep_alive = true;           // else the connection closes behind it
  bool http10 = false;              // says keep-alive aloud
  bool body = true;                 // false: answers HEAD
  unsigned retry_after_seconds = 0; // 0: none
};

// Verdicts of one request, counted and listed as they come, in pieces if need be.
class Tally {
 public:
  // Indexes of the verdicts go on from the last call.
  void add(std::size_t index, const mr_verdict& verdict);
  void clear() noexcept;

  // 200, 422 or 503: the worst of them.
  unsigned status() const noexcept;
  std::uint64_t of(std::uint32_t outcome) const noexcept { return counts_[outcome]; }
  // The body of the answer.
  void write(std::string& out) const;

 private:
  void list(std::size_t index, const mr_verdict& verdict);

  std::uint64_t counts_[MR_FAILED + 1] = {};
  std::string problems_; // JSON objects, separated by commas
};

void append_answer(std::string& out, const AnswerHead& head, std::string_view body);
// The most frequent one: one event, delivered.
void append_delivered(std::string& out, std::string_view date);
void append_refusal(std::string& out, const AnswerHead& head, const Refusal& refusal);

// "Mon, 23 Nov 2026 00:10:00 GMT"
std::string http_date(std::int64_t time_us);

} // namespace millrace::source_http
