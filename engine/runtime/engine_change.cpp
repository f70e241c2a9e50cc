// How what runs is changed: a reload or a rollback from its rules to its receipt, here alone or with the engines that
// share a pipeline.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <set>
#include <utility>

#include "engine/host/failpoint.hpp"
#include "engine/runtime/engine.hpp"

namespace millrace::runtime {
namespace {

constexpr std::size_t kLeastPrefix = 4;      // of a hash
constexpr std::chrono::seconds kPatience{2}; // with what keeps receipts
constexpr std::chrono::milliseconds kShadowMoment{100};
constexpr std::uint64_t kShadowEvents = 1'000; // in a moment: a tenth of a core, or a little more
constexpr std::uint64_t kShadowBytes = 4u << 20;

// Files as they were, for the pipelines that had the ruleset.
using Kept = std::map<std::string, std::shared_ptr<const RulesFiles>>;

std::optional<std::shared_ptr<const RulesFiles>> from_disk(const Pipeline&) {
  return std::shared_ptr<const RulesFiles>();
}

// For the pipelines that have an entry.
auto from(const Kept& kept) {
  return [&kept](const Pipeline& pipeline) -> std::optional<std::shared_ptr<const RulesFiles>> {
    const auto found = kept.find(pipeline.name());
    return found == kept.end() ? std::nullopt : std::optional(found->second);
  };
}

} // namespace

Receipt Engine::reload(const Asked& asked, const Trial& trial) {
  Change change = begun(std::unique_lock(change_), begin(asked, "reload"));
  read_configuration(change);
  prepare(change, from_disk, trial);
  return finish(std::move(change));
}

Receipt Engine::reload_all(const Asked& asked, const Trial& trial) {
  Change change = begun(std::unique_lock(change_), begin(asked, "reload"));
  note_configuration(change.receipt);
  prepare(change, from_disk, trial);
  if (change.receipt.error.empty() && !trial.dry_run) {
    propose(change);
  }
  return finish(std::move(change));
}

Receipt Engine::rollback(const Asked& asked, const std::string& hash) {
  Change change = begun(std::unique_lock(change_), begin(asked, "rollback"));
  Receipt& receipt = change.receipt;
  Kept kept;
  try {
    for (const auto& [pipeline, found] : hash.empty() ? before() : matching(hash)) {
      if (const std::optional<RulesFiles> files = history_->files(pipeline, found)) {
        kept[pipeline] = std::make_shared<const RulesFiles>(*files);
      } else {
        no_ruleset(fmt::format("the files of ruleset {} of pipeline '{}' are no longer there", found, pipeline));
      }
    }
  } catch (const NoSuchRuleset& error) {
    receipt.error = error.what();
  }
  prepare(change, from(kept), {});
  return finish(std::move(change));
}

Receipt Engine::begin(const Asked& asked, std::string what) const {
  Receipt receipt;
  receipt.what = std::move(what);
  receipt.asked = asked;
  receipt.engine = owner_;
  receipt.at_us = services_.clock.time_us();
  receipt.id = record_id(receipt.at_us, owner_);
  return receipt;
}

Engine::Change Engine::begun(std::unique_lock<std::mutex> lock, Receipt receipt) {
  told_(true);
  Change out{std::move(lock), std::move(receipt), services_.clock.now_ns()};
  out.told = {nullptr, [this](void*) { told_(false); }};
  return out;
}

void Engine::prepare(Change& change, const Choice& choice, const Trial& trial) {
  Receipt& receipt = change.receipt;
  receipt.dry_run = trial.dry_run;
  if (receipt.error.empty()) {
    plan(change, choice);
  }
  if (receipt.error.empty() && trial.shadow.count() > 0) {
    try_out(change, trial);
  }
}

// The others first: they have to be ready before anything is decided.
void Engine::propose(Change& change) {
  Receipt& receipt = change.receipt;
  Council* const council = joined_.load();
  if (council == nullptr) {
    receipt.error = "this engine shares no records with others, so it cannot ask them";
    return;
  }
  std::map<std::string, RulesFiles> files;
  std::map<std::string, std::string> hashes;
  for (const Planned& planned : change.plan) {
    const std::string& name = planned.pipeline->name();
    const RouterSet& set = *planned.routers;
    if (set.files == nullptr || set.files->empty()) {
      receipt.error =
          fmt::format("the router of pipeline '{}' does not give out its files, so others cannot have them", name);
      return;
    }
    files[name] = *set.files;
    hashes[name] = set.ruleset.hash;
  }
  receipt.error = council->propose(files, hashes, receipt.engines);
}

Receipt Engine::finish(Change change) {
  Receipt& receipt = change.receipt;
  if (receipt.error.empty() && !receipt.dry_run) {
    configure(change);
  }
  receipt.accepted = receipt.error.empty();
  if (receipt.accepted && !receipt.dry_run) {
    swap(change);
    host::failpoint("switched");
  }
  if (receipt.accepted && !receipt.engines.empty()) {
    joined_.load()->await_switched(receipt.engines);
  }
  receipt.duration_us = (services_.clock.now_ns() - change.began_ns) / 1000;
  keep(receipt, kPatience);
  services_.log.write(receipt.accepted ? MR_LOG_INFO : MR_LOG_ERROR, {},
                      receipt.accepted ? "a change was accepted" : "a change was refused",
                      {{"receipt", line_of(receipt)}});
  return std::move(receipt);
}

void Engine::join(records::Records& shared, const std::string& admin, const CouncilSettings& settings) {
  neighbours_ = std::make_unique<Neighbours>(shared, owner_, settings.vanished, services_.clock);
  Member& self = *this;
  council_ = std::make_unique<Council>(self, *neighbours_, shared, admin, settings, services_.clock, services_.log);
  joined_.store(council_.get());
}

std::map<std::string, std::string> Engine::rulesets() const {
  std::map<std::string, std::string> out;
  for (const std::shared_ptr<Pipeline>& pipeline : pipelines()) {
    out[pipeline->name()] = pipeline->ruleset().hash;
  }
  return out;
}

std::string Engine::prepare(const std::map<std::string, RulesFiles>& files, const std::string& by) {
  std::unique_lock lock(change_, std::try_to_lock);
  if (!lock.owns_lock()) {
    return "another change is under way";
  }
  Kept kept;
  for (const auto& [pipeline, of] : files) {
    kept[pipeline] = std::make_shared<const RulesFiles>(of);
  }
  Change change = begun(std::move(lock), begin({"all", fmt::format("proposed by {}", by)}, "reload"));
  prepare(change, from(kept), {});
  std::string error = change.receipt.error;
  if (error.empty()) {
    proposed_.emplace(std::move(change));
  } else {
    finish(std::move(change)); // what was refused has its receipt too
  }
  return error;
}

void Engine::commit() {
  Change change = std::move(*proposed_);
  proposed_.reset();
  finish(std::move(change));
}

void Engine::drop(const std::string& why) {
  Change change = std::move(*proposed_);
  proposed_.reset();
  change.receipt.error = why;
  finish(std::move(change));
}

// All pipelines or none: nothing is switched before each one has made and checked what it is to have.
void Engine::plan(Change& change, const Choice& choice) {
  {
    const std::lock_guard lock(mutex_);
    if (draining_) {
      change.receipt.error = "the engine is stopping";
      return;
    }
  }
  const Configuration next = change.configured == nullptr ? configured() : change.configured;
  const Pipelines running = pipelines();
  for (const std::shared_ptr<Pipeline>& pipeline : running) {
    const bool goes =
        std::ranges::find(next->pipelines, pipeline->name(), &config::Pipeline::name) == next->pipelines.end();
    plan(change, {goes ? Planned::kGoes : Planned::kStays, pipeline}, choice);
  }
  const std::shared_ptr<const config::Engine> engine(next, &next->engine);
  for (const config::Pipeline& pipeline : next->pipelines) {
    if (std::ranges::find(running, pipeline.name, &Pipeline::name) == running.end()) {
      plan(change, {Planned::kComes, make_pipeline(pipeline, engine, worker_share(*engine, workers_of(*next)))},
           choice);
    }
  }
}

// With its own part of the receipt.
void Engine::plan(Change& change, Planned one, const Choice& choice) {
  Pipeline& pipeline = *one.pipeline;
  PipelineReceipt& of = change.receipt.pipelines.emplace_back();
  of.pipeline = pipeline.name();
  of.before = pipeline.ruleset();
  try {
    if (one.kind == Planned::kStays && pipeline.drains()) {
      throw NotChanged(
          fmt::format("pipeline '{}' still drains; it can come back when it has stopped", pipeline.name()));
    }
    if (one.kind == Planned::kComes) {
      pipeline.create(nullptr);
      of.after = pipeline.ruleset();
    } else if (const auto files = one.kind == Planned::kGoes ? std::nullopt : choice(pipeline)) {
      const Generation now = pipeline.generation();
      Generation next = now;
      if (change.configured != nullptr) {
        const config::Pipeline& configured =
            *std::ranges::find(change.configured->pipelines, pipeline.name(), &config::Pipeline::name);
        one.other = !(configured == *now.configured) || !(change.configured->engine == *now.engine);
        next = one.other ? pipeline.next(configured, {change.configured, &change.configured->engine}) : now;
        pipeline.rehearse(next);
      }
      RouterSet set = pipeline.prepare(files->get(), next);
      host::failpoint("prepare");
      of.after = set.ruleset;
      of.diagnostics = set.diagnostics;
      of.phases = set.phases;
      const std::int64_t began = services_.clock.now_ns();
      Pipeline::Checked checked = pipeline.check_targets(set);
      of.phases.push_back({"targets", services_.clock.now_ns() - began});
      if (!checked.errors.empty()) {
        of.error = "a target is not there or does not fit: " + checked.errors.front();
      }
      of.findings = std::move(checked.errors);
      std::ranges::move(checked.notes, std::back_inserter(of.findings));
      one.routers = std::move(set);
    } else if (one.kind == Planned::kStays) {
      of.after = of.before;
    }
  } catch (const RouterRefused& refused) {
    of.error = refused.what();
    of.diagnostics = refused.diagnostics;
  } catch (const std::exception& error) {
    of.error = error.what();
  }
  if (!of.error.empty() && change.receipt.error.empty()) {
    change.receipt.error = of.error;
  }
  change.plan.push_back(std::move(one));
}

// In the shadow of what is live: each new ruleset beside the active one, over a sample of the same events.
void Engine::try_out(Change& change, const Trial& trial) {
  Receipt& receipt = change.receipt;
  struct Tried {
    PipelineReceipt* of;
    std::shared_ptr<SampleReader> reader;
    std::unique_ptr<Comparison> comparison;
  };
  std::vector<Tried> all;
  for (std::size_t i = 0; i < change.plan.size(); ++i) {
    const Planned& planned = change.plan[i];
    const Pipeline::Active active = planned.pipeline->active();
    if (!planned.routers || active.router == nullptr || !explains(*active.router)) {
      continue;
    }
    try {
      all.push_back({&receipt.pipelines[i], planned.pipeline->watch(),
                     std::make_unique<Comparison>(active.router, planned.routers->model)});
    } catch (const Unexplained& error) {
      receipt.pipelines[i].findings.push_back(fmt::format("it ran in no shadow: {}", error.what()));
    }
  }
  const std::int64_t began = services_.clock.now_ns();
  bool stopping = false;
  while (!stopping && services_.clock.now_ns() - began < trial.shadow.count()) {
    for (const Tried& tried : all) {
      tried.reader->want(kShadowEvents, kShadowBytes);
    }
    {
      std::unique_lock lock(mutex_);
      stopping = state_changed_.wait_for(lock, kShadowMoment, [this] { return draining_; });
    }
    for (const Tried& tried : all) {
      for (const SampledEvent& event : tried.reader->take()) {
        tried.comparison->add(event);
      }
    }
  }
  for (const Tried& tried : all) {
    const Comparison& found = *tried.comparison;
    tried.of->shadow = {services_.clock.now_ns() - began, tried.reader->seen(),         found.events(), found.changed(),
                        found.tell(ExplainForm::text),    found.tell(ExplainForm::json)};
    const double changed =
        100.0 * static_cast<double>(found.changed()) / static_cast<double>(std::max<std::uint64_t>(1, found.events()));
    if (trial.most_changed && changed > *trial.most_changed && receipt.error.empty()) {
      receipt.error = tried.of->error =
          fmt::format("{:.1f} of a hundred events of pipeline '{}' would go another way, and {} may", changed,
                      tried.of->pipeline, *trial.most_changed);
    }
  }
  if (stopping) {
    receipt.error = "the engine is stopping";
  }
}

// Where workers were replaced they came with their routers.
void Engine::swap(Change& change) {
  const std::int64_t began = services_.clock.now_ns();
  std::vector<std::future<std::vector<Switched>>> answers(change.plan.size());
  for (std::size_t i = 0; i < change.plan.size(); ++i) {
    Planned& planned = change.plan[i];
    if (!planned.routers) {
      continue;
    }
    const auto promise = std::make_shared<std::promise<std::vector<Switched>>>();
    answers[i] = promise->get_future();
    const auto set = std::make_shared<RouterSet>(std::move(*planned.routers));
    later(0, [pipeline = planned.pipeline, set, promise] {
      host::failpoint("swap");
      pipeline->swap(std::move(*set),
                     [promise](std::vector<Switched> switched) { promise->set_value(std::move(switched)); });
    });
  }
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].valid()) {
      change.receipt.pipelines[i].switched = answers[i].get();
      change.receipt.pipelines[i].phases.push_back({"switch", services_.clock.now_ns() - began});
    }
  }
}

