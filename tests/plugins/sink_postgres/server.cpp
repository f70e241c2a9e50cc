#include "tests/plugins/sink_postgres/server.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace millrace::sink_postgres {
namespace {

std::string& reason() {
  static std::string text;
  return text;
}

// Output of a shell command, with its exit code.
std::pair<std::string, int> shell(const std::string& command) {
  std::FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) {
    throw std::runtime_error("cannot run " + command);
  }
  std::string out;
  std::array<char, 4096> buffer{};
  for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    out.append(buffer.data(), got);
  }
  const int status = ::pclose(pipe);
  while (!out.empty() && out.back() == '\n') {
    out.pop_back();
  }
  return {out, WIFEXITED(status) ? WEXITSTATUS(status) : 128};
}

} // namespace

Server* Server::get() {
  static const std::unique_ptr<Server> server = [] {
    std::unique_ptr<Server> made(new Server());
    std::string folder = (std::filesystem::temp_directory_path() / "millrace-test.XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) {
      throw std::runtime_error("cannot make a folder for temporary files");
    }
    made->folder_ = folder;
    try {
      made->start();
    } catch (const std::runtime_error& error) {
      reason() = error.what();
      made.reset();
    }
    return made;
  }();
  return server.get();
}

const std::string& Server::why() { return reason(); }

Server::~Server() {
  try {
    command("remove");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
}

std::string Server::command(const std::string& word) {
  const auto [out, code] = shell(MILLRACE_SOURCE_DIR "/tests/support/postgres " + word + " --dir " + folder_);
  if (code != 0) {
    throw std::runtime_error(out);
  }
  return out;
}

void Server::start() { url_ = command("start"); }
void Server::restart() { command("restart"); }
void Server::kill() { command("kill"); }

std::string Server::url(const std::string& database) const { return url_.substr(0, url_.rfind('/') + 1) + database; }

std::uint16_t Server::port() const {
  const std::size_t colon = url_.rfind(':');
  return static_cast<std::uint16_t>(std::stoi(url_.substr(colon + 1)));
}

const mr_target& TableTarget::get() {
  pairs_.clear();
  for (const auto& [key, text] : properties) {
    pairs_.push_back({str(key), str(text)});
  }
  target_ = {};
  target_.name = str(name);
  target_.form = MR_ROWS;
  target_.properties = pairs_.data();
  target_.property_count = pairs_.size();
  target_.schema = &schema.get();
  return target_;
}

TableTarget table_target(std::string name, std::vector<Column> columns,
                         std::vector<std::pair<std::string, std::string>> properties) {
  TableTarget target;
  target.name = std::move(name);
  for (Column& column : columns) {
    target.schema.add(std::move(column));
  }
  target.properties = std::move(properties);
  return target;
}

void DatabaseTest::SetUp() {
  Server* const server = Server::get();
  if (server == nullptr) {
    GTEST_SKIP() << "needs a PostgreSQL server: " << Server::why();
  }
  static int count = 0;
  if (count == 0) { // these tests cut off processes, never the machine
    pqxx::connection connection(server->url("postgres"));
    pqxx::nontransaction transaction(connection);
    transaction.exec("alter system set fsync = off");
    transaction.exec("select pg_reload_conf()");
  }
  database_ = "test_" + std::to_string(++count);
  pqxx::connection connection(server->url("postgres"));
  pqxx::nontransaction transaction(connection);
  transaction.exec("create database " + database_);
  observer_.emplace(url());
}

void DatabaseTest::TearDown() {
  observer_.reset();
  if (!database_.empty()) {
    pqxx::connection connection(Server::get()->url("postgres"));
    pqxx::nontransaction transaction(connection);
    transaction.exec("drop database " + database_ + " with (force)");
  }
}

pqxx::result DatabaseTest::sql(const std::string& statement) {
  if (!observer_ || !observer_->is_open()) {
    observer_.emplace(url());
  }
  pqxx::nontransaction transaction(*observer_);
  return transaction.exec(statement);
}

std::string DatabaseTest::value(const std::string& query) {
  const pqxx::result result = sql(query);
  if (result.size() != 1 || result[0].size() != 1) {
    return "(" + std::to_string(result.size()) + " rows)";
  }
  return result[0][0].is_null() ? "NULL" : result[0][0].as<std::string>();
}

std::unique_ptr<testing::Sink> DatabaseTest::make_sink(std::vector<testing::Setting> settings) {
  bool has_url = false;
  for (const testing::Setting& setting : settings) {
    has_url = has_url || setting.name == "url";
  }
  if (!has_url) {
    settings.emplace_back("url", url());
  }
  const mr_module& module = testing::load_module(kPlugin);
  return std::make_unique<testing::Sink>(testing::find_plugin(module, MR_SINK), settings);
}

std::unique_ptr<testing::Sink> DatabaseTest::started_sink(std::vector<testing::Setting> settings) {
  auto sink = make_sink(std::move(settings));
  sink->start();
  return sink;
}

} // namespace millrace::sink_postgres
