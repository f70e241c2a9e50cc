// Rows a second of sink_postgres, loaded as the engine loads it and fed from memory, against psql's \copy of the same
// rows in binary from a file into the same kind of table; by turns, in one run, on a server of its own.
#include "tests/plugins/sink_postgres/server.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace millrace::sink_postgres {
namespace {

constexpr int kRounds = 5;
constexpr int kRowsOfPart = 2'000; // as a router hands in what one poll of a source brought
constexpr int kPartsOfDelivery = 10;
constexpr const char* kColumns =
    "(edited timestamptz not null, channel text not null, page text not null, author text not null, comment text, "
    "added int not null, robot boolean not null)";

TableTarget target_named(const std::string& name) {
  return table_target(name, {{"edited", ColumnType::timestamp, false, 0, 0, "timestamptz"},
                             {"channel", ColumnType::text, false, 0, 0, "text"},
                             {"page", ColumnType::text, false, 0, 0, "text"},
                             {"author", ColumnType::text, false, 0, 0, "text"},
                             {"comment", ColumnType::text, true, 0, 0, "text"},
                             {"added", ColumnType::int32, false, 0, 0, "int"},
                             {"robot", ColumnType::boolean, false, 0, 0, "boolean"}});
}

// Shaped like a day of edits of Wikipedia: texts in several scripts, lengths with a tail, some absent.
class Edits {
 public:
  std::string text(std::size_t shortest, std::size_t longest) {
    static const std::string words[] = {"the ", "talk:", "Berlin ", "Ørsted ", "историја ", "東京 ", "fixed ", "link "};
    const std::size_t wanted = shortest + number(longest - shortest) * number(100) / 100;
    std::string out;
    while (out.size() < wanted) {
      out += words[number(std::size(words))];
    }
    return out;
  }
  std::size_t number(std::size_t below) { return below == 0 ? 0 : random_() % below; }

  void append(RowBuilder& rows) {
    rows.timestamp(0, 1'442'016'000'000'000 + static_cast<std::int64_t>(number(86'400'000'000)));
    rows.text(1, number(3) == 0 ? "#de.wikipedia" : "#en.wikipedia");
    rows.text(2, text(6, 40));
    rows.text(3, text(4, 20));
    if (number(5) != 0) {
      rows.text(4, text(0, 120));
    }
    rows.int32(5, static_cast<std::int32_t>(number(5'000)));
    rows.boolean(6, number(3) == 0);
    rows.end_row();
  }

 private:
  std::mt19937_64 random_{42};
};

std::vector<testing::Delivery> make_deliveries(TableTarget& target, std::size_t rows) {
  std::vector<testing::Delivery> out;
  Edits edits;
  std::uint64_t position = 0;
  for (std::size_t made = 0; made < rows;) {
    testing::Delivery& delivery = out.emplace_back();
    const mr_event* const event = delivery.event("{}", "edits", 0, position);
    const std::uint64_t first = position;
    for (int part = 0; part < kPartsOfDelivery; ++part) {
      RowBuilder builder(target.schema);
      for (int row = 0; row < kRowsOfPart; ++row) {
        edits.append(builder);
      }
      delivery.rows(1, builder, std::vector<const mr_event*>(kRowsOfPart, event));
      made += kRowsOfPart;
      position += kRowsOfPart;
    }
    delivery.range("edits", 0, first, position);
  }
  return out;
}

void execute(const std::string& url, const std::string& sql) {
  pqxx::connection connection(url);
  pqxx::nontransaction transaction(connection);
  transaction.exec(sql);
}

void fresh_table(const std::string& url, const std::string& name) {
  execute(url, "drop table if exists " + name);
  execute(url, "create table " + name + " " + kColumns);
  execute(url, "checkpoint");
}

template <class Work>
double seconds_of(Work&& work) {
  const auto begun = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

double load_with_plugin(const std::string& url, TableTarget& target, std::vector<testing::Delivery>& deliveries) {
  fresh_table(url, target.name);
  const mr_module& module = testing::load_module(kPlugin);
  testing::Sink sink(testing::find_plugin(module, MR_SINK), {{"url", url}});
  sink.start();
  execute(url, "delete from millrace.source_offset");
  sink.claim("edits", 0);
  sink.bind(1, target.get());
  std::uint64_t id = 0;
  return seconds_of([&] {
    for (testing::Delivery& delivery : deliveries) {
      sink.write(delivery.get(++id));
    }
  });
}

void psql(const std::string& url, const std::string& command) {
  if (std::system(("psql -qX -v ON_ERROR_STOP=1 '" + url + "' -c \"" + command + "\"").c_str()) != 0) {
    throw std::runtime_error("psql failed: " + command);
  }
}

double load_with_psql(const std::string& url, const std::string& file) {
  fresh_table(url, "edits_psql");
  return seconds_of([&] { psql(url, "\\copy edits_psql from '" + file + "' (format binary)"); });
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int run() {
  Server* const server = Server::get();
  if (server == nullptr) {
    std::fprintf(stderr, "bench copy: no PostgreSQL server: %s\n", Server::why().c_str());
    return 1;
  }
  const char* const wanted = std::getenv("MILLRACE_BENCH_ROWS");
  const std::string url = server->url("millrace");
  TableTarget target = target_named("edits_plugin");
  std::vector<testing::Delivery> deliveries =
      make_deliveries(target, wanted == nullptr ? 1'000'000 : std::stoul(wanted));
  const auto rows = static_cast<double>(deliveries.size() * kPartsOfDelivery * kRowsOfPart);

  load_with_plugin(url, target, deliveries);
  const std::string file =
      (std::filesystem::temp_directory_path() / ("millrace-bench-" + std::to_string(server->port()))).string();
  psql(url, "\\copy edits_plugin to '" + file + "' (format binary)");
  std::vector<double> ours;
  std::vector<double> reference;
  for (int round = 0; round < kRounds; ++round) {
    reference.push_back(rows / load_with_psql(url, file));
    ours.push_back(rows / load_with_plugin(url, target, deliveries));
    std::fprintf(stderr, "round %d: psql %.0f, plugin %.0f rows/s\n", round + 1, reference.back(), ours.back());
  }
  std::filesystem::remove(file);
  std::printf("bench copy value=%.0f unit=rows/s reference=%.0f ratio=%.2f\n", median(ours), median(reference),
              median(ours) / median(reference));
  return 0;
}

} // namespace
} // namespace millrace::sink_postgres

int main() { return millrace::sink_postgres::run(); }
