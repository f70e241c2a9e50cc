// An instance under test with its fake host: created from settings, started, stopped and destroyed in the contract's
// order.
#pragma once

#include <millrace/testing/host.hpp>
#include <millrace/testing/settings.hpp>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace millrace::testing {

// Thrown by the drivers when a call of the plugin answers with anything unexpected.
class CallFailed : public std::runtime_error {
 public:
  CallFailed(const std::string& call, mr_status status, const mr_error& error)
      : std::runtime_error(call + " answered " + std::to_string(status) + ": " + error.text),
        status_(status),
        text_(error.text) {}
  mr_status status() const noexcept { return status_; }
  const std::string& text() const noexcept { return text_; }

 private:
  mr_status status_;
  std::string text_;
};

class Instance {
 public:
  // create; throws CallFailed when it refuses.
  Instance(const mr_plugin& plugin, const std::vector<Setting>& settings)
      : plugin_(plugin), host_(std::string(plugin.name)), settings_({plugin.fields, plugin.field_count}, settings) {
    mr_error error{};
    const mr_status status = plugin_.create(host_.get(), settings_.get(), &self_, &error);
    if (status != MR_OK) {
      throw CallFailed("create", status, error);
    }
  }
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance() {
    stop();
    plugin_.destroy(self_);
  }

  void start() {
    mr_error error{};
    const mr_status status = plugin_.start(self_, &error);
    if (status != MR_OK) {
      throw CallFailed("start", status, error);
    }
    started_ = true;
  }
  void drain() { plugin_.drain(self_); }
  void stop() {
    if (started_) {
      started_ = false;
      plugin_.stop(self_);
      if (host_.open_deliveries() != 0) {
        host_.violations().add("stop returned with " + std::to_string(host_.open_deliveries()) +
                               " accepted deliveries that were not completed");
      }
    }
  }

  Host& host() noexcept { return host_; }
  void* self() const noexcept { return self_; }
  // What it was created with.
  const mr_value* values() const noexcept { return settings_.get(); }
  const mr_plugin& plugin() const noexcept { return plugin_; }
  std::vector<std::string> violations() { return host_.violations().all(); }

  template <class Calls>
  const Calls* extension(const char* id) const {
    return static_cast<const Calls*>(plugin_.extension == nullptr ? nullptr : plugin_.extension(id));
  }

 private:
  const mr_plugin& plugin_;
  Host host_;
  Settings settings_;
  void* self_ = nullptr;
  bool started_ = false;
};

} // namespace millrace::testing
