// The sink `postgres`: what the engine asks of it, put together from its parts. Each delivery is one transaction.
#include "plugins/sink_postgres/apply.hpp"
#include "plugins/sink_postgres/positions.hpp"
#include "plugins/sink_postgres/records.hpp"
#include "plugins/sink_postgres/schema.hpp"
#include "plugins/sink_postgres/session.hpp"
#include "plugins/sink_postgres/settings.hpp"
#include "plugins/sink_postgres/tables.hpp"
#include "plugins/sink_postgres/transaction.hpp"

#include <millrace/sink.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <span>
#include <string>

namespace millrace::sink_postgres {
namespace {

constexpr std::array<double, 12> kSeconds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10};

struct Metrics {
  explicit Metrics(const Host& host)
      : rows(host.counter("postgres_rows_total", "Rows that were committed.")),
        offsets(host.counter("postgres_offsets_total", "Offsets that stored positions went on by.")),
        commits(host.counter("postgres_commits_total", "Deliveries that were committed.")),
        commit_seconds(host.histogram("postgres_commit_seconds", "How long COMMIT took.", kSeconds)),
        reconnects(host.counter("postgres_reconnects_total", "Connections that were opened after the first.")),
        claims(host.counter("postgres_claim_total", "Partitions that were claimed.")),
        fenced(host.counter("postgres_fenced_total", "Deliveries that were refused since somebody else had claimed.")),
        rewound(host.counter("postgres_rewind_total",
                             "Claims that answered less than was stored before: a failover had lost it.")),
        unknown(host.counter("postgres_unknown_commits_total", "COMMITs whose outcome was not heard.")),
        held(host.gauge("postgres_held", "1 while deliveries wait for a person to change something.")) {}

  Metric rows, offsets, commits, commit_seconds, reconnects, claims, fenced, rewound, unknown, held;
};

class PostgresSink {
 public:
  static constexpr auto& fields = kFields;
  static constexpr std::uint32_t flags = MR_BLOCKS | MR_TAKES_ROWS;

  PostgresSink(Host host, const Config& config)
      : host_(host),
        settings_(read_settings(config, host.worker())),
        session_(settings_),
        tables_(settings_.schema),
        positions_(settings_.schema, std::string(host.pipeline()), std::string(host.owner())),
        breaker_(settings_.breaker),
        metrics_(host) {}

  void start();
  void stop() {
    session_.close();
    metrics_.held.set(0); // nothing waits here any more; the figure outlives the worker
  }
  void interrupt() { session_.interrupt(); }
  std::uint32_t max_in_flight() const noexcept { return settings_.max_in_flight; }

  void bind(std::uint32_t id, const mr_target& target);
  void unbind(std::uint32_t id);
  void write(const mr_delivery& delivery);

  mr_position claim(std::string_view stream, std::int32_t partition, const mr_position& if_new);
  void release(std::string_view stream, std::int32_t partition);
  void still();

  void check(std::span<const mr_target> targets, std::int64_t deadline_ns, const mr_findings& findings);
  void apply(std::span<const mr_target> targets, bool run, std::int64_t deadline_ns, const mr_steps& steps,
             const mr_findings& findings);

  void write_records(std::span<const mr_record> records, std::int64_t deadline_ns);
  bool put_new_record(const mr_record& record, std::int64_t deadline_ns);
  void read_records(std::string_view scope, std::string_view kind, mr_str key, std::size_t limit, bool only_names,
                    std::int64_t deadline_ns, const mr_record_reader& reader);
  void forget_records(std::span<const mr_record_name> names, std::int64_t deadline_ns);

 private:
  void begin_call();
  void connect();
  void ensure_open();
  void require_claims(std::span<const mr_range> ranges);
  [[noreturn]] void say_moved(const std::string& text);
  [[noreturn]] void give_up(const SqlError& error);
  [[noreturn]] void give_up_delivery(const mr_delivery& delivery, const SqlError& error);
  [[noreturn]] void say_tripped(const Transaction& transaction);
  Ended run(Transaction& transaction);
  void say_unknown(const mr_delivery& delivery, const SqlError& error);
  void committed(const mr_delivery& delivery, const Transaction& transaction);
  void count_dead_letters(const mr_delivery& delivery, const Transaction& transaction);
  template <class Call>
  void outside_of_flow(std::int64_t deadline_ns, Call&& call);

