// See run.hpp.
#include "tests/flow/simulation/run.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "tests/flow/simulation/process.hpp"

namespace millrace::sim {

namespace {

class Run {
 public:
  Run(std::uint64_t seed, Mode mode, bool with_story)
      : world_(seed, mode, with_story),
        outside_{world_, Log(world_, static_cast<std::size_t>(world_.between(1, 4))), Database(world_), {}} {
    world_.faults = world_.chance(85);
    const bool two = world_.has_log() && world_.chance(50);
    for (int i = 0; i < (two ? 2 : 1); ++i) {
      processes_.push_back(std::make_unique<Process>(outside_, "process " + std::to_string(i)));
    }
  }

  Report go() {
    make_events();
    for (const auto& process : processes_) {
      process->start();
    }
    if (world_.faults) {
      plan_faults();
    }
    run_until(kFaultsEnd, [] { return false; });
    world_.faults = false;
    const bool quiet = come_to_rest("after the faults");
    if (quiet && world_.has_log() && world_.has_database() && world_.chance(40)) {
      world_.tell("database: fails over while everybody is idle");
      outside_.database.fail_over(1 + world_.below(6));
      come_to_rest("after the last failover");
    }
    stop();
    check();
    return {world_.failure(), world_.story()};
  }

 private:
  static constexpr std::int64_t kFaultsEnd = 4 * kSecond;
  static constexpr std::int64_t kPatience = 300 * kSecond;

  void make_events();
  void arrive(std::uint64_t id);
  void send(HttpSource::Clients::Request request);
  void plan_faults();
  void fault();
  Process* somebody();
  template <class Done>
  bool run_until(std::int64_t deadline, Done done);
  bool come_to_rest(const char* when);
  bool is_at_rest();
  void stop();
  void check();
  void check_database(std::uint64_t id, std::uint32_t rows, std::uint32_t dead);
  void check_store(std::uint64_t id);

