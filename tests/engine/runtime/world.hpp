// What a whole engine is run against here: a source, a router and two sinks made with the SDK, that do what the test
// says, and one World that they look into. A test has one World at a time.
#pragma once

#include <millrace/router.hpp>
#include <millrace/sink.hpp>
#include <millrace/source.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace::runtime {

struct Item {
  std::string kind;
  std::string name;
  std::string hash;
};

// What a router is made of.
struct Rules {
  std::string hash = "aaaa";
  std::vector<Item> items{{"rule", "first", "1"}};
  std::vector<std::string> targets{"shelf"};
  bool dead_letter = false;
  std::string refusal; // not empty: create says this
};

struct World {
  std::mutex mutex;
  std::condition_variable changed;

  // What the plugins do; [mutex].
  std::deque<std::string> waiting; // events, for whichever source polls next
  bool endless = true;             // a source without events waits, and does not end
  bool source_breaks = false;      // the next poll does
  std::string source_refuses;      // every start of a source: INVALID with this text
  Rules rules;
  std::string start_fails;      // every start of a sink: TRANSIENT with this text
  std::set<std::string> unfit;  // targets of which every bind is refused
  int starts_break = 0;         // how many starts of a sink are FATAL
  bool sink_breaks = false;     // the next write says host.failed and completes nothing
  bool holds = false;           // writes are not completed before let_go()
  bool rejects = false;         // every record
  std::string check_finds;      // check/1 has this error
  int checks_fail = 0;          // how many of the next checks cannot reach anything
  int shelves = 0;              // sinks that were created
  std::vector<int> checked_by;  // the number of the sink, of each check
  std::set<std::string> forbid; // pipelines in which a source cannot be created
  std::set<std::string> full;   // workers in which the next sink cannot be created
  std::set<std::string> closed; // names of sources and places of sinks that do not start: FATAL
  std::set<std::string> absent; // the same, but TRANSIENT

  std::string sink;                                                         // that targets name; empty: the only one
  std::function<void(World& world, const std::string& where)> before_start; // of a source or a sink

  std::function<void()> before_write; // each write calls it, without the mutex; set before the start

  // [mutex]
  void start(const std::string& where) {
    if (before_start) {
      before_start(*this, where);
    }
    if (closed.contains(where)) {
      throw fatal(where + " is closed");
    }
    if (absent.contains(where)) {
      throw transient(where + " is not there");
    }
    ++started[where];
    changed.notify_all();
  }

  // What they saw; [mutex].
  std::map<std::string, int> created; // "source", "router", "sink"
  int alive = 0;                      // instances between create and destroy
  std::map<std::string, int> started; // by name of source, or place of sink
  int reading = 0;                    // sources of a log between start and stop
  int most_reading = 0;
  std::map<std::string, int> stored;   // event -> how often
  std::map<std::string, int> by_place; // of the sink -> records
  std::map<std::string, int> by_hash;  // hash of the router that sent it -> records
  std::map<std::uint32_t, int> settled;
  std::vector<std::string> log;
  std::set<class Feed*> sources;
  std::set<class Shelf*> sinks;

  static World* current;
  World() { current = this; }
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World() { current = nullptr; }

  void set(const std::function<void(World&)>& change) {
    const std::lock_guard lock(mutex);
    change(*this);
    changed.notify_all();
  }
  // False: not within twenty seconds.
  bool until(const std::function<bool(const World&)>& holds_now) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20), [&] { return holds_now(*this); });
  }
  bool settles(std::uint32_t outcome, int events) {
    return until([&](const World& world) {
      const auto at = world.settled.find(outcome);
      return at != world.settled.end() && at->second >= events;
    });
  }
  bool logged(const std::string& part) {
    return until([&](const World& world) {
      return std::ranges::any_of(world.log, [&](const std::string& line) { return line.find(part) != line.npos; });
    });
  }
  void give(const std::string& prefix, int events);
  void let_go();
  // Waits until a sink keeps a delivery back.
  bool holds_something();
};

inline World* World::current = nullptr;

// Counts an instance of `kind` as long as it lives.
class Lives {
 public:
  explicit Lives(const char* kind) : world_(*World::current) {
    world_.set([&](World& world) {
      ++world.alive;
      ++world.created[kind];
    });
  }
  Lives(const Lives&) = delete;
  Lives& operator=(const Lives&) = delete;
  ~Lives() {
    world_.set([](World& world) { --world.alive; });
  }