  Host host_;
  Settings settings_;
  Session session_;
  Tables tables_;
  Positions positions_;
  Breaker breaker_;
  CopyBuffer buffer_;
  Metrics metrics_;
  std::map<std::string, Metric> dead_letters_; // by code
};

// Every call of the engine: claims belong to a session, and are void when it is another or none.
void PostgresSink::begin_call() {
  session_.begin_call();
  if (!session_.is_open()) {
    positions_.lose();
  }
}

void PostgresSink::connect() {
  session_.connect();
  if (session_.generation() > 1) {
    metrics_.reconnects.add();
  }
}

void PostgresSink::ensure_open() {
  if (!session_.is_open()) {
    positions_.lose();
    connect();
  }
}

void PostgresSink::say_moved(const std::string& text) {
  positions_.forget();
  throw moved(text);
}

// Outside of a delivery. What a person has to mend is said aloud; it is tried again all the same, so that nothing has
// to be started anew afterwards.
void PostgresSink::give_up(const SqlError& error) {
  if (!session_.is_open()) {
    positions_.lose();
  }
  if (remedy(error.sqlstate) == Remedy::hold) {
    host_.error("PostgreSQL refuses, and waiting does not mend it",
                {{"sqlstate", error.sqlstate}, {"why", error.text}});
  }
  throw transient(error.text + " [" + error.sqlstate + "]");
}

void PostgresSink::start() {
  begin_call();
  try {
    ensure_open();
    session_.control([&](pqxx::connection& connection) {
      if (schema_version(connection, settings_.schema) < schema_files().back().version) {
        upgrade_schema(connection, settings_.schema);
      }
      pqxx::nontransaction transaction(connection);
      if (exec(transaction, "select current_setting('fsync')")[0][0].as<std::string>() == "off") {
        host_.warn("fsync is off: what was committed may be lost when the server's machine stops");
      }
    });
  } catch (const SqlFailure& failure) {
    const SqlError& error = failure.error();
    const bool refused = error.sqlstate.starts_with("28") || error.sqlstate == "3D000" || error.sqlstate == "08004";
    if (refused) {
      throw invalid(error.text + " [" + error.sqlstate + "]");
    }
    if (error.sqlstate == "42501") {
      throw invalid("this role may not make the engine's tables in schema " + settings_.schema + " (" + error.text +
                    "): run `millrace apply` as a role that may, or grant it create");
    }
    give_up(error);
  }
}

void PostgresSink::bind(std::uint32_t id, const mr_target& target) {
  begin_call();
  try {
    ensure_open();
    tables_.bind(session_, id, target);
  } catch (const SqlFailure& failure) {
    give_up(failure.error());
  }
}

void PostgresSink::unbind(std::uint32_t id) {
  begin_call();
  tables_.unbind(session_, id);
}

void PostgresSink::require_claims(std::span<const mr_range> ranges) {
  if (ranges.empty()) {
    return;
  }
  switch (positions_.ready(ranges)) {
    case Positions::Ready::yes:
      return;
    case Positions::Ready::not_held:
      say_moved("the session that claimed is gone: the positions have to be read again");
    case Positions::Ready::too_early:
      throw transient("a delivery before this one has not been stored yet");
  }
}

void PostgresSink::write(const mr_delivery& delivery) {
  begin_call();
  const std::span ranges(delivery.ranges, delivery.range_count);
  require_claims(ranges);
  try {
    ensure_open();
  } catch (const SqlFailure& failure) {
    give_up(failure.error());
  }
  Transaction transaction({session_, tables_, positions_, breaker_, buffer_, host_.pipeline(), host_.now_ns()},
                          delivery);
  switch (run(transaction)) {
    case Ended::committed:
      return committed(delivery, transaction);
    case Ended::unknown:
      return say_unknown(delivery, transaction.error());
    case Ended::tripped:
      say_tripped(transaction);
    case Ended::failed:
      give_up_delivery(delivery, transaction.error());
  }
}

Ended PostgresSink::run(Transaction& transaction) {
  try {
    return transaction.run();
  } catch (const Failure& failure) { // a table does not fit any more
    metrics_.held.set(1);
    host_.error("a table does not fit what the rules write; deliveries are kept until it does",
                {{"why", failure.what()}});
    throw;
  }
}

void PostgresSink::committed(const mr_delivery& delivery, const Transaction& transaction) {
  const std::span ranges(delivery.ranges, delivery.range_count);
  positions_.advanced(ranges);
  for (const mr_range& range : ranges) {
    metrics_.offsets.add(static_cast<double>(range.next - range.first));
  }
  const std::vector<mr_outcome> exceptions = transaction.exceptions();
  metrics_.rows.add(static_cast<double>(transaction.rows() - exceptions.size()));
  metrics_.commits.add();
  metrics_.commit_seconds.add(transaction.commit_seconds());
  metrics_.held.set(0);
  count_dead_letters(delivery, transaction);
  host_.complete(delivery.id, MR_RECORD_OK, exceptions);
}

void PostgresSink::count_dead_letters(const mr_delivery& delivery, const Transaction& transaction) {
  const auto count = [&](const std::string& code) {
    const auto [found, added] = dead_letters_.try_emplace(code);
    if (added) {
      found->second = host_.counter("postgres_dead_letters_total", "Events that were stored as dead letters, by code.",
                                    {{"code", code}});
    }
    found->second.add();
  };
  for (const mr_dead& dead : std::span(delivery.dead, delivery.dead_count)) {
    count(copy(dead.reason->code));
  }
  for (const auto& [event, refusal] : transaction.refusals()) {
    count(refusal.sqlstate);
  }
}

// Only the database knows what became of it. With positions a new claim will tell; without, it has to be done again.
void PostgresSink::say_unknown(const mr_delivery& delivery, const SqlError& error) {
  metrics_.unknown.add();
  const std::string text = "the outcome of COMMIT is unknown: " + error.text;
  if (delivery.range_count > 0) {
    positions_.forget();
    host_.complete(delivery.id, MR_RECORD_MOVED, {}, text);
  } else {
    positions_.lose();
    host_.complete(delivery.id, MR_RECORD_TRANSIENT, {}, text);
  }
}

void PostgresSink::say_tripped(const Transaction& transaction) {
  metrics_.held.set(1);
  const auto& [event, refusal] = *transaction.refusals().begin();
  host_.error("too many rows are refused: the pipeline waits and dead-letters none of them",
              {{"table", refusal.table}, {"sqlstate", refusal.sqlstate}, {"why", refusal.text}});
  throw transient("too many rows are refused by table " + refusal.table + " (" + refusal.text + " [" +
                  refusal.sqlstate + "]): mend the rules or the table, or raise bad_rows and bad_share");
}

void PostgresSink::give_up_delivery(const mr_delivery& delivery, const SqlError& error) {
  const std::string text = error.text + " [" + error.sqlstate + "]";
  const std::span ranges(delivery.ranges, delivery.range_count);
  if (remedy(error.sqlstate) == Remedy::reclaim) {
    metrics_.fenced.add();
    constexpr std::uint32_t kOften = 3;
    if (positions_.count_fence(ranges) > kOften) {
      host_.error("a partition is taken by somebody else again and again; are two engines called the same?",
                  {{"why", error.text}});
    }
    say_moved(text);
  }
  if (!session_.is_open()) {
    if (!ranges.empty()) {
      say_moved(text);
    }
    positions_.lose();
    throw transient(text);
  }
  if (remedy(error.sqlstate) != Remedy::retry) {
    metrics_.held.set(1);
    host_.error("PostgreSQL refuses a delivery, and waiting does not mend it; it is kept and tried again",
                {{"sqlstate", error.sqlstate}, {"why", error.text}});
  }
  throw transient(text);
}

mr_position PostgresSink::claim(std::string_view stream, std::int32_t partition, const mr_position& if_new) {
  begin_call();
  const Partition wanted(std::string(stream), partition);
  if (positions_.lost_others(wanted)) {
    say_moved("the session that held other claims is gone");
  }
  try {
    ensure_open();
    const Claimed claimed = positions_.claim(session_, wanted, if_new);
    metrics_.claims.add();
    if (positions_.was_rewound(wanted, claimed)) {
      metrics_.rewound.add();
      host_.warn("the database has lost what it had stored (a failover?); it is read again",
                 {{"stream", stream}, {"partition", std::to_string(partition)}});
    }
    return claimed.position;
  } catch (const SqlFailure& failure) {
    if (!session_.is_open()) {
      positions_.lose();
    }
    if (positions_.lost_others(wanted)) {
      say_moved(failure.error().text);
    }
    give_up(failure.error());
  }
}

void PostgresSink::release(std::string_view stream, std::int32_t partition) {
  begin_call();
  try {
    positions_.release(session_, {std::string(stream), partition});
  } catch (const SqlFailure& failure) {
    // Whoever claims it next ends this session's hold on it; that costs a moment and nothing else.
    host_.debug("a partition could not be given back in the database", {{"why", failure.error().text}});
  }
}

void PostgresSink::still() {
  begin_call();
  if (session_.is_open()) {
    try {
      const bool read_only = session_.control([](pqxx::connection& connection) {
        pqxx::nontransaction transaction(connection);
        return exec(transaction, "select current_setting('transaction_read_only')::bool")[0][0].as<bool>();
      });
      if (read_only) {
        session_.close();
      }
    } catch (const SqlFailure& failure) {
      host_.debug("the idle session did not answer", {{"why", failure.error().text}});
    }
  }
  if (!session_.is_open()) {
    positions_.lose();
  }
  if (positions_.lost_any()) {
    say_moved("the session that claimed is gone");
  }
}

// check, apply and records have an instance of their own; nothing of a running one is touched. No step takes longer
// than what is left.
template <class Call>
void PostgresSink::outside_of_flow(std::int64_t deadline_ns, Call&& call) {
  const std::chrono::nanoseconds left(std::max<std::int64_t>(deadline_ns - host_.now_ns(), 1'000'000));
  settings_.connect_timeout = std::min(settings_.connect_timeout, left);
  settings_.statement_timeout = std::min(settings_.statement_timeout, left);
  begin_call();
  for (bool again = session_.is_open();; again = false) { // a session from an earlier call may be gone by now
    try {
      ensure_open();
      return call();
    } catch (const SqlFailure& failure) {
      if (!again || session_.is_open()) {
        throw transient(failure.error().text + " [" + failure.error().sqlstate + "]");
      }
    }
  }
}

// The catalogue is asked without a deadline of our own: a session of an earlier check has to show first that its server
// is not hanging.
void PostgresSink::check(std::span<const mr_target> targets, std::int64_t deadline_ns, const mr_findings& findings) {
  begin_call();
  if (session_.is_open()) {
    session_.answers(); // or it is closed, and opened anew
  }
  outside_of_flow(deadline_ns, [&] { check_targets(session_, settings_.schema, targets, findings); });
}

void PostgresSink::apply(std::span<const mr_target> targets, bool run, std::int64_t deadline_ns, const mr_steps& steps,
                         const mr_findings& findings) {
  outside_of_flow(deadline_ns, [&] { apply_targets(session_, settings_.schema, targets, run, steps, findings); });
}

void PostgresSink::write_records(std::span<const mr_record> records, std::int64_t deadline_ns) {
  outside_of_flow(deadline_ns, [&] { sink_postgres::write_records(session_, settings_.schema, records); });
}

bool PostgresSink::put_new_record(const mr_record& record, std::int64_t deadline_ns) {
  bool put = false;
  outside_of_flow(deadline_ns, [&] { put = sink_postgres::put_new_record(session_, settings_.schema, record); });
  return put;
}

void PostgresSink::read_records(std::string_view scope, std::string_view kind, mr_str key, std::size_t limit,
                                bool only_names, std::int64_t deadline_ns, const mr_record_reader& reader) {
  outside_of_flow(deadline_ns, [&] {
    sink_postgres::read_records(session_, settings_.schema, scope, kind, key, limit, only_names, reader);
  });
}

void PostgresSink::forget_records(std::span<const mr_record_name> names, std::int64_t deadline_ns) {
  outside_of_flow(deadline_ns, [&] { sink_postgres::forget_records(session_, settings_.schema, names); });
}

} // namespace
} // namespace millrace::sink_postgres

MILLRACE_MODULE("sink_postgres", "0.1.0",
                millrace::sink_plugin<millrace::sink_postgres::PostgresSink>(
                    "postgres", "Writes rows into tables, with positions and dead letters in one transaction."));
