// What librdkafka is told, read back from the configuration that is made for it.
#include "plugins/sink_kafka/settings.hpp"

#include <gtest/gtest.h>

#include <array>

namespace millrace::sink_kafka {
namespace {

std::string told(const kafka_client::Given& given, const char* name) {
  Settings settings;
  settings.brokers = "127.0.0.1:1";
  settings.timeout = std::chrono::milliseconds(1'000);
  settings.memory = 1U << 20U;
  settings.given = given;
  const Host nobody(nullptr);
  const kafka_client::Conf conf = producer_conf(settings, false, nobody);
  std::array<char, 128> text{};
  std::size_t size = text.size();
  EXPECT_EQ(rd_kafka_conf_get(conf.get(), name, text.data(), &size), RD_KAFKA_CONF_OK) << name;
  return text.data();
}

// The client's last push of its own figures would hold a stop up by a second.
TEST(SinkKafkaConf, PushesNoFiguresOfItsOwnToTheBrokers) { EXPECT_EQ(told({}, "enable.metrics.push"), "false"); }

TEST(SinkKafkaConf, PushesThemWhereAUserWantsThem) {
  EXPECT_EQ(told({{"enable.metrics.push", "true"}}, "enable.metrics.push"), "true");
}

} // namespace
} // namespace millrace::sink_kafka
