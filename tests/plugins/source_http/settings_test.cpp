// What [source.http] may say: what is wrong is named together with a way out.
#include <gtest/gtest.h>

#include <millrace/failure.hpp>
#include <millrace/testing/settings.hpp>

#include <string>
#include <vector>

#include "plugins/source_http/fields.hpp"
#include "plugins/source_http/settings.hpp"

namespace millrace::source_http {
namespace {

Settings settings(const std::vector<testing::Setting>& given) {
  const testing::Settings made(kFields, given);
  return Settings(Config(made.get(), kFields));
}

std::string error_of(const std::vector<testing::Setting>& given) {
  try {
    settings(given);
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.status(), MR_INVALID);
    return failure.what();
  }
  return "";
}

TEST(Settings, AddressesOfBothKindsAreRead) {
  EXPECT_EQ(settings({}).host, "127.0.0.1");
  EXPECT_EQ(settings({}).port, 8080);
  EXPECT_EQ(settings({{"listen", "[::1]:0"}}).host, "::1");
  EXPECT_EQ(settings({{"listen", "localhost:65535"}}).port, 65535);
}

TEST(Settings, AnAddressThatIsNoneIsShownWithAWayToWriteIt) {
  for (const char* wrong : {"8080", "host.example:80", "127.0.0.1:", "127.0.0.1:65536", ":8080", "127.0.0.1:80x"}) {
    const std::string error = error_of({{"listen", wrong}});
    EXPECT_NE(error.find(std::string("\"") + wrong + "\""), std::string::npos) << wrong;
    EXPECT_NE(error.find("0.0.0.0:8080"), std::string::npos) << wrong;
  }
}

TEST(Settings, PathsThatNoRequestCouldHaveAreRefused) {
  EXPECT_NE(error_of({{"path", "events"}}), "");
  EXPECT_NE(error_of({{"path", "/events?x"}}), "");
  EXPECT_EQ(error_of({{"path", "/v1/events"}}), "");
}

TEST(Settings, TokensWithoutATokenWouldLockEverybodyOut) {
  EXPECT_NE(error_of({{"tokens", "# none\n"}}).find("no token"), std::string::npos);
}

TEST(Settings, HeadersAreKeptInLowerCaseAndSecretsAreNotHandedOn) {
  EXPECT_EQ(settings({{"headers", std::vector<std::string>{"X-Device"}}}).headers.at(0), "x-device");
  EXPECT_NE(error_of({{"headers", std::vector<std::string>{"Authorization"}}}).find("secret"), std::string::npos);
  EXPECT_NE(error_of({{"headers", std::vector<std::string>{"two words"}}}), "");
}

TEST(Settings, ABodyLargerThanTheMemoryIsAMistake) {
  EXPECT_NE(error_of({{"memory", "1MiB"}, {"max_body", "2MiB"}}).find("max_body"), std::string::npos);
}

TEST(Settings, ClientNamesNeedAnAuthorityThatChecksThem) {
  EXPECT_NE(error_of({{"tls.certificate", "c"}, {"tls.key", "k"}, {"tls.client_names", std::vector<std::string>{"a"}}})
                .find("client_ca"),
            std::string::npos);
}

} // namespace
} // namespace millrace::source_http
