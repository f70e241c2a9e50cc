// The targets of one pipeline: what routers name, each with one id for as long as the pipeline lives. Which sink writes
// them and when they are bound is the flow's business.
#pragma once

#include <millrace/plugin.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/host/schema.hpp"

namespace millrace::host {

// A sink of the pipeline, as far as naming a target needs it.
struct SinkForms {
  std::string name;        // the `events` of "sink.events"
  std::uint32_t flags = 0; // MR_TAKES_MESSAGES, MR_TAKES_ROWS of its plugin
};

// Whether a name is one of those that a pattern stands for: a `*` in it is one or more characters but no dot.
bool in_family(std::string_view pattern, std::string_view name);

class Targets {
 public:
  struct Granted {
    std::uint32_t id = 0;              // 0: not granted
    const mr_target* target = nullptr; // a copy of our own that lives as long as the Targets, its `sink` filled in
    std::string error;                 // why not
  };

  // The targets that one instance of a router named. While it lives they count against the limit.
  class Use {
   public:
    explicit Use(Targets& targets) : targets_(targets) {}
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    friend class Targets;
    Targets& targets_;
    std::set<std::uint32_t> ids_;
  };

  // At most `limit` targets are granted at a time.
  Targets(std::vector<SinkForms> sinks, std::size_t limit);
  ~Targets();
  Targets(const Targets&) = delete;
  Targets& operator=(const Targets&) = delete;

  // [any] The same sink, name, form, flags, properties and schema give the same id, whichever instance asks.
  Granted name(const mr_target& wanted, Use& use);

  // [any] What was granted stays, also where it is more.
  void set_limit(std::size_t limit);

  // [any] Names that there are in the outside system of a sink. They count among the members of their families.
  void there(std::string_view sink, std::span<const std::string_view> names);

  // [any] Those in use, by id.
  std::vector<std::pair<std::uint32_t, const mr_target*>> in_use() const;
  // [any] nullptr: there never was such an id.
  const mr_target* find(std::uint32_t id) const;

 private:
  struct Entry;

  // `at most N` of the names that a pattern stands for. What is a member stays one: it has been made outside.
  struct Family {
    std::string sink;
    std::string pattern;
    std::set<std::string, std::less<>> members;
  };
  // The family that has room for the name or has it already. False: it is full. nullptr: the name is of none.
  bool has_room(const mr_target& wanted, const std::string& sink, Family*& family);

  // The name of the sink that a target goes to, or an error.
  std::string sink_for(const mr_target& wanted, std::string& error) const;

  const std::vector<SinkForms> sinks_;
  mutable std::mutex mutex_; // of everything below
  std::size_t limit_;
  std::map<std::string, std::uint32_t> ids_;
  std::vector<std::unique_ptr<Entry>> entries_; // id - 1
  std::size_t in_use_ = 0;
  std::map<std::string, std::set<std::string, std::less<>>, std::less<>> there_; // by sink
  std::map<std::pair<std::string, std::string>, Family> families_;               // by sink and pattern
};

} // namespace millrace::host