// Receipt, rulesets and which one is active together, so that no restart finds the rules of two changes.
void Engine::keep(Receipt& receipt, std::chrono::nanoseconds patience) const {
  if (history_ == nullptr) {
    return;
  }
  std::vector<History::Activated> activated;
  const Pipelines running = pipelines();
  for (const PipelineReceipt& of : receipt.pipelines) {
    const auto pipeline = std::ranges::find(running, of.pipeline, &Pipeline::name);
    const bool other = of.before.hash != of.after.hash && !of.after.hash.empty();
    if (receipt.accepted && !receipt.dry_run && other && pipeline != running.end()) {
      activated.push_back({of.pipeline, of.after.hash, (*pipeline)->files()});
    }
  }
  if (receipt.pipelines.empty()) { // refused before anybody was asked; it is about all of them
    for (const std::shared_ptr<Pipeline>& pipeline : pipelines()) {
      receipt.pipelines.push_back({pipeline->name(), pipeline->ruleset(), {}, {}, {}, {}, {}, {}});
    }
  }
  host::failpoint("keep");
  receipt.not_kept = history_->keep(receipt, activated, patience);
  host::failpoint("kept");
}

std::vector<std::string> Engine::names() const {
  std::vector<std::string> out;
  for (const std::shared_ptr<Pipeline>& pipeline : pipelines()) {
    out.push_back(pipeline->name());
  }
  return out;
}

