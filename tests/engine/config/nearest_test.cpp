#include "engine/config/nearest.hpp"

#include <gtest/gtest.h>

namespace millrace::config {
namespace {

const std::string kKnown[] = {"brokers", "workers", "settings", "url"};

TEST(Nearest, FindsWhatOneSlipAwayWasMeant) {
  EXPECT_EQ(nearest("broker", kKnown), "brokers");
  EXPECT_EQ(nearest("borkers", kKnown), "brokers");
  EXPECT_EQ(nearest("workres", kKnown), "workers");
  EXPECT_EQ(nearest("ulr", kKnown), "url");
}

TEST(Nearest, DoesNotGuess) {
  EXPECT_EQ(nearest("address", kKnown), std::nullopt);
  EXPECT_EQ(nearest("uxx", kKnown), std::nullopt);
  EXPECT_EQ(nearest("", kKnown), std::nullopt);
  EXPECT_EQ(nearest("url", {}), std::nullopt);
}

} // namespace
} // namespace millrace::config
