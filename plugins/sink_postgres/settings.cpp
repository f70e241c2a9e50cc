#include "plugins/sink_postgres/settings.hpp"

#include "plugins/sink_postgres/connect.hpp"
#include "plugins/sink_postgres/utf8.hpp"

namespace millrace::sink_postgres {

Settings read_settings(const Config& config, std::string_view worker) {
  Settings settings;
  settings.url = std::string(config.text("url"));
  settings.schema = std::string(config.text("schema"));
  settings.application_name = "millrace " + std::string(worker);
  settings.connect_timeout = config.duration("connect_timeout");
  settings.statement_timeout = config.duration("statement_timeout");
  settings.lock_timeout = config.duration("lock_timeout");
  settings.commit_timeout = config.duration("commit_timeout");
  settings.idle_in_transaction_timeout = config.duration("idle_in_transaction_timeout");
  settings.breaker.bad_rows = static_cast<std::uint64_t>(config.integer("bad_rows"));
  settings.breaker.bad_share = config.number("bad_share");
  settings.breaker.window_ns = config.duration("bad_window").count();
  settings.max_in_flight = static_cast<std::uint32_t>(config.integer("max_in_flight"));

  constexpr std::size_t kLongestName = 63; // of PostgreSQL
  if (settings.schema.empty() || settings.schema.size() > kLongestName || !is_storable_text(settings.schema) ||
      settings.schema.starts_with("pg_")) {
    throw invalid("schema = '" + make_storable(settings.schema, 100) +
                  "' cannot be the name of a schema: 1 to 63 bytes that do not begin with 'pg_'");
  }
  check_url(settings.url);
  return settings;
}

} // namespace millrace::sink_postgres
