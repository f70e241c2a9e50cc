// The file sink writes what it was given, whole deliveries, one JSON object a line.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <millrace/testing/module.hpp>
#include <millrace/testing/sink.hpp>
#include <sstream>

namespace millrace {
namespace {

const mr_plugin& plugin() {
  static const mr_plugin& found =
      testing::find_plugin(testing::load_module(MILLRACE_BINARY_DIR "/plugins/sink_file.so"), MR_SINK);
  return found;
}

class SinkFile : public ::testing::Test {
 protected:
  SinkFile() {
    std::string name = (std::filesystem::temp_directory_path() / "millrace-sink-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    path_ = (folder_ / "out.ndjson").string();
  }
  ~SinkFile() override { std::filesystem::remove_all(folder_); }
  std::string text() const {
    std::ostringstream out;
    out << std::ifstream(path_).rdbuf();
    return out.str();
  }
  std::filesystem::path folder_;
  std::string path_;
};

TEST_F(SinkFile, WritesMessagesWithKeyHeadersAndPayload) {
  testing::Sink sink(plugin(), {{"path", path_}});
  sink.start();
  sink.bind(1, "clicks");
  testing::Delivery delivery;
  delivery.message(1, "{\"a\":1}", "k\n", {{"h", "v"}});
  delivery.message(1, "\xFF\x01");
  EXPECT_EQ(sink.write(delivery.get(1)).rest, static_cast<std::uint32_t>(MR_RECORD_OK));
  EXPECT_EQ(text(), R"({"topic":"clicks","key":"k\u000a","headers":{"h":"v"},"time_us":0,"payload":"{\"a\":1}"})"
                    "\n"
                    R"({"topic":"clicks","key":null,"headers":{},"time_us":0,"payload":{"base64":"/wE="}})"
                    "\n");
  EXPECT_TRUE(sink.violations().empty());
}

TEST_F(SinkFile, WritesRowsOfEveryTypeExactly) {
  RowSchema schema;
  schema.add({"b", ColumnType::boolean, true, 0, 0, ""});
  schema.add({"l", ColumnType::int64, true, 0, 0, ""});
  schema.add({"g", ColumnType::float64, true, 0, 0, ""});
  schema.add({"d", ColumnType::decimal, true, 12, 2, ""});
  schema.add({"j", ColumnType::json, true, 0, 0, ""});
  schema.add({"u", ColumnType::uuid, true, 0, 0, ""});
  schema.add({"ts", ColumnType::timestamp, true, 0, 0, ""});
  schema.add({"dt", ColumnType::date, true, 0, 0, ""});
  schema.add({"du", ColumnType::duration, true, 0, 0, ""});
  schema.add({"v4", ColumnType::ip, true, 0, 0, ""});
  schema.add({"v6", ColumnType::ip, true, 0, 0, "", true});
  schema.add({"n", ColumnType::int16, true, 0, 0, "", true});
  testing::Sink sink(plugin(), {{"path", path_}, {"sync", "false"}});
  sink.start();
  mr_target target{};
  target.name = str("app.orders");
  target.form = MR_ROWS;
  target.schema = &schema.get();
  sink.bind(3, target);
  RowBuilder rows(schema);
  rows.boolean(0, true);
  rows.int64(1, std::numeric_limits<std::int64_t>::min());
  rows.float64(2, 0.1);
  rows.decimal(3, {static_cast<std::uint64_t>(-5), -1});
  rows.text(4, "[1,2]");
  rows.uuid(5, {0x7b, 0x0c, 0x2f, 0x7e, 0x92, 0xf1, 0x4d, 0x0a, 0x9d, 0x53, 0x0d, 0x8b, 0x1c, 0x1f, 0x0a, 0x11});
  rows.timestamp(6, -1);
  rows.date(7, 19'884);
  rows.duration(8, -5'400'000'001);
  rows.ip(9, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 1});
  RowBuilder::Items addresses = rows.list(10);
  addresses.ip({0x20, 0x01, 0x0d, 0xb8});
  addresses.null();
  rows.list(11);
  rows.end_row();
  rows.end_row();
  testing::Delivery delivery;
  const mr_event* event = delivery.event("{}");
  delivery.rows(3, rows, {event, event});
  sink.write(delivery.get(1));
  EXPECT_EQ(text(),
            R"({"table":"app.orders","row":{"b":true,"l":-9223372036854775808,"g":0.1,"d":-0.05,"j":[1,2],)"
            R"("u":"7b0c2f7e-92f1-4d0a-9d53-0d8b1c1f0a11","ts":"1969-12-31T23:59:59.999999Z","dt":"2024-06-10",)"
            R"("du":"-1h30m1us","v4":"10.0.0.1","v6":["2001:db8::",null],"n":[]}})"
            "\n"
            R"({"table":"app.orders","row":{"b":null,"l":null,"g":null,"d":null,"j":null,"u":null,"ts":null,"dt":null,)"
            R"("du":null,"v4":null,"v6":null,"n":null}})"
            "\n");
}

TEST_F(SinkFile, AWriteThatFailsIsTransientAndCompletesNothing) {
  testing::Sink sink(plugin(), {{"path", "/dev/full"}});
  sink.start();
  sink.bind(1, "t");
  testing::Delivery delivery;
  delivery.message(1, "{}");
  try {
    sink.offer(delivery.get(1));
    FAIL() << "written to a full device";
  } catch (const testing::CallFailed& failed) {
    EXPECT_EQ(failed.status(), MR_TRANSIENT);
    EXPECT_NE(failed.text().find("/dev/full"), std::string::npos);
  }
  EXPECT_TRUE(sink.violations().empty());
}

TEST_F(SinkFile, AFolderThatIsMissingIsSaidAtStart) {
  testing::Sink sink(plugin(), {{"path", (folder_ / "no" / "x").string()}});
  EXPECT_THROW(sink.start(), testing::CallFailed);
}

} // namespace
} // namespace millrace
