#include "plugins/sink_postgres/session.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <cstring>
#include <string>

namespace millrace::sink_postgres {
namespace {

using std::chrono::steady_clock;

// How long a cancelled statement, or a server that no longer answers, gets before its socket is closed.
constexpr std::chrono::seconds kGrace{2};
// The server's own time-outs come first; ours are for a server that does not keep them.
constexpr std::chrono::seconds kSlack{5};

std::string milliseconds(std::chrono::nanoseconds time) {
  return std::to_string(std::chrono::ceil<std::chrono::milliseconds>(time).count());
}

std::string first_line(std::string_view text) {
  std::string_view line = text.substr(0, text.find('\n'));
  for (const std::string_view prefix : {"ERROR:  ", "FATAL:  "}) {
    if (line.starts_with(prefix)) {
      line.remove_prefix(prefix.size());
    }
  }
  return std::string(line);
}

std::string field(const PGresult* result, int code) {
  const char* const text = PQresultErrorField(result, code);
  return text == nullptr ? std::string() : std::string(text);
}

bool is_error(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE || status == PGRES_NONFATAL_ERROR;
}

} // namespace

void Session::connect() {
  close();
  auto connected = connect_raw(settings_, wake_);
  if (auto* error = std::get_if<SqlError>(&connected)) {
    throw SqlFailure(std::move(*error));
  }
  raw_ = std::get<RawConnection>(connected).release();
  control_.emplace(pqxx::connection::seize_raw_connection(raw_));
  // Notices are for a person at a prompt; what matters comes as an error.
  PQsetNoticeReceiver(
      raw_, [](void*, const PGresult*) {}, nullptr);
  {
    const std::lock_guard lock(socket_mutex_);
    socket_ = PQsocket(raw_);
  }
  ++generation_;
  prepare();
}

// Settings of the session, in a statement of its own rather than as start-up options, which poolers refuse.
void Session::prepare() {
  const std::string statement_timeout = milliseconds(settings_.statement_timeout);
  const std::string lock_timeout = milliseconds(settings_.lock_timeout);
  const std::string idle_timeout = milliseconds(settings_.idle_in_transaction_timeout);
  const char* const parameters[] = {statement_timeout.c_str(), lock_timeout.c_str(), idle_timeout.c_str()};
  // synchronous_commit: a delivery that is not durable is not delivered. work_mem, temp_buffers: a batch is sorted and
  // staged in memory.
  auto answer =
      ask("select pg_backend_pid() from (select set_config('statement_timeout', $1, false),"
          " set_config('lock_timeout', $2, false), set_config('idle_in_transaction_session_timeout', $3, false),"
          " set_config('synchronous_commit', case current_setting('synchronous_commit') when 'off' then 'on'"
          " else current_setting('synchronous_commit') end, false), set_config('jit', 'off', false),"
          " set_config('work_mem', '32MB', false), set_config('temp_buffers', '32MB', false) offset 0) s",
          parameters);
  if (auto* error = std::get_if<SqlError>(&answer)) {
    SqlError failed = std::move(*error);
    close();
    throw SqlFailure(std::move(failed));
  }
  if (std::get<std::string>(answer) != std::to_string(PQbackendPID(raw_))) {
    close();
    throw SqlFailure({"08004",
                      "a pooler (pgbouncer) stands between here and PostgreSQL; claims and staging tables belong to a "
                      "session of their own: let url name the server itself",
                      {},
                      {}});
  }
}

void Session::close() noexcept {
  {
    const std::lock_guard lock(socket_mutex_);
    socket_ = -1;
  }
  control_.reset();
  raw_ = nullptr;
  copying_ = false;
}

void Session::begin_call() noexcept {
  const std::lock_guard lock(socket_mutex_);
  interrupted_at_.reset();
  cancel_sent_ = false;
  wake_.clear();
}

void Session::interrupt() noexcept {
  wake_.raise();
  const std::lock_guard lock(socket_mutex_);
  const auto now = steady_clock::now();
  if (!interrupted_at_) {
    interrupted_at_ = now;
  }
  // libpqxx waits without us; a socket that is shut down ends its wait.
  if (in_control_ && socket_ >= 0 && now - *interrupted_at_ >= kGrace) {
    ::shutdown(socket_, SHUT_RDWR);
  }
}

void Session::lost(std::string_view why) { throw SqlFailure(close_with(first_line(why))); }

void Session::refused(const pqxx::sql_error& error) {
  SqlError said{error.sqlstate(), first_line(error.what()), {}, {}};
  if (said.sqlstate.empty() && dynamic_cast<const pqxx::insufficient_privilege*>(&error) != nullptr) {
    said.sqlstate = "42501"; // which libpqxx leaves out
  }
  if (PQstatus(raw_) == CONNECTION_BAD) {
    said = close_with(said.text);
  } else if (remedy(said.sqlstate) == Remedy::reconnect) {
    close();
  }
  throw SqlFailure(std::move(said));
}

SqlError Session::close_with(std::string_view why) {
  std::string text = "the connection to PostgreSQL is lost";
  if (!why.empty()) {
    text += ": " + std::string(why);
  }
  close();
  return {std::string(kConnectionLost), text, {}, {}};
}

SqlError Session::error_of(const PGresult* result) {
  SqlError error{field(result, PG_DIAG_SQLSTATE), field(result, PG_DIAG_MESSAGE_PRIMARY),
                 field(result, PG_DIAG_COLUMN_NAME), field(result, PG_DIAG_CONTEXT)};
  if (const std::string detail = field(result, PG_DIAG_MESSAGE_DETAIL); !detail.empty()) {
    error.text += " (" + detail + ")";
  }
  if (error.sqlstate.empty() || PQstatus(raw_) == CONNECTION_BAD) {
    SqlError gone = close_with(error.text.empty() ? first_line(PQresultErrorMessage(result)) : error.text);
    if (!error.sqlstate.empty() && remedy(error.sqlstate) == Remedy::reconnect) {
      gone.sqlstate = error.sqlstate;
    }
    return gone;
  }
  if (remedy(error.sqlstate) == Remedy::reconnect && !error.sqlstate.starts_with("08P")) {
    close();
  }
  return error;
}

bool Session::answers() {
  const auto answer = execute("select 1", {}, steady_clock::now() + settings_.connect_timeout);
  if (std::holds_alternative<SqlError>(answer)) {
    close();
  }
  return is_open();
}

Deadline Session::statement_deadline() const { return steady_clock::now() + settings_.statement_timeout + kSlack; }

// Waits for the socket. An interrupt cancels the statement once and shortens the deadline; the wait goes on, as the
// server's answer to the cancel comes over this very socket.
Session::Maybe Session::await(short events, Deadline& deadline) {
  for (;;) {
    switch (wait_for(PQsocket(raw_), events, deadline, &wake_)) {
      case Waited::ready:
        return std::nullopt;
      case Waited::deadline:
        return close_with(cancel_sent_ || !cancellable_ ? "interrupted" : "no answer within the time-out");
      case Waited::interrupted:
        wake_.clear();
        if (!cancel_sent_) {
          cancel_sent_ = true;
          deadline = std::min<Deadline>(deadline, steady_clock::now() + kGrace);
          if (cancellable_) {
            cancel_statement(settings_, raw_, deadline);
          }
        }
        break;
    }
  }
}

Session::Maybe Session::flush(Deadline& deadline) {
  for (;;) {
    const int left = PQflush(raw_);
    if (left == 0) {
      return std::nullopt;
    }
    if (left < 0) {
      return close_with(first_line(PQerrorMessage(raw_)));
    }
    if (auto error = await(POLLOUT | POLLIN, deadline)) {
      return error;
    }
    // The server may be waiting for us to read before it reads on.
    if (PQconsumeInput(raw_) == 0) {
      return close_with(first_line(PQerrorMessage(raw_)));
    }
  }
}

// The next result of what was sent; NULL when there is no more.
std::variant<RawResult, SqlError> Session::result(Deadline& deadline) {
  while (PQisBusy(raw_) != 0) {
    if (auto error = await(POLLIN, deadline)) {
      return *error;
    }
    if (PQconsumeInput(raw_) == 0) {
      return close_with(first_line(PQerrorMessage(raw_)));
    }
  }
  return RawResult(PQgetResult(raw_));
}

// Reads all results; the answer is the first error, or else the last result before the end.
std::variant<RawResult, SqlError> Session::finish(Deadline& deadline) {
  RawResult last;
  Maybe failed;
  for (;;) {
    auto next = result(deadline);
    if (auto* error = std::get_if<SqlError>(&next)) {
      return std::move(*error);
    }
    RawResult& got = std::get<RawResult>(next);
    if (got == nullptr) {
      break;
    }
    if (is_error(got.get()) && !failed) {
      failed = error_of(got.get());
      if (!is_open()) {
        return std::move(*failed);
      }
    }
    const ExecStatusType status = PQresultStatus(got.get());
    last = std::move(got);
    if (status == PGRES_COPY_IN) {
      break; // the next result comes after the data
    }
  }
  if (failed) {
    return std::move(*failed);
  }
  return last;
}

std::variant<RawResult, SqlError> Session::execute(const std::string& sql, std::span<const char* const> parameters,
                                                   Deadline deadline) {
  if (!is_open()) {
    return SqlError{std::string(kConnectionLost), "there is no connection to PostgreSQL", {}, {}};
  }
  const int sent = parameters.empty() ? PQsendQuery(raw_, sql.c_str())
                                      : PQsendQueryParams(raw_, sql.c_str(), static_cast<int>(parameters.size()),
                                                          nullptr, parameters.data(), nullptr, nullptr, 0);
  if (sent == 0) {
    return close_with(first_line(PQerrorMessage(raw_)));
  }
  if (auto error = flush(deadline)) {
    return std::move(*error);
  }
  return finish(deadline);
}

Session::Maybe Session::run(const std::string& sql, std::span<const char* const> parameters) {
  auto answer = execute(sql, parameters, statement_deadline());
  if (auto* error = std::get_if<SqlError>(&answer)) {
    return std::move(*error);
  }
  return std::nullopt;
}

std::variant<std::string, SqlError> Session::ask(const std::string& sql, std::span<const char* const> parameters) {
  auto answer = execute(sql, parameters, statement_deadline());
  if (auto* error = std::get_if<SqlError>(&answer)) {
    return std::move(*error);
  }
  const PGresult* const result = std::get<RawResult>(answer).get();
  if (PQntuples(result) != 1 || PQnfields(result) != 1) {
    return SqlError{"XX000", "one value was expected of: " + sql, {}, {}};
  }
  return std::string(PQgetvalue(result, 0, 0));
}

Session::Maybe Session::begin_copy(const std::string& sql) {
  auto answer = execute(sql, {}, statement_deadline());
  if (auto* error = std::get_if<SqlError>(&answer)) {
    return std::move(*error);
  }
  copying_ = true;
  return std::nullopt;
}

Session::Maybe Session::copy(std::string_view bytes) {
  Deadline deadline = statement_deadline();
  constexpr std::size_t kMessage = std::size_t{256} << 10U;
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kMessage);
    const int put = PQputCopyData(raw_, piece.data(), static_cast<int>(piece.size()));
    if (put < 0) {
      return close_with(first_line(PQerrorMessage(raw_)));
    }
    if (put > 0) {
      bytes.remove_prefix(piece.size());
    }
    if (auto error = flush(deadline)) {
      return error;
    }
  }
  return std::nullopt;
}

