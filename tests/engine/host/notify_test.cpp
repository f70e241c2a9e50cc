#include "engine/host/notify.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <string>

namespace millrace::host {
namespace {

class Manager : public ::testing::Test {
 protected:
  Manager() {
    std::string pattern = (std::filesystem::temp_directory_path() / "millrace-notify-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~Manager() override {
    ::close(socket_);
    std::filesystem::remove_all(folder_);
  }

  void listen(const std::string& name) {
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') {
      address.sun_path[0] = '\0';
    }
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    ASSERT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size), 0) << std::strerror(errno);
  }
  std::string heard() const {
    std::array<char, 256> text{};
    const ssize_t size = ::recv(socket_, text.data(), text.size(), MSG_DONTWAIT);
    return size < 0 ? "nothing" : std::string(text.data(), static_cast<std::size_t>(size));
  }

  std::filesystem::path folder_;
  int socket_ = -1;
};

TEST_F(Manager, HearsWhatIsSentToAPath) {
  const std::string path = (folder_ / "notify").string();
  listen(path);
  EXPECT_TRUE(Notify(path).send("READY=1\nSTATUS=ready"));
  EXPECT_EQ(heard(), "READY=1\nSTATUS=ready");
}

TEST_F(Manager, HearsWhatIsSentToANameInNoFileSystem) {
  const std::string name = "@" + folder_.string();
  listen(name);
  EXPECT_TRUE(Notify(name).send("WATCHDOG=1"));
  EXPECT_EQ(heard(), "WATCHDOG=1");
}

TEST_F(Manager, IsNotNeeded) {
  EXPECT_FALSE(Notify("").listened());
  EXPECT_FALSE(Notify("").send("READY=1"));
  EXPECT_FALSE(Notify((folder_ / "nobody").string()).send("READY=1"));
  EXPECT_FALSE(Notify(std::string(500, 'x')).send("READY=1"));
}

TEST_F(Manager, IsNotWaitedForWhenItDoesNotRead) {
  const std::string path = (folder_ / "notify").string();
  listen(path);
  const Notify notify(path);
  int sent = 0;
  while (sent < 100'000 && notify.send("WATCHDOG=1")) {
    ++sent;
  }
  EXPECT_GT(sent, 0);
  EXPECT_LT(sent, 100'000);
}

} // namespace
} // namespace millrace::host
