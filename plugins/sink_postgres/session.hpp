// One connection to PostgreSQL and everything that is said over it. The one place where libpqxx and libpq share a
// connection: libpqxx owns it and does the control plane (catalogue, claims, schema), libpq runs deliveries, because
// those need binary COPY, a deadline on every wait, and a cancel. Between calls no transaction is open.
#pragma once

#include "plugins/sink_postgres/connect.hpp"
#include "plugins/sink_postgres/encode.hpp"
#include "plugins/sink_postgres/settings.hpp"
#include "plugins/sink_postgres/sqlstate.hpp"

#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <pqxx/pqxx>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace millrace::sink_postgres {

// Of the control plane, where errors are thrown.
class SqlFailure : public std::runtime_error {
 public:
  explicit SqlFailure(SqlError error) : std::runtime_error(error.text), error_(std::move(error)) {}
  const SqlError& error() const noexcept { return error_; }

 private:
  SqlError error_;
};

class Session {
 public:
  explicit Session(const Settings& settings) : settings_(settings) {}
  ~Session() { close(); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  bool is_open() const noexcept { return control_.has_value(); }
  // Counts connects: temporary tables and claims belong to one of them.
  std::uint64_t generation() const noexcept { return generation_; }
  void connect(); // throws SqlFailure
  void close() noexcept;
  // Whether an open session still has its server behind it, asked with the patience of a connect; it is closed if not.
  bool answers();

  // Begins a call of the engine: what interrupted the one before is forgotten.
  void begin_call() noexcept;
  // [any] Cancels what runs in a delivery, and closes the socket under what does not react to that in time.
  void interrupt() noexcept;

  // Control plane: `call` gets the pqxx::connection. Throws SqlFailure; a lost connection is closed first.
  template <class Call>
  auto control(Call&& call) {
    const ControlScope scope(*this);
    try {
      return std::forward<Call>(call)(*control_);
    } catch (const pqxx::broken_connection& error) {
      lost(error.what());
    } catch (const pqxx::in_doubt_error& error) {
      lost(error.what());
    } catch (const pqxx::sql_error& error) {
      refused(error);
    }
  }

  // Deliveries: what went wrong comes back as a value. After an error with Remedy::reconnect the session is closed.
  using Maybe = std::optional<SqlError>;
  Maybe run(const std::string& sql, std::span<const char* const> parameters = {});
  // The same for one row of one column; NULL is empty.
  std::variant<std::string, SqlError> ask(const std::string& sql, std::span<const char* const> parameters = {});
  // Begins a COPY … FROM STDIN; then data, then end_copy, in any case.
  Maybe begin_copy(const std::string& sql);
  Maybe copy(std::string_view bytes);
  Maybe end_copy();
  // Never cancelled: a COMMIT that was waiting for a standby would then answer as if it were safe.
  // kConnectionLost and its kind: the outcome is unknown.
  Maybe commit();
  // Leaves no transaction open; closes the session where that cannot be done.
  void rollback();

 private:
  class ControlScope {
   public:
    explicit ControlScope(Session& session) : session_(session) { session_.in_control_ = true; }
    ~ControlScope() { session_.in_control_ = false; }
    ControlScope(const ControlScope&) = delete;
    ControlScope& operator=(const ControlScope&) = delete;

   private:
    Session& session_;
  };

  [[noreturn]] void lost(std::string_view why);
  [[noreturn]] void refused(const pqxx::sql_error& error);
  void prepare();
  SqlError close_with(std::string_view why);
  SqlError error_of(const PGresult* result);
  Maybe await(short events, Deadline& deadline);
  Maybe flush(Deadline& deadline);
  std::variant<RawResult, SqlError> result(Deadline& deadline);
  std::variant<RawResult, SqlError> execute(const std::string& sql, std::span<const char* const> parameters,
                                            Deadline deadline);
  std::variant<RawResult, SqlError> finish(Deadline& deadline);
  void break_copy();
  Deadline statement_deadline() const;

  const Settings& settings_;
  std::optional<pqxx::connection> control_;
  PGconn* raw_ = nullptr; // the same connection
  std::uint64_t generation_ = 0;
  bool copying_ = false;
  bool cancellable_ = true;
  bool cancel_sent_ = false;

  WakeFd wake_;
  std::atomic<bool> in_control_{false};
  std::mutex socket_mutex_; // guards what interrupt() touches
  int socket_ = -1;
  std::optional<Deadline> interrupted_at_;
};

// libpqxx renamed its calls for statements with parameters in 7.10.
inline pqxx::result exec(pqxx::transaction_base& transaction, const std::string& sql,
                         const pqxx::params& parameters = {}) {
#if PQXX_VERSION_MAJOR > 7 || PQXX_VERSION_MINOR >= 10
  return transaction.exec(sql, parameters);
#else
  return transaction.exec_params(sql, parameters);
#endif
}

// An identifier as SQL wants it: quoted, always.
std::string quote_name(std::string_view name);
// "schema"."name"
std::string quote_name(std::string_view schema, std::string_view name);

} // namespace millrace::sink_postgres
