// Makes the [serial] calls of one instance: on the worker's own thread, or on the instance's lane with the return
// coming back through the inbox. One call at a time; who has several to make queues them.
#pragma once

#include <millrace/plugin.h>

#include <cassert>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "engine/flow/inbox.hpp"
#include "engine/flow/instance.hpp"

namespace millrace::flow {

// What a call answered, with its text.
struct Answer {
  mr_status status = MR_OK;
  std::string text; // of the error, empty with MR_OK and MR_END
};

inline Answer answer_of(mr_status status, mr_error& error) {
  if (status == MR_OK || status == MR_END) {
    return {status, {}};
  }
  error.text[sizeof(error.text) - 1] = 0;
  return {status, error.text};
}

class Caller {
 public:
  Caller(Instance instance, std::shared_ptr<Inbox> inbox) : instance_(std::move(instance)), inbox_(std::move(inbox)) {}

  const mr_plugin& plugin() const { return *instance_.plugin; }
  void* self() const { return instance_.self; }
  const std::string& name() const { return instance_.name; }
  const Port& port() const { return *instance_.port; }
  Port& port() { return *instance_.port; }
  bool has_flag(std::uint32_t flag) const { return (instance_.plugin->flags & flag) != 0; }

  bool busy() const { return busy_; }
  std::int64_t busy_since_ns() const { return since_ns_; }

  // `call` runs where the instance's calls run and answers a value; `then` gets it on the worker's thread, at once or
  // later. Only while not busy.
  template <class Call, class Then>
  void call(std::int64_t now_ns, Call call, Then then) {
    assert(!busy_);
    busy_ = true;
    since_ns_ = now_ns;
    if (!instance_.lane) {
      auto answer = call();
      busy_ = false;
      then(std::move(answer));
      return;
    }
    instance_.lane->run([this, inbox = inbox_, call = std::move(call), then = std::move(then)]() mutable {
      inbox->order([this, answer = call(), then = std::move(then)]() mutable {
        busy_ = false;
        then(std::move(answer));
      });
    });
  }

  void interrupt() { instance_.plugin->interrupt(instance_.self); }

  // After destroy returned: the lane ends, and what was kept for the instance goes.
  void let_go() {
    instance_.lane.reset();
    instance_.keep.reset();
    gone_ = true;
  }
  bool gone() const { return gone_; }

 private:
  Instance instance_;
  std::shared_ptr<Inbox> inbox_; // shared with ports and lanes, which may outlive the worker
  bool busy_ = false;
  bool gone_ = false;
  std::int64_t since_ns_ = 0;
};

} // namespace millrace::flow
