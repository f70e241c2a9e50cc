// A TCP proxy in front of the server that can cut or hold a connection when certain bytes pass: what a network does at
// the worst moment.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace millrace::sink_postgres {

class Proxy {
 public:
  explicit Proxy(std::uint16_t server_port);
  ~Proxy();
  std::uint16_t port() const noexcept { return port_; }

  enum class Then {
    cut_before, // the server never sees the bytes
    cut_after,  // the server gets them, the client no answer
    hold        // the server gets them, and nothing comes back, but the connection stays
  };
  // The next time that the client sends `bytes`.
  void when(std::string bytes, Then then);
  bool happened() const noexcept { return happened_; }
  // Nothing that the client sends gets through from now on, new connections included; or does again.
  void hold_all(bool hold) noexcept { hold_all_ = hold; }

 private:
  void accept();
  void relay(int client);
  bool pass_on(int client, int server, bool& muted);

  std::uint16_t server_port_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::atomic<bool> stop_{false};
  std::atomic<bool> happened_{false};
  std::atomic<bool> hold_all_{false};
  std::mutex mutex_; // guards the wish
  std::string bytes_;
  Then then_ = Then::cut_before;
  std::vector<std::thread> threads_;
};

} // namespace millrace::sink_postgres