 private:
  World& world_;
};

class Feed {
 public:
  static constexpr mr_field fields[] = {{"name", MR_STRING, 0, "tape", nullptr, "Which one.", nullptr, 0}};

  Feed(Host host, const Config& config) : host_(host), world_(*World::current), name_(config.text("name")) {
    world_.set([&](World& world) {
      if (world.forbid.contains(std::string(host.pipeline()))) {
        throw invalid("there is no tape; put one in");
      }
      world.sources.insert(this);
    });
  }
  ~Feed() {
    world_.set([&](World& world) { world.sources.erase(this); });
  }

  void start() {
    const std::lock_guard lock(world_.mutex);
    if (!world_.source_refuses.empty()) {
      throw invalid(world_.source_refuses);
    }
    world_.start(name_);
  }
  void wake() const { host_.wake(); }
  void drain() { draining_ = true; }

  mr_status poll(const mr_budget& budget, mr_batch& out) {
    const std::lock_guard lock(world_.mutex);
    if (std::exchange(world_.source_breaks, false)) {
      throw fatal("the tape is torn");
    }
    if (draining_ || (world_.waiting.empty() && !world_.endless)) {
      return MR_END;
    }
    if (world_.waiting.empty()) {
      return MR_OK;
    }
    Lent& lent = lent_[++last_];
    lent.covers = {str("tape"), -1, 0, 0, 0, 0};
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(10, budget.events) && !world_.waiting.empty(); ++i) {
      lent.payloads.push_back(std::move(world_.waiting.front()));
      world_.waiting.pop_front();
    }
    for (const std::string& payload : lent.payloads) {
      mr_event event{};
      event.origin = &lent.covers;
      event.payload = str(payload);
      lent.events.push_back(event);
    }
    out = {last_, &lent.covers, lent.events.data(), lent.events.size()};
    return MR_OK;
  }

  // What was abandoned is read again, by whoever polls next.
  void settle(std::uint64_t batch, std::span<const mr_verdict> verdicts) {
    world_.set([&](World& world) {
      for (std::size_t i = 0; i < verdicts.size(); ++i) {
        ++world.settled[verdicts[i].outcome];
        if (verdicts[i].outcome == MR_ABANDONED) {
          world.waiting.push_back(lent_[batch].payloads[i]);
        }
      }
      lent_.erase(batch);
    });
  }

 private:
  struct Lent {
    mr_range covers{};
    std::deque<std::string> payloads;
    std::vector<mr_event> events;
  };

  Host host_;
  World& world_;
  const std::string name_;
  const Lives lives_{"source"};
  std::map<std::uint64_t, Lent> lent_;
  std::uint64_t last_ = 0;
  bool draining_ = false;
};

// The same of what can be read again: two at a time would read it twice.
class Reel : public Feed {
 public:
  static constexpr std::uint32_t flags = MR_REPLAYS;
  using Feed::Feed;

  void start() {
    Feed::start();
    World::current->set([](World& world) { world.most_reading = std::max(world.most_reading, ++world.reading); });
  }
  void stop() {
    World::current->set([](World& world) { --world.reading; });
  }
};

// Sends every event to each of its targets, with the hash of its rules as the key.
class Sorter {
 public:
  Sorter(Host host, const Config& /*config*/) : Sorter(host, rules_now()) {}
  // Its one file holds its hash; one that holds "spoilt" is refused.
  Sorter(Host host, const Config& /*config*/, std::span<const mr_rules_file> files)
      : Sorter(host, rules_of(copy(files.front().bytes))) {}
  Sorter(Host host, const Sorter& model) : Sorter(host, model.rules_) {}

  mr_str hash() const { return str(rules_.hash); }
  std::span<const mr_ruleset_item> items() const { return items_; }
  std::size_t tests() const { return rules_.items.size(); }
  std::span<const mr_rules_file> files() const { return files_; }
  std::span<const mr_rules_step> steps() const { return steps_; }