  World world_;
  Outside outside_;
  std::vector<std::unique_ptr<Process>> processes_;
};

void Run::make_events() {
  const auto count = static_cast<std::uint64_t>(world_.between(20, 160));
  world_.witness.resize(count);
  outside_.clients.answered.resize(count);
  outside_.clients.send_again = [this](HttpSource::Clients::Request request) {
    for (const std::uint64_t id : request.ids) {
      ++world_.witness[id].repeats;
    }
    world_.in(world_.between(kMilli, 200 * kMilli), [this, request] { send(request); });
  };
  if (world_.has_log()) {
    for (std::uint64_t id = 0; id < count; ++id) {
      world_.at(world_.between(0, kFaultsEnd / 2), [this, id] { arrive(id); });
    }
    return;
  }
  for (std::uint64_t id = 0; id < count;) {
    HttpSource::Clients::Request request;
    const std::uint64_t end = std::min(count, id + 1 + world_.below(5));
    for (; id < end; ++id) {
      request.ids.push_back(id);
    }
    world_.at(world_.between(0, kFaultsEnd / 2), [this, request] { send(request); });
  }
}

void Run::arrive(std::uint64_t id) {
  auto& partitions = outside_.log.partitions();
  auto& entries = partitions[world_.below(partitions.size())].entries;
  while (world_.chance(10)) {
    entries.push_back({true, 0});
  }
  entries.push_back({false, id});
  for (const auto& process : processes_) {
    process->wake();
  }
}

void Run::send(HttpSource::Clients::Request request) {
  Process& process = *processes_.front();
  if (!process.is_running()) {
    world_.in(50 * kMilli, [this, request] { send(request); });
    return;
  }
  outside_.clients.waiting.push_back(std::move(request));
  process.wake();
}

Process* Run::somebody() {
  Process* process = processes_[world_.below(processes_.size())].get();
  return process->is_running() ? process : nullptr;
}

void Run::plan_faults() {
  const std::uint64_t count = 1 + world_.below(12);
  for (std::uint64_t i = 0; i < count; ++i) {
    world_.at(world_.between(0, kFaultsEnd - kSecond), [this] { fault(); });
  }
}

void Run::fault() {
  Process* process = somebody();
  if (!process) {
    return;
  }
  switch (world_.below(9)) {
    case 0:
      process->crash();
      world_.in(world_.between(10 * kMilli, 500 * kMilli), [process] { process->start(); });
      return;
    case 1:
      world_.tell("a process sleeps");
      process->pause(world_.now() + world_.between(50 * kMilli, 900 * kMilli));
      return;
    case 2:
      process->swap_router();
      return;
    case 3:
      process->swap_sink();
      return;
    case 4:
      if (world_.has_log()) {
        world_.tell("group: asks for a partition");
        outside_.log.revoke_one();
      }
      return;
    case 5:
      if (world_.has_log()) {
        world_.tell("group: takes a partition away");
        outside_.log.take_one_away();
      }
      return;
    case 6:
      world_.tell("database: a session is killed");
      outside_.database.kill_one();
      return;
    case 7:
      world_.tell("database: is down for a while");
      outside_.database.go_down(world_.now() + world_.between(10 * kMilli, 600 * kMilli));
      return;
    default:
      if (world_.has_log()) { // without a log a failover may lose what was acknowledged, which nobody promises to mend
        world_.tell("database: fails over");
        outside_.database.fail_over(world_.below(6));
      }
      return;
  }
}

template <class Done>
bool Run::run_until(std::int64_t deadline, Done done) {
  while (!world_.failed() && !done()) {
    Process* next = nullptr;
    std::int64_t time = world_.next();
    for (const auto& process : processes_) {
      if (process->is_running() && process->next_step() < time) {
        next = process.get();
        time = process->next_step();
      }
    }
    if (time > deadline) {
      world_.advance(deadline);
      return false;
    }
    if (next) {
      world_.advance(time);
      next->step();
    } else {
      world_.happen();
    }
  }
  return !world_.failed();
}

bool Run::is_at_rest() {
  for (const auto& process : processes_) {
    if (!process->is_running() || process->unsettled() > 0) {
      return false;
    }
  }
  if (!world_.has_log()) {
    return std::find(outside_.clients.answered.begin(), outside_.clients.answered.end(), false) ==
           outside_.clients.answered.end();
  }
  const auto& partitions = outside_.log.partitions();
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    const std::uint64_t done =
        world_.has_database() ? outside_.database.next(static_cast<std::int32_t>(i)) : partitions[i].committed;
    if (done != partitions[i].entries.size()) {
      return false;
    }
  }
  return true;
}

bool Run::come_to_rest(const char* when) {
  if (run_until(world_.now() + kPatience, [this] { return is_at_rest(); })) {
    return true;
  }
  for (const auto& process : processes_) {
    world_.tell(process->state());
  }
  world_.fail(std::string("stuck ") + when);
  return false;
}

void Run::stop() {
  for (const auto& process : processes_) {
    if (process->is_running()) {
      process->drain(world_.now() + (world_.chance(50) ? 10 * kSecond : 0));
    }
  }
  const auto all_stopped = [this] {
    return std::all_of(processes_.begin(), processes_.end(), [](const auto& process) { return process->is_stopped(); });
  };
  if (!run_until(world_.now() + kPatience, all_stopped)) {
    world_.fail("a worker does not stop");
    return;
  }
  for (const auto& process : processes_) {
    process->check_empty();
  }
}

void Run::check() {
  processes_.clear();
  if (world_.live_arrays != 0) {
    world_.fail(std::to_string(world_.live_arrays) + " arrays of rows were not released");
  }
  const std::vector<std::uint32_t> rows = outside_.database.rows();
  const std::vector<std::uint32_t> dead = outside_.database.dead();
  for (std::uint64_t id = 0; id < world_.witness.size() && !world_.failed(); ++id) {
    if (world_.has_database()) {
      check_database(id, rows[id], dead[id]);
    }
    if (world_.has_store()) {
      check_store(id);
    }
  }
}

// Exactly once; without a log it may be more by the attempts of which nobody knows what they did.
void Run::check_database(std::uint64_t id, std::uint32_t rows, std::uint32_t dead) {
  const Facts facts = facts_of(id);
  const bool bad_message = world_.has_store() && facts.bad_message;
  const std::uint32_t wanted_rows = facts.filtered || facts.refused || facts.bad_row ? 0 : 1;
  const std::uint32_t wanted_dead = !facts.filtered && (facts.refused || facts.bad_row || bad_message) ? 1 : 0;
  const std::uint32_t more = world_.has_log() ? 0 : world_.witness[id].repeats;
  const auto is_right = [more](std::uint32_t found, std::uint32_t wanted) {
    return found >= wanted && found <= (wanted == 0 ? 0 : wanted + more);
  };
  if (!is_right(rows, wanted_rows) || !is_right(dead, wanted_dead)) {
    world_.fail("event " + std::to_string(id) + " is in the table " + std::to_string(rows) +
                " times and in the dead letters " + std::to_string(dead) + " times, instead of " +
                std::to_string(wanted_rows) + " and " + std::to_string(wanted_dead));
  }
}

// At least once.
void Run::check_store(std::uint64_t id) {
  const Facts facts = facts_of(id);
  const Witness& seen = world_.witness[id];
  const bool wants = !facts.filtered && !facts.refused && !facts.bad_message;
  const bool wants_dead = !world_.has_database() && !facts.filtered && (facts.refused || facts.bad_message);
  if ((seen.messages > 0) != wants || (seen.dead_messages > 0) != wants_dead) {
    world_.fail("event " + std::to_string(id) + " is in the store " + std::to_string(seen.messages) +
                " times and in its dead letters " + std::to_string(seen.dead_messages) + " times");
  }
}

} // namespace

Report run(std::uint64_t seed, Mode mode, bool with_story) {
  // Near seeds make far worlds.
  flow::Random mix(seed * 8 + static_cast<std::uint64_t>(mode));
  return Run(mix.next(), mode, with_story).go();
}

} // namespace millrace::sim