Session::Maybe Session::end_copy() {
  copying_ = false;
  Deadline deadline = statement_deadline();
  int put = 0;
  while ((put = PQputCopyEnd(raw_, nullptr)) == 0) {
    if (auto error = flush(deadline)) {
      return error;
    }
  }
  if (put < 0) {
    return close_with(first_line(PQerrorMessage(raw_)));
  }
  if (auto error = flush(deadline)) {
    return error;
  }
  auto answer = finish(deadline);
  if (auto* error = std::get_if<SqlError>(&answer)) {
    return std::move(*error);
  }
  return std::nullopt;
}

Session::Maybe Session::commit() {
  cancellable_ = false;
  auto answer = execute("commit", {}, steady_clock::now() + settings_.commit_timeout);
  cancellable_ = true;
  if (auto* error = std::get_if<SqlError>(&answer)) {
    return std::move(*error);
  }
  if (std::strcmp(PQcmdStatus(std::get<RawResult>(answer).get()), "COMMIT") != 0) {
    return SqlError{"25P02", "the transaction had been aborted", {}, {}};
  }
  return std::nullopt;
}

// The server then forgets the rows that it has; that the COPY failed is what was wanted.
void Session::break_copy() {
  copying_ = false;
  Deadline deadline = statement_deadline();
  if (PQputCopyEnd(raw_, "abandoned") < 0) {
    close();
  } else if (!flush(deadline)) {
    const auto failed = finish(deadline);
  }
}

void Session::rollback() {
  if (!is_open()) {
    return;
  }
  if (copying_) {
    break_copy();
  }
  if (is_open() && PQtransactionStatus(raw_) != PQTRANS_IDLE && run("rollback")) {
    close();
  }
  if (is_open() && PQtransactionStatus(raw_) != PQTRANS_IDLE) {
    close();
  }
}

std::string quote_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    out += c;
    if (c == '"') {
      out += c;
    }
  }
  return out + "\"";
}

std::string quote_name(std::string_view schema, std::string_view name) {
  return quote_name(schema) + "." + quote_name(name);
}

} // namespace millrace::sink_postgres
