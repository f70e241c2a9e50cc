#include <gmock/gmock.h>

#include "engine/admin/server.hpp"
#include "run.hpp"

namespace millrace::cli {
namespace {

using ::testing::HasSubstr;

admin::Calls answering(bool accepted) {
  admin::Calls calls;
  calls.reload = [accepted] {
    return admin::Receipt{accepted, R"({"accepted":true})",
                          accepted ? "accepted: 1 rule changed" : "refused: main.rules:3:7"};
  };
  return calls;
}

TEST_F(CommandLine, ReloadPrintsTheReceiptAndEndsAsItSays) {
  const admin::Server taking({"127.0.0.1", 0}, answering(true));
  const Ran taken = run({"reload", "--admin", taking.address().text()});
  EXPECT_EQ(taken.code, ExitCode::kOk) << taken.err;
  EXPECT_EQ(taken.out, "accepted: 1 rule changed\n");
  EXPECT_EQ(run({"reload", "--json", "--admin", taking.address().text()}).out, "{\"accepted\":true}\n");

  const admin::Server refusing({"127.0.0.1", 0}, answering(false));
  const Ran refused = run({"reload", "--admin", refusing.address().text()});
  EXPECT_EQ(refused.code, ExitCode::kFindings);
  EXPECT_EQ(refused.out, "refused: main.rules:3:7\n");
}

TEST_F(CommandLine, ReloadFindsTheAddressInTheConfiguration) {
  const admin::Server server({"127.0.0.1", 0}, answering(true));
  EXPECT_EQ(run({"reload", "-c", config("", "admin = \"" + server.address().text() + "\"")}).code, ExitCode::kOk);
}

TEST_F(CommandLine, ReloadSaysThatNobodyAnswers) {
  std::string address;
  { address = admin::Server({"127.0.0.1", 0}, answering(true)).address().text(); }
  const Ran ran = run({"reload", "--admin", address});
  EXPECT_EQ(ran.code, ExitCode::kUnreachable);
  EXPECT_THAT(ran.err, HasSubstr("the admin address " + address + " does not answer: Connection refused"));
}

TEST_F(CommandLine, ReloadNeedsAnAddress) {
  EXPECT_THAT(run({"reload", "-c", config("", "admin = \"off\"")}).err, HasSubstr("`admin` is off"));
  EXPECT_THAT(run({"reload", "--admin", "here"}).err, HasSubstr("'here' is no address to ask"));
  EXPECT_EQ(run({"reload", "--admin", "here"}).code, ExitCode::kConfiguration);
}

} // namespace
} // namespace millrace::cli
