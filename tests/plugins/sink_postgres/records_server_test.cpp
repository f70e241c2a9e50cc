// What engines write down of themselves, on a real server.
#include "tests/plugins/sink_postgres/server.hpp"

#include <gmock/gmock.h>
#include <millrace/ext/draft/records.h>

namespace millrace::sink_postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RecordsTest : public DatabaseTest {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    if (!IsSkipped()) {
      sink_ = make_sink();
      calls_ = sink_->extension<mr_plugin_records>(MR_RECORDS);
      ASSERT_NE(calls_, nullptr);
    }
  }
  std::int64_t soon() { return sink_->host().get()->now_ns(sink_->host().get()) + 20'000'000'000; }
  mr_status put(const std::string& key, std::int64_t time_us, const std::string& bytes, bool only_new = false) {
    const mr_record record{str("load"), str("receipt"), str(key), time_us, str(bytes)};
    return only_new ? calls_->put_new(sink_->self(), &record, soon(), &error_)
                    : calls_->write(sink_->self(), &record, 1, soon(), &error_);
  }
  // "key time bytes" of each.
  std::vector<std::string> read(mr_str key, std::size_t limit, bool only_names = false,
                                const std::string& scope = "load") {
    std::vector<std::string> out;
    const mr_record_reader reader{&out, [](void* context, const mr_record* record) {
                                    static_cast<std::vector<std::string>*>(context)->push_back(
                                        copy(record->scope) + " " + copy(record->kind) + " " + copy(record->key) + " " +
                                        std::to_string(record->time_us) + " " + copy(record->bytes));
                                  }};
    EXPECT_EQ(calls_->read(sink_->self(), str(scope), str("receipt"), key, limit, only_names ? 1 : 0, soon(), &reader,
                           &error_),
              MR_OK)
        << error_.text;
    return out;
  }

  std::unique_ptr<testing::Sink> sink_;
  const mr_plugin_records* calls_ = nullptr;
  mr_error error_{};
};

TEST_F(RecordsTest, ComeBackAsTheyWereTheLatestFirst) {
  EXPECT_THAT(read(kAbsent, 10), IsEmpty()); // before there is a table
  ASSERT_EQ(put("a", 1'700'000'000'000'001, std::string("x\0\xff y", 5)), MR_OK) << error_.text;
  ASSERT_EQ(put("b", 1'700'000'000'000'002, "{}"), MR_OK) << error_.text;
  EXPECT_THAT(read(kAbsent, 10), ElementsAre("load receipt b 1700000000000002 {}",
                                             std::string("load receipt a 1700000000000001 x\0\xff y", 37)));
  EXPECT_THAT(read(kAbsent, 1), ElementsAre("load receipt b 1700000000000002 {}"));
  EXPECT_THAT(read(str("b"), 10, true), ElementsAre("load receipt b 1700000000000002 "));
  EXPECT_THAT(read(kAbsent, 10, false, "ingest"), IsEmpty());
}

TEST_F(RecordsTest, TakeThePlaceOfOneAnotherUnlessOnlyNewOnesAreWanted) {
  ASSERT_EQ(put("a", 1, "one", true), MR_OK) << error_.text;
  EXPECT_EQ(put("a", 2, "two", true), MR_REJECTED);
  EXPECT_THAT(read(str("a"), 1), ElementsAre("load receipt a 1 one"));
  EXPECT_EQ(put("a", 3, "three"), MR_OK);
  EXPECT_THAT(read(str("a"), 1), ElementsAre("load receipt a 3 three"));
}

TEST_F(RecordsTest, AreForgotten) {
  ASSERT_EQ(put("a", 1, "{}"), MR_OK) << error_.text;
  ASSERT_EQ(put("b", 1, "{}"), MR_OK) << error_.text;
  ASSERT_EQ(put("c", 1, "{}"), MR_OK) << error_.text;
  const std::vector<mr_record_name> names{{str("load"), str("receipt"), str("a")},
                                          {str("load"), str("receipt"), str("b")}};
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(calls_->forget(sink_->self(), names.data(), names.size(), soon(), &error_), MR_OK) << error_.text;
  }
  EXPECT_THAT(read(kAbsent, 10), ElementsAre("load receipt c 1 {}"));
}

TEST_F(RecordsTest, AreWrittenInOneTransaction) {
  std::vector<std::string> keys;
  for (int i = 0; i < 1'500; ++i) {
    keys.push_back(std::to_string(i));
  }
  std::vector<mr_record> records;
  for (const std::string& key : keys) {
    records.push_back({str("load"), str("receipt"), str(key), 1, str("{}")});
  }
  ASSERT_EQ(calls_->write(sink_->self(), records.data(), records.size(), soon(), &error_), MR_OK) << error_.text;
  EXPECT_EQ(value("select count(*) || ' in ' || count(distinct xmin::text) from millrace.record"), "1500 in 1");
  const std::string no_text = "a\xff";
  records = {{str("load"), str("receipt"), str("new"), 2, str("{}")},
             {str("load"), str("receipt"), str(no_text), 2, str("")}};
  EXPECT_NE(calls_->write(sink_->self(), records.data(), records.size(), soon(), &error_), MR_OK);
  EXPECT_THAT(read(str("new"), 1), IsEmpty()) << "all of them or none";
}

TEST_F(RecordsTest, ReceiptsAreReadAsJson) {
  ASSERT_EQ(put("r1", 1, R"({"accepted": true})"), MR_OK) << error_.text;
  EXPECT_EQ(value("select receipt->>'accepted' from millrace.receipt where pipeline = 'load' and id = 'r1'"), "true");
}

TEST_F(RecordsTest, SayThatTheServerCannotBeReachedAndGoOnWhenItCan) {
  ASSERT_EQ(put("a", 1, "{}"), MR_OK) << error_.text;
  Server::get()->kill();
  EXPECT_EQ(put("b", 2, "{}"), MR_TRANSIENT);
  EXPECT_THAT(std::string(error_.text), HasSubstr(std::to_string(Server::get()->port())));
  Server::get()->start();
  EXPECT_EQ(put("b", 2, "{}"), MR_OK) << error_.text;
}

} // namespace
} // namespace millrace::sink_postgres
