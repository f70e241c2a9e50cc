#include "engine/modules/instance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/modules/text.hpp"

namespace millrace::modules {
namespace {

std::string words(const mr_error& error) { return std::string(error.text, ::strnlen(error.text, sizeof(error.text))); }

} // namespace

std::string_view status_word(mr_status status) {
  switch (status) {
    case MR_OK:
      return "ok";
    case MR_END:
      return "end";
    case MR_TRANSIENT:
      return "transient";
    case MR_REJECTED:
      return "rejected";
    case MR_INVALID:
      return "invalid";
    case MR_FATAL:
      return "fatal";
    case MR_MOVED:
      return "moved";
    default:
      return "unknown";
  }
}

Answer checked(std::string_view who, std::string_view call, mr_status status, const mr_error& error,
               std::initializer_list<mr_status> allowed) {
  if (status == MR_OK) {
    return {};
  }
  if (std::find(allowed.begin(), allowed.end(), status) == allowed.end()) {
    return {MR_FATAL, error.detail,
            fmt::format("{} broke the plugin contract: {} answered {} ({}), which it may not", who, call, status,
                        status_word(status))};
  }
  std::string text = words(error);
  if (text.empty() && status != MR_END) {
    text = fmt::format("{} answered '{}' without a reason", call, status_word(status));
  }
  return {status, error.detail, std::move(text)};
}

Instance::Instance(const Plugin& plugin, const mr_host& host, const mr_value& config)
    : plugin_(plugin),
      who_(fmt::format("{} of {} (plugin {})", view(host.instance), view(host.worker), plugin.title())) {
  mr_error error{};
  const mr_status status = plugin_.table->create(&host, &config, &self_, &error);
  Answer answer = checked(who_, "create", status, error, {MR_INVALID, MR_TRANSIENT, MR_FATAL});
  if (!answer.ok()) {
    throw CreateError(fmt::format("{}: {}", who_, answer.text), answer);
  }
  if (self_ == nullptr) {
    answer = {MR_FATAL, 0, "create answered MR_OK and gave no instance"};
    throw CreateError(fmt::format("{} broke the plugin contract: {}", who_, answer.text), answer);
  }
}

Instance::~Instance() {
  if (state_ == State::kStarted || state_ == State::kDraining) {
    stop();
  }
  if (self_ != nullptr) {
    plugin_.table->destroy(self_);
  }
}

void Instance::expect(bool in_order, const char* call) const {
  if (!in_order) {
    throw std::logic_error(fmt::format("{}: {} called out of order", who_, call));
  }
}

Answer Instance::start() {
  expect(state_ == State::kCreated, "start");
  mr_error error{};
  const mr_status status = plugin_.table->start(self_, &error);
  Answer answer = checked(who_, "start", status, error, {MR_TRANSIENT, MR_INVALID, MR_FATAL});
  if (answer.ok()) {
    state_ = State::kStarted;
  }
  return answer;
}

void Instance::drain() {
  expect(state_ == State::kStarted, "drain");
  state_ = State::kDraining;
  plugin_.table->drain(self_);
}

void Instance::stop() {
  expect(state_ != State::kStopped, "stop");
  if (state_ != State::kCreated) {
    plugin_.table->stop(self_);
  }
  state_ = State::kStopped;
}

void* Instance::hand_over() {
  expect(state_ == State::kCreated, "hand_over");
  state_ = State::kStopped;
  return std::exchange(self_, nullptr);
}

void Instance::interrupt() const { plugin_.table->interrupt(self_); }

} // namespace millrace::modules
