// The port: free ones are found and told, workers of a process share one, and one that somebody else has is named.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/plugins/source_http/running.hpp"

namespace millrace::source_http {
namespace {

std::string error_of_start(const std::vector<testing::Setting>& settings) {
  testing::Source source(plugin(), settings);
  try {
    source.start();
  } catch (const testing::CallFailed& failed) {
    EXPECT_EQ(failed.status(), MR_INVALID);
    return failed.text();
  }
  return "";
}

// Somebody else.
class Foreign {
 public:
  explicit Foreign(bool shares) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const int on = shares ? 1 : 0;
    ::setsockopt(fd_, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at);
    ::listen(fd_, 1);
    socklen_t size = sizeof at;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
    port = ntohs(at.sin_port);
  }
  ~Foreign() { ::close(fd_); }
  std::uint16_t port = 0;

 private:
  int fd_;
};

TEST(Port, AFreeOneIsToldInTheLogAndInItsFile) {
  const std::string file = ::testing::TempDir() + "port-" + std::to_string(::getpid());
  Running running{{"port_file", file}};
  std::uint16_t port = 0;
  std::ifstream(file) >> port;
  EXPECT_NE(port, 0);
  EXPECT_EQ(port, running.port());
  EXPECT_TRUE(running.source.host().logged("address=127.0.0.1:" + std::to_string(port)));
  std::filesystem::remove(file);
}

TEST(Port, OneThatSomebodyElseHasIsNamedWithAWayOut) {
  for (const bool shares : {false, true}) { // the kernel would let two programs share it silently
    const Foreign foreign(shares);
    const std::string address = "127.0.0.1:" + std::to_string(foreign.port);
    const std::string error = error_of_start({{"listen", address}});
    EXPECT_NE(error.find("cannot listen at " + address), std::string::npos) << error;
    EXPECT_NE(error.find("in use"), std::string::npos) << error;
    EXPECT_NE(error.find("ss -ltnp sport = :" + std::to_string(foreign.port)), std::string::npos) << error;
  }
}

TEST(Port, OneThatTwoEnginesAgreeToShareIsShared) {
  const Foreign foreign(true);
  EXPECT_EQ(error_of_start({{"listen", "127.0.0.1:" + std::to_string(foreign.port)}, {"share_port", "true"}}), "");
}

TEST(Port, AnAddressThatTheMachineDoesNotHaveIsNamed) {
  const std::string error = error_of_start({{"listen", "192.0.2.1:0"}});
  EXPECT_NE(error.find("no interface of this machine has the address 192.0.2.1"), std::string::npos) << error;
}

TEST(Port, WorkersOfOneProcessShareItAndTheLastGivesItFree) {
  auto first = std::make_unique<Running>();
  const std::string address = "127.0.0.1:" + std::to_string(first->port());
  const std::uint16_t port = first->port();
  first.reset();
  {
    Running one{{"listen", address}};
    Running two{{"listen", address}};
    Running three{{"listen", address}};
    std::size_t served = 0;
    std::vector<Client> clients;
    for (int i = 0; i < 60; ++i) {
      clients.emplace_back(port);
      clients.back().post("{}");
    }
    for (Running* worker : {&one, &two, &three}) { // the kernel deals them out
      EXPECT_TRUE(worker->source.host().wait_wake());
    }
    while (served < clients.size()) {
      for (Running* worker : {&one, &two, &three}) {
        for (auto polled = worker->source.poll(); !polled.empty(); polled = worker->source.poll()) {
          worker->source.settle(polled.batch.id, MR_DELIVERED);
          ++served;
        }
      }
    }
    for (Client& client : clients) {
      EXPECT_EQ(client.read().status, 200);
    }
  }
  EXPECT_EQ(error_of_start({{"listen", address}}), "");
}

TEST(Port, ADrainedInstanceHasGivenItFree) {
  Running first;
  const std::string address = "127.0.0.1:" + std::to_string(first.port());
  first.source.drain();
  EXPECT_EQ(first.source.next().status, MR_END);
  Running second{{"listen", address}};
  Client client = second.connect();
  client.post("{}");
  EXPECT_EQ(second.serve().size(), 1U);
}

} // namespace
} // namespace millrace::source_http
