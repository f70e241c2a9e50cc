// The plugin in plain C keeps the contract without the SDK.
#include <gtest/gtest.h>

#include <millrace/testing/module.hpp>
#include <millrace/testing/sink.hpp>

namespace millrace {
namespace {

const mr_plugin& plugin() {
  static const mr_plugin& found =
      testing::find_plugin(testing::load_module(MILLRACE_BINARY_DIR "/plugins/sink_count.so"), MR_SINK);
  return found;
}

TEST(SinkCount, CountsWhatItIsGivenAndSaysSoAtStop) {
  testing::Sink sink(plugin(), {});
  sink.start();
  sink.bind(1, "t");
  testing::Delivery delivery;
  delivery.message(1, "a");
  delivery.message(1, "b");
  EXPECT_EQ(sink.write(delivery.get(1)).rest, static_cast<std::uint32_t>(MR_RECORD_OK));
  EXPECT_EQ(sink.host().metric("counted_total"), 2);
  sink.stop();
  EXPECT_TRUE(sink.host().logged("counted records=2"));
  EXPECT_TRUE(sink.violations().empty());
}

TEST(SinkCount, RefusesSingleRecordsAsExceptions) {
  testing::Sink sink(plugin(), {{"max_payload", "2"}});
  sink.start();
  testing::Delivery delivery;
  delivery.message(1, "ok");
  delivery.message(1, "too long");
  const auto done = sink.write(delivery.get(1));
  ASSERT_EQ(done.exceptions.size(), 1U);
  EXPECT_EQ(done.exceptions[0].record, 1U);
  EXPECT_EQ(done.exceptions[0].outcome, static_cast<std::uint32_t>(MR_RECORD_REJECTED));
  EXPECT_EQ(done.exceptions[0].code, "too-large");
}

} // namespace
} // namespace millrace