void Engine::no_ruleset(const std::string& text) const {
  const std::string unseen = history_ == nullptr ? "" : history_->unseen();
  throw NoSuchRuleset(unseen.empty() ? text : text + "; " + unseen);
}

std::map<std::string, std::string> Engine::matching(const std::string& hash) const {
  if (history_ == nullptr) {
    no_ruleset("this engine keeps no rulesets");
  }
  std::map<std::string, std::string> out;
  std::set<std::string> found;
  std::vector<std::string> known;
  for (const std::string& pipeline : names()) {
    for (const History::Activation& ruleset : history_->rulesets(pipeline)) {
      if (ruleset.hash.starts_with(hash) && hash.size() >= kLeastPrefix) {
        out[pipeline] = ruleset.hash;
        found.insert(ruleset.hash);
      }
      if (std::ranges::find(known, ruleset.hash) == known.end()) {
        known.push_back(ruleset.hash);
      }
    }
  }
  if (found.size() > 1) {
    no_ruleset(fmt::format("'{}' is the beginning of {} rulesets: {}", hash, found.size(), fmt::join(found, ", ")));
  }
  if (out.empty()) {
    no_ruleset(fmt::format(
        "there is no ruleset '{}'{}; known, the latest first: {}", hash,
        hash.size() < kLeastPrefix ? fmt::format(" (give at least {} characters)", kLeastPrefix) : std::string(),
        known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", "))));
  }
  return out;
}

// Of each pipeline the one that was active before the one that is.
std::map<std::string, std::string> Engine::before() const {
  if (history_ == nullptr) {
    no_ruleset("this engine keeps no rulesets");
  }
  std::map<std::string, std::string> out;
  for (const std::shared_ptr<Pipeline>& pipeline : pipelines()) {
    const std::string active = pipeline->ruleset().hash;
    for (const History::Activation& one : history_->activations(pipeline->name(), History::kRulesets)) {
      if (one.hash != active) {
        out[pipeline->name()] = one.hash;
        break;
      }
    }
  }
  if (out.empty()) {
    no_ruleset("no other ruleset was active before this one");
  }
  return out;
}

} // namespace millrace::runtime
