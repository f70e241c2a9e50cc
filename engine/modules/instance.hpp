// The life of one instance of a plugin: create, start, drain, stop, destroy, in that order and each once.
// The calls that move events (poll, route, write, …) are made by engine/flow through the tables given out here.
#pragma once

#include <millrace/plugin.h>

#include <cstdint>
#include <stdexcept>
#include <string>

#include "engine/modules/answer.hpp"
#include "engine/modules/catalogue.hpp"

namespace millrace::modules {

// create said no. what() names instance and plugin and carries the plugin's own words.
class CreateError : public std::runtime_error {
 public:
  CreateError(const std::string& what, Answer answer) : std::runtime_error(what), answer_(std::move(answer)) {}

  // MR_INVALID: the configuration is wrong; MR_TRANSIENT, MR_FATAL: the plugin itself failed, or broke the contract.
  const Answer& answer() const { return answer_; }

 private:
  Answer answer_;
};

// Calls into an Instance are [serial], except interrupt, which is [any]. A call out of order is a mistake of the engine
// and throws std::logic_error; what the plugin does wrong comes back as an Answer that blames it by name.
class Instance {
 public:
  enum class State : std::uint8_t { kCreated, kStarted, kDraining, kStopped };

  // Calls create. `host` and what it points to must outlive the instance; `config` is needed for this call only, unless
  // the plugin keeps views into it: the engine keeps it as long as the instance. Throws CreateError.
  Instance(const Plugin& plugin, const mr_host& host, const mr_value& config);
  // Stops if it runs, then destroys; nothing of it when it was handed over.
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  // MR_OK, or MR_TRANSIENT (call it again later), MR_INVALID, MR_FATAL; it counts as started only after MR_OK.
  Answer start();
  void drain();
  // Returns when every accepted delivery is completed. On an instance that never started nothing is called.
  void stop();
  void interrupt() const;

  // The life goes on elsewhere: whoever takes it starts, stops and destroys it. Only of an instance that was not
  // started yet.
  [[nodiscard]] void* hand_over();

  State state() const { return state_; }
  bool blocks() const { return (plugin_.table->flags & MR_BLOCKS) != 0; }
  const Plugin& plugin() const { return plugin_; }
  // Who it is in logs and when it breaks the contract: "sink.events of ingest/0 (plugin kafka 1.0.0)".
  const std::string& who() const { return who_; }

  void* self() const { return self_; }
  const mr_source& source() const { return *plugin_.table->source; }
  const mr_router& router() const { return *plugin_.table->router; }
  const mr_sink& sink() const { return *plugin_.table->sink; }
  // nullptr: not supported. `Table` has to be the struct that belongs to `id`.
  template <class Table>
  const Table* extension(const char* id) const {
    return static_cast<const Table*>(plugin_.table->extension(id));
  }

 private:
  void expect(bool in_order, const char* call) const;

  Plugin plugin_;
  std::string who_;
  void* self_ = nullptr;
  State state_ = State::kCreated;
};

} // namespace millrace::modules