  // Each event goes by the rule "by HASH" to the first target.
  void explain(const mr_event& event, std::uint32_t form, const mr_listener& listener) const {
    if (copy(event.payload) == "odd") {
      throw transient("nobody knows what that is");
    }
    const std::string text = form == MR_EXPLAIN_TEXT
                                 ? copy(event.payload) + " goes by " + rules_.hash + "\n"
                                 : R"({"outcome":"routed","rules":["by )" + rules_.hash + R"("],"to":[{"topic":")" +
                                       rules_.targets.front() + R"("}],"rows":[]})";
    listener.say(listener.context, str(text));
  }
  // Events change when the hashes differ and they begin with "e".
  struct Compared {
    bool other;
    mr_comparison_count counted{};
    void add(const mr_event& event) {
      ++counted.events;
      counted.changed += other && copy(event.payload).starts_with("e") ? 1 : 0;
    }
    mr_comparison_count count() const { return counted; }
    void tell(std::uint32_t form, const mr_listener& listener) const {
      listener.say(listener.context, str(form == MR_EXPLAIN_TEXT ? "some changed\n" : "{}"));
    }
  };
  std::unique_ptr<Compared> compare(const Sorter& other) const {
    return std::make_unique<Compared>(Compared{other.rules_.hash != rules_.hash, {}});
  }

  void route(std::span<const mr_event* const> events, const Emit& emit) {
    std::vector<mr_message> messages;
    for (const mr_event* event : events) {
      for (const std::uint32_t id : targets_) {
        mr_message message{};
        message.event = event;
        message.target = id;
        message.key = str(rules_.hash);
        messages.push_back(message);
      }
    }
    emit.messages(messages);
  }

 private:
  Sorter(Host host, Rules rules) : rules_(std::move(rules)) {
    if (!rules_.refusal.empty()) {
      const mr_diagnostic found{MR_LOG_ERROR,       3, 7, 0, str("E0201"), str("main.rules"), str(rules_.refusal),
                                str(rules_.refusal)};
      host.ruleset()->diagnose(host.raw(), &found);
      throw invalid("1 error in main.rules");
    }
    for (const Item& item : rules_.items) {
      items_.push_back({str(item.kind), str(item.name), str(item.hash)});
    }
    for (const std::string& name : rules_.targets) {
      targets_.push_back(target(host, name, 0));
    }
    if (rules_.dead_letter) {
      target(host, "dead", MR_DEAD_LETTER);
    }
  }

  static Rules rules_of(const std::string& file) {
    Rules rules;
    rules.hash = file;
    rules.refusal = file == "spoilt" ? "it does not compile any more" : "";
    return rules;
  }
  static Rules rules_now() {
    World& world = *World::current;
    const std::lock_guard lock(world.mutex);
    return world.rules;
  }
  static std::uint32_t target(const Host& host, const std::string& name, std::uint32_t flags) {
    mr_target wanted{};
    wanted.name = str(name);
    const std::string sink = [] {
      const std::lock_guard lock(World::current->mutex);
      return World::current->sink;
    }();
    if (!sink.empty()) {
      wanted.sink = str(sink);
    }
    wanted.form = MR_MESSAGES;
    wanted.flags = flags;
    mr_error error{};
    const std::uint32_t id = host.target(wanted, error);
    if (id == 0) {
      throw invalid(error.text);
    }
    return id;
  }

  const Rules rules_;
  const Lives lives_{"router"};
  const std::array<mr_rules_file, 1> files_{{{str("main.rules"), str(rules_.hash)}}};
  const std::array<mr_rules_step, 1> steps_{{{str("compile"), 5'000'000}}};
  std::vector<mr_ruleset_item> items_;
  std::vector<std::uint32_t> targets_;
};

class Shelf {
 public:
  static constexpr std::uint32_t flags = MR_TAKES_MESSAGES;

  static constexpr mr_field fields[] = {{"place", MR_STRING, 0, "hall", nullptr, "Where it stands.", nullptr, 0}};

  Shelf(Host host, const Config& config) : host_(host), world_(*World::current), place_(config.text("place")) {
    world_.set([&](World& world) {
      if (world.full.erase(std::string(host.worker())) > 0) {
        throw invalid("there is no room for a shelf here");
      }
      world.sinks.insert(this);
      number_ = ++world.shelves;
    });
  }
  ~Shelf() {
    world_.set([&](World& world) { world.sinks.erase(this); });
  }

  void start() {
    const std::lock_guard lock(world_.mutex);
    if (!world_.start_fails.empty()) {
      throw transient(world_.start_fails);
    }
    if (world_.starts_break > 0) {
      --world_.starts_break;
      throw fatal("the shelf has no legs");
    }
    world_.start(place_);
  }
  void bind(std::uint32_t /*id*/, const mr_target& target) {
    const std::lock_guard lock(world_.mutex);
    if (world_.unfit.contains(copy(target.name))) {
      throw transient("there is no room for " + copy(target.name));
    }
  }
  void unbind(std::uint32_t /*id*/) {}
  std::uint32_t max_in_flight() const { return 4; }

