// The plugin, loaded as the engine does and listening at a free port, with the engine's side in the hands of the test.
#pragma once

#include <gtest/gtest.h>
#include <millrace/testing/module.hpp>
#include <millrace/testing/source.hpp>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "tests/plugins/source_http/client.hpp"

namespace millrace::source_http {

inline const mr_plugin& plugin() {
  return testing::find_plugin(testing::load_module(MILLRACE_BINARY_DIR "/plugins/source_http.so"), MR_SOURCE);
}

class Running {
 public:
  Running(std::initializer_list<testing::Setting> settings = {}) : source(plugin(), with_port(settings)) {
    source.start();
  }
  // With the clock standing at `now`.
  Running(std::chrono::nanoseconds now, std::initializer_list<testing::Setting> settings)
      : source(plugin(), with_port(settings)) {
    source.host().set_now_ns(now.count());
    source.start();
  }
  ~Running() {
    source.stop();
    for (const std::string& violation : source.violations()) {
      ADD_FAILURE() << violation;
    }
    for (const std::string& failure : source.host().failures()) {
      ADD_FAILURE() << failure;
    }
  }

  std::uint16_t port() { return static_cast<std::uint16_t>(source.host().metric("http_port")); }
  Client connect() { return Client(port()); }
  // Takes the next batch and settles it; answers its payloads.
  std::vector<std::string> serve(std::uint32_t outcome = MR_DELIVERED) {
    const testing::Source::Polled polled = source.next();
    std::vector<std::string> out;
    for (const mr_event& event : polled.events()) {
      out.push_back(copy(event.payload));
    }
    if (!polled.empty()) {
      source.settle(polled.batch.id, outcome);
    }
    return out;
  }
  // Returns when the server has seen everything that was sent to it before this.
  void catch_up(Client& other) { drains(other); }
  // As catch_up, and answers whether it has begun to drain.
  bool drains(Client& other) {
    other.send("POST /lost HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n");
    return other.read().headers.contains("connection");
  }
  // Waits until the plugin told that a metric has this value.
  bool metric_becomes(const std::string& name, double value) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < limit) {
      if (source.host().metric(name) == value) {
        return true;
      }
      source.host().wait([] { return false; }, std::chrono::milliseconds(5));
    }
    ADD_FAILURE() << name << " is " << source.host().metric(name) << ", not " << value;
    return false;
  }

  testing::Source source;

 private:
  static std::vector<testing::Setting> with_port(std::vector<testing::Setting> settings) {
    for (const testing::Setting& setting : settings) {
      if (setting.name == "listen") {
        return settings;
      }
    }
    settings.emplace_back("listen", "127.0.0.1:0");
    return settings;
  }
};

} // namespace millrace::source_http
