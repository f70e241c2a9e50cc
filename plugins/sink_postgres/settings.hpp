// What the configuration of this sink says, declared and read.
#pragma once

#include "plugins/sink_postgres/breaker.hpp"

#include <millrace/config.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::sink_postgres {

inline constexpr mr_field kFields[] = {
    {"url", MR_STRING, MR_REQUIRED | MR_SECRET, nullptr, nullptr,
     "Where PostgreSQL is, as libpq says it: postgresql://user:password@host:port/database, or host=… port=… pairs. "
     "Several hosts are tried in order; the first that takes writes is used. A pooler that shares sessions "
     "(pgbouncer in transaction mode) cannot stand between.",
     nullptr, 0},
    {"schema", MR_STRING, 0, "millrace", nullptr,
     "Schema of the tables that the engine itself keeps: positions and dead letters. Made at start if it is missing.",
     nullptr, 0},
    {"connect_timeout", MR_DURATION, 0, "5s", "100ms..5m", "How long one host may take to answer.", nullptr, 0},
    {"statement_timeout", MR_DURATION, 0, "60s", "100ms..1h",
     "How long one statement may run, a COPY with all its rows included; then the delivery is tried again.", nullptr,
     0},
    {"lock_timeout", MR_DURATION, 0, "10s", "10ms..1h",
     "How long to wait for a lock, of an ALTER TABLE say; then the delivery is tried again.", nullptr, 0},
    {"commit_timeout", MR_DURATION, 0, "60s", "100ms..1h",
     "How long a COMMIT may take, waiting for a synchronous standby included. After it the outcome counts as unknown: "
     "the session is closed and the positions are read again.",
     nullptr, 0},
    {"idle_in_transaction_timeout", MR_DURATION, 0, "30s", "1s..1h",
     "The server ends a session that does nothing inside a transaction for so long.", nullptr, 0},
    {"bad_rows", MR_INT, 0, "100", "0..1000000000",
     "More rows than this refused by the tables within `bad_window`: nothing more is dead-lettered, the pipeline waits "
     "and says so. 0: no limit.",
     nullptr, 0},
    {"bad_share", MR_FLOAT, 0, "0.05", "0..1",
     "The same for the share of refused rows, counted from a thousand rows in the window on. 1: no limit.", nullptr, 0},
    {"bad_window", MR_DURATION, 0, "1m", "1s..1d", "The time over which refused rows are counted.", nullptr, 0},
    {"max_in_flight", MR_INT, 0, "2", "1..16",
     "Deliveries that the engine may have open: with two the next one is built while this one commits.", nullptr, 0},
};

struct Settings {
  std::string url;
  std::string schema;
  std::string application_name; // "millrace load/0": pipeline and worker, for pg_stat_activity
  std::chrono::nanoseconds connect_timeout{};
  std::chrono::nanoseconds statement_timeout{};
  std::chrono::nanoseconds lock_timeout{};
  std::chrono::nanoseconds commit_timeout{};
  std::chrono::nanoseconds idle_in_transaction_timeout{};
  BreakerLimits breaker;
  std::uint32_t max_in_flight = 2;
};

// Throws invalid(); its text never holds the url, which may hold a password.
Settings read_settings(const Config& config, std::string_view worker);

} // namespace millrace::sink_postgres
