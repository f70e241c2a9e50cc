#include "plugins/source_http/answer.hpp"

#include <fmt/format.h>
#include <millrace/text.hpp>

#include <boost/beast/http/status.hpp>
#include <ctime>
#include <iterator>

namespace millrace::source_http {
namespace {

constexpr std::size_t kLongList = 256u << 10U; // bytes of problems, past which they are listed without texts
constexpr std::size_t kLongText = 400;

constexpr const char* kOutcomeNames[] = {"",         "filtered",  "delivered", "dead_lettered",
                                         "rejected", "abandoned", "failed"};

unsigned status_of(std::uint32_t outcome) {
  switch (outcome) {
    case MR_FILTERED:
    case MR_DELIVERED:
    case MR_DEAD_LETTERED:
      return 200;
    case MR_REJECTED_EVENT:
      return 422;
    default:
      return 503; // abandoned, failed, and whatever is no verdict: not known to be safe
  }
}

// As the text of a JSON string. Bytes that are not UTF-8 become U+FFFD, since the texts may quote what a sender sent.
void append_escaped(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else if (c < 0x80) {
      out += static_cast<char>(c);
    } else {
      const std::size_t size = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC2 ? 2 : 0;
      bool whole = size != 0 && c <= 0xF4 && i + size <= text.size();
      for (std::size_t k = 1; whole && k < size; ++k) {
        whole = (static_cast<unsigned char>(text[i + k]) & 0xC0U) == 0x80U;
      }
      if (!whole) {
        out += "\xEF\xBF\xBD";
        continue;
      }
      out += text.substr(i, size);
      i += size - 1;
    }
  }
}

void append_member(std::string& out, std::string_view name, mr_str value) {
  if (!present(value)) {
    return;
  }
  fmt::format_to(std::back_inserter(out), ",\"{}\":\"", name);
  append_escaped(out, view(value).substr(0, kLongText));
  out += '"';
}

void append_head(std::string& out, const AnswerHead& head, std::size_t body_size) {
  const auto reason = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(head.status));
  fmt::format_to(std::back_inserter(out),
                 "HTTP/1.1 {} {}\r\nDate: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n", head.status,
                 std::string_view(reason.data(), reason.size()), head.date, body_size);
  if (head.retry_after_seconds != 0) {
    fmt::format_to(std::back_inserter(out), "Retry-After: {}\r\n", head.retry_after_seconds);
  }
  if (head.status == 401) {
    out += "WWW-Authenticate: Bearer\r\n";
  } else if (head.status == 405) {
    out += "Allow: POST\r\n";
  } else if (head.status == 415) {
    out += "Accept-Encoding: gzip, zstd\r\n";
  }
  if (!head.keep_alive) {
    out += "Connection: close\r\n";
  } else if (head.http10) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
}

} // namespace

void Tally::add(std::size_t index, const mr_verdict& verdict) {
  const std::uint32_t outcome = verdict.outcome >= MR_FILTERED && verdict.outcome <= MR_FAILED
                                    ? verdict.outcome
                                    : static_cast<std::uint32_t>(MR_FAILED);
  ++counts_[outcome];
  if (outcome > MR_DELIVERED) {
    list(index, {outcome, 0, verdict.reason});
  }
}

void Tally::clear() noexcept {
  for (std::uint64_t& count : counts_) {
    count = 0;
  }
  problems_.clear();
}

unsigned Tally::status() const noexcept {
  for (std::uint32_t outcome = MR_FAILED; outcome > MR_FILTERED; --outcome) {
    if (counts_[outcome] != 0) {
      return status_of(outcome);
    }
  }
  return 200;
}

void Tally::list(std::size_t index, const mr_verdict& verdict) {
  if (!problems_.empty()) {
    problems_ += ',';
  }
  fmt::format_to(std::back_inserter(problems_), R"({{"index":{},"status":{},"outcome":"{}")", index,
                 status_of(verdict.outcome), kOutcomeNames[verdict.outcome]);
  if (verdict.reason != nullptr) {
    append_member(problems_, "code", verdict.reason->code);
    if (problems_.size() < kLongList) {
      append_member(problems_, "path", verdict.reason->path);
      append_member(problems_, "rule", verdict.reason->rule);
      append_member(problems_, "reason", verdict.reason->text);
    }
  }
  problems_ += '}';
}

void Tally::write(std::string& out) const {
  std::uint64_t events = 0;
  for (const std::uint64_t count : counts_) {
    events += count;
  }
  fmt::format_to(std::back_inserter(out), R"({{"events":{})", events);
  for (std::uint32_t outcome = MR_FILTERED; outcome <= MR_FAILED; ++outcome) {
    if (counts_[outcome] != 0) {
      fmt::format_to(std::back_inserter(out), R"(,"{}":{})", kOutcomeNames[outcome], counts_[outcome]);
    }
  }
  if (!problems_.empty()) {
    out += R"(,"problems":[)";
    out += problems_;
    out += ']';
  }
  out += "}\n";
}

void append_answer(std::string& out, const AnswerHead& head, std::string_view body) {
  append_head(out, head, body.size());
  if (head.body) {
    out += body;
  }
}

void append_delivered(std::string& out, std::string_view date) {
  constexpr std::string_view kBefore = "HTTP/1.1 200 OK\r\nDate: ";
  constexpr std::string_view kBehind =
      "\r\nContent-Type: application/json\r\nContent-Length: 27\r\n\r\n{\"events\":1,\"delivered\":1}\n";
  static_assert(std::string_view("{\"events\":1,\"delivered\":1}\n").size() == 27);
  out += kBefore;
  out += date;
  out += kBehind;
}

void append_refusal(std::string& out, const AnswerHead& head, const Refusal& refusal) {
  std::string body = fmt::format(R"({{"error":"{}","reason":")", refusal.error);
  append_escaped(body, refusal.reason);
  body += "\"}\n";
  append_answer(out, head, body);
}

std::string http_date(std::int64_t time_us) {
  const std::time_t seconds = static_cast<std::time_t>(time_us / 1'000'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[parts.tm_wday], parts.tm_mday,
                     kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

} // namespace millrace::source_http
