#include "plugins/sink_postgres/connect.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace millrace::sink_postgres {
namespace {

using Options = std::map<std::string, std::string>;

struct FreeOptions {
  void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};

std::optional<Options> parse(const std::string& url) {
  const std::unique_ptr<PQconninfoOption, FreeOptions> parsed(PQconninfoParse(url.c_str(), nullptr));
  if (parsed == nullptr) {
    return std::nullopt;
  }
  Options out;
  for (const PQconninfoOption* option = parsed.get(); option != nullptr && option->keyword != nullptr; ++option) {
    if (option->val != nullptr) {
      out[option->keyword] = option->val;
    }
  }
  return out;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t from = 0;;) {
    const std::size_t comma = text.find(',', from);
    out.push_back(text.substr(from, comma - from));
    if (comma == std::string::npos) {
      return out;
    }
    from = comma + 1;
  }
}

// One set of options for each host that the url names, in its order.
std::vector<Options> options_of_hosts(const Options& options) {
  const auto part = [&](const char* name) {
    const auto found = options.find(name);
    return found == options.end() ? std::vector<std::string>() : split(found->second);
  };
  const std::vector<std::string> hosts = part("host");
  const std::vector<std::string> addresses = part("hostaddr");
  const std::vector<std::string> ports = part("port");
  std::vector<Options> out;
  for (std::size_t i = 0; i < std::max({hosts.size(), addresses.size(), std::size_t{1}}); ++i) {
    Options one = options;
    if (i < hosts.size()) {
      one["host"] = hosts[i];
    }
    if (i < addresses.size()) {
      one["hostaddr"] = addresses[i];
    }
    if (!ports.empty()) {
      one["port"] = ports[std::min(i, ports.size() - 1)];
    }
    out.push_back(std::move(one));
  }
  return out;
}

// What the url does not say: notice a dead peer within seconds, and take the server that writes.
void add_defaults(Options& options, const Settings& settings) {
  constexpr std::pair<const char*, const char*> kDefaults[] = {
      {"target_session_attrs", "read-write"}, {"keepalives_idle", "10"},
      {"keepalives_interval", "5"},           {"keepalives_count", "3"},
      {"tcp_user_timeout", "15000"},          {"client_encoding", "UTF8"},
  };
  for (const auto& [name, value] : kDefaults) {
    options.emplace(name, value);
  }
  options["client_encoding"] = "UTF8";
  options.emplace("application_name", settings.application_name);
}

// Without the place in PostgreSQL's own source that a verbose message ends with.
std::string one_line(std::string_view text) {
  text = text.substr(0, text.find("\nLOCATION:"));
  std::string out;
  for (const char c : text) {
    const bool space = c == '\n' || c == '\t' || c == ' ';
    if (!space) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  while (!out.empty() && out.back() == ' ') {
    out.pop_back();
  }
  return out;
}

SqlError not_connected(PGconn* connection, std::string_view why) {
  const std::string message = one_line(connection == nullptr ? "" : PQerrorMessage(connection));
  std::string sqlstate(sqlstate_in(message));
  if (sqlstate.empty()) {
    sqlstate = "08001";
  }
  std::string text(why);
  if (!message.empty()) {
    text += text.empty() ? message : ": " + message;
  }
  return {sqlstate, text, {}, {}};
}

std::variant<RawConnection, SqlError> connect_one(const Options& options, Deadline deadline, const WakeFd* wake) {
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : options) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  RawConnection connection(PQconnectStartParams(names.data(), values.data(), 0));
  if (connection == nullptr) {
    throw std::bad_alloc();
  }
  if (PQstatus(connection.get()) == CONNECTION_BAD) {
    return not_connected(connection.get(), "");
  }
  PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE); // shows the code, which has no other place here
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK) {
    const short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    switch (wait_for(PQsocket(connection.get()), events, deadline, wake)) {
      case Waited::ready:
        break;
      case Waited::deadline:
        return not_connected(nullptr, "no answer within the connect_timeout");
      case Waited::interrupted:
        return not_connected(nullptr, "interrupted while connecting");
    }
    state = PQconnectPoll(connection.get());
    if (state == PGRES_POLLING_FAILED) {
      return not_connected(connection.get(), "");
    }
  }
  PQsetErrorVerbosity(connection.get(), PQERRORS_DEFAULT);
  if (PQsetnonblocking(connection.get(), 1) != 0) {
    return not_connected(connection.get(), "");
  }
  return connection;
}

} // namespace

