// The null sink completes each delivery once and counts what it threw away.
#include <gtest/gtest.h>

#include <millrace/testing/module.hpp>
#include <millrace/testing/sink.hpp>

namespace millrace::testing {
namespace {

TEST(SinkNull, CompletesEachDeliveryAtOnceAndCountsItsRecords) {
  const mr_module& module = load_module(MILLRACE_BINARY_DIR "/plugins/sink_null.so");
  Sink sink(find_plugin(module, MR_SINK), {{"max_in_flight", "7"}});
  sink.start();
  sink.bind(1, "anything");
  Delivery delivery;
  delivery.message(1, R"({"a":1})");
  delivery.message(1, R"({"a":2})");
  const Completion first = sink.write(delivery.get(1));
  EXPECT_EQ(first.rest, static_cast<std::uint32_t>(MR_RECORD_OK));
  EXPECT_TRUE(first.exceptions.empty());
  sink.write(delivery.get(2));
  EXPECT_EQ(sink.host().metric("null_records_total"), 4);
  EXPECT_EQ(sink.plugin().sink->max_in_flight(sink.self()), 7U);
  sink.stop();
  EXPECT_TRUE(sink.violations().empty());
}

} // namespace
} // namespace millrace::testing