  void write(const mr_delivery& delivery) {
    if (world_.before_write) {
      world_.before_write();
    }
    world_.set([&](World& world) {
      if (std::exchange(world.sink_breaks, false)) {
        open_.push_back(delivery.id);
        host_.failed("the shelf fell down");
        return;
      }
      if (world.rejects) {
        host_.complete(delivery.id, MR_RECORD_REJECTED);
        return;
      }
      if (world.holds) {
        held_.push_back(delivery);
        return;
      }
      store(world, delivery);
    });
  }

  void stop() {
    world_.set([&](World&) {
      for (const mr_delivery& held : held_) {
        open_.push_back(held.id);
      }
      held_.clear();
      for (const std::uint64_t id : std::exchange(open_, {})) {
        host_.complete(id, MR_RECORD_TRANSIENT);
      }
    });
  }

  void check(std::span<const mr_target> targets, std::int64_t /*deadline_ns*/, const mr_findings& findings) {
    const std::lock_guard lock(world_.mutex);
    world_.checked_by.push_back(number_);
    if (world_.checks_fail > 0) {
      --world_.checks_fail;
      throw transient("nobody answers at shelf:1");
    }
    if (!world_.check_finds.empty()) {
      findings.add(findings.context, MR_LOG_ERROR, targets.size() - 1, kAbsent, str(world_.check_finds));
    }
  }

  // [mutex]
  std::size_t held() const { return held_.size(); }
  void let_go(World& world) {
    for (const mr_delivery& held : std::exchange(held_, {})) {
      store(world, held);
    }
  }

 private:
  void store(World& world, const mr_delivery& delivery) {
    for (const mr_part& part : std::span(delivery.parts, delivery.part_count)) {
      for (std::size_t i = 0; i < part.count; ++i) {
        ++world.stored[copy(part.events[i]->payload)];
        ++world.by_hash[copy(part.messages[i]->key)];
        ++world.by_place[place_];
      }
    }
    host_.complete(delivery.id, MR_RECORD_OK);
  }

  Host host_;
  World& world_;
  const std::string place_;
  int number_ = 0;
  const Lives lives_{"sink"};
  std::vector<mr_delivery> held_;   // what they point to stays as it is until complete
  std::vector<std::uint64_t> open_; // will never be stored here
};

// The same on a thread of its own.
class Cupboard : public Shelf {
 public:
  static constexpr std::uint32_t flags = MR_TAKES_MESSAGES | MR_BLOCKS;
  using Shelf::Shelf;
};

inline void World::give(const std::string& prefix, int events) {
  set([&](World& world) {
    for (int i = 0; i < events; ++i) {
      world.waiting.push_back(prefix + std::to_string(i));
    }
    for (const Feed* source : world.sources) {
      source->wake();
    }
  });
}

inline void World::let_go() {
  set([](World& world) {
    world.holds = false;
    for (Shelf* sink : world.sinks) {
      sink->let_go(world);
    }
  });
}

inline bool World::holds_something() {
  return until([](const World& world) {
    return std::ranges::any_of(world.sinks, [](const Shelf* sink) { return sink->held() > 0; });
  });
}

struct FakeModule {
  explicit FakeModule(const char* version) : module{"fakes", version, tables.data(), tables.size()} {}

  const std::array<mr_plugin, 5> plugins{source_plugin<Feed>("feed", "Hands in what the test gives."),
                                         source_plugin<Reel>("reel", "Hands in what the test gives, as a log."),
                                         router_plugin<Sorter>("sorter", "Sends it on."),
                                         sink_plugin<Shelf>("shelf", "Keeps it."),
                                         sink_plugin<Cupboard>("cupboard", "Keeps it, and blocks.")};
  const std::array<const mr_plugin*, 5> tables{&plugins[0], &plugins[1], &plugins[2], &plugins[3], &plugins[4]};
  const mr_module module;
};

inline const mr_module& fake_module() {
  static const FakeModule kFakes("1.0.0");
  return kFakes.module;
}

// The same plugins, as another file has them.
inline const mr_module& newer_fake_module() {
  static const FakeModule kFakes("1.1.0");
  return kFakes.module;
}

} // namespace millrace::runtime