WakeFd::WakeFd() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (fd_ < 0) {
    throw std::system_error(errno, std::generic_category(), "eventfd");
  }
}
WakeFd::~WakeFd() { ::close(fd_); }
void WakeFd::raise() const noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(fd_, &one, sizeof one); // full means raised already
}
void WakeFd::clear() const noexcept {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(fd_, &count, sizeof count);
}

Waited wait_for(int socket, short events, Deadline deadline, const WakeFd* wake) {
  pollfd fds[] = {{socket, events, 0}, {wake == nullptr ? -1 : wake->fd(), POLLIN, 0}};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    const int timeout = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
    const int count = ::poll(fds, 2, timeout);
    if (count < 0 && errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "poll");
    }
    if (count > 0) {
      return fds[0].revents != 0 ? Waited::ready : Waited::interrupted;
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      return Waited::deadline;
    }
  }
}

void check_url(const std::string& url) {
  if (url.empty() || !parse(url)) {
    throw invalid(
        "url is not what libpq understands: postgresql://user:password@host:port/database, or pairs like "
        "'host=db port=5432 dbname=app user=loader'");
  }
}

std::variant<RawConnection, SqlError> connect_raw(const Settings& settings, const WakeFd& wake) {
  Options options = parse(settings.url).value();
  add_defaults(options, settings);
  SqlError error;
  for (const Options& host : options_of_hosts(options)) {
    auto connected = connect_one(host, std::chrono::steady_clock::now() + settings.connect_timeout, &wake);
    if (std::holds_alternative<RawConnection>(connected)) {
      return connected;
    }
    auto& failed = std::get<SqlError>(connected);
    const auto name = host.find("host");
    const auto port = host.find("port");
    error.sqlstate = failed.sqlstate;
    error.text += error.text.empty() ? "" : "; ";
    error.text += (name == host.end() ? "the local socket" : name->second) +
                  (port == host.end() ? "" : ":" + port->second) + ": " + failed.text;
  }
  return error;
}

void cancel_statement(const Settings& settings, PGconn* busy, Deadline deadline) {
  Options options = parse(settings.url).value();
  add_defaults(options, settings);
  options["host"] = PQhost(busy);
  options["port"] = PQport(busy);
  if (const std::string_view address = PQhostaddr(busy); !address.empty()) {
    options["hostaddr"] = address; // no look-up by name, which could block
  } else {
    options.erase("hostaddr");
  }
  options["target_session_attrs"] = "any";
  auto connected = connect_one(options, deadline, nullptr);
  if (!std::holds_alternative<RawConnection>(connected)) {
    return;
  }
  PGconn* const connection = std::get<RawConnection>(connected).get();
  const std::string pid = std::to_string(PQbackendPID(busy));
  const char* const values[] = {pid.c_str()};
  if (PQsendQueryParams(connection, "select pg_cancel_backend($1::int)", 1, nullptr, values, nullptr, nullptr, 0) ==
      0) {
    return;
  }
  while (PQflush(connection) == 1 && wait_for(PQsocket(connection), POLLOUT, deadline, nullptr) == Waited::ready) {
  }
  while (PQisBusy(connection) != 0 && wait_for(PQsocket(connection), POLLIN, deadline, nullptr) == Waited::ready) {
    if (PQconsumeInput(connection) == 0) {
      return;
    }
  }
}

} // namespace millrace::sink_postgres
