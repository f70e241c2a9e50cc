// A throw-away PostgreSQL for one test program, a database of its own for each test, and short words for what the tests
// of the sink do over and over.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <millrace/rows.hpp>
#include <millrace/testing/module.hpp>
#include <millrace/testing/sink.hpp>

#include <memory>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::sink_postgres {

class Server {
 public:
  // Started by the first test that asks; NULL where there is no PostgreSQL, and why() says what is missing.
  static Server* get();
  static const std::string& why();
  ~Server();

  std::string url(const std::string& database) const;
  std::uint16_t port() const;
  void restart(); // cleanly
  void kill();    // as a power cut would
  void start();

 private:
  Server() = default;
  std::string command(const std::string& word);

  std::string folder_;
  std::string url_;
};

// A target of rows that owns what it lends.
struct TableTarget {
  std::string name;
  RowSchema schema;
  std::vector<std::pair<std::string, std::string>> properties; // sorted by key

  const mr_target& get();

 private:
  std::vector<mr_pair> pairs_;
  mr_target target_{};
};
TableTarget table_target(std::string name, std::vector<Column> columns,
                         std::vector<std::pair<std::string, std::string>> properties = {});

class DatabaseTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // A statement as an outside observer, or as the operator.
  pqxx::result sql(const std::string& statement);
  std::string value(const std::string& query); // of one row and column; "NULL"
  std::string url() const { return Server::get()->url(database_); }

  std::unique_ptr<testing::Sink> make_sink(std::vector<testing::Setting> settings = {});
  std::unique_ptr<testing::Sink> started_sink(std::vector<testing::Setting> settings = {});

  std::string database_;
  std::optional<pqxx::connection> observer_;
};

inline constexpr const char* kPlugin = MILLRACE_BINARY_DIR "/plugins/sink_postgres.so";

} // namespace millrace::sink_postgres
