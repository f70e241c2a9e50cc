#include "engine/runtime/engine.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <millrace/ext/metrics.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <future>
#include <set>
#include <utility>

#include "engine/host/json.hpp"
#include "engine/modules/instance.hpp"
#include "engine/runtime/failpoint.hpp"
#include "engine/runtime/lane_thread.hpp"

namespace millrace::runtime {
namespace {

constexpr std::uint64_t kLeastMemory = 1u << 20;
constexpr std::size_t kLeastPrefix = 4;      // of a hash
constexpr std::chrono::seconds kPatience{2}; // with what keeps receipts
constexpr std::chrono::nanoseconds kMeasureEvery = std::chrono::seconds(1);
constexpr std::chrono::milliseconds kShadowMoment{100};
constexpr std::uint64_t kShadowEvents = 1'000; // in a moment: a tenth of a core, or a little more
constexpr std::uint64_t kShadowBytes = 4u << 20;

// Files as they were, for the pipelines that had the ruleset.
using Kept = std::map<std::string, std::shared_ptr<const RulesFiles>>;

std::uint64_t share_of(const config::Config& configured) {
  std::uint64_t workers = 0;
  for (const config::Pipeline& pipeline : configured.pipelines) {
    workers += pipeline.workers;
  }
  return std::max(kLeastMemory, configured.engine.memory_bytes / std::max<std::uint64_t>(1, workers));
}

} // namespace

Engine::Engine(config::Config configured, const host::Services& services, History* history)
    : configured_(std::move(configured)),
      services_(services),
      history_(history),
      owner_(process_name(services_.clock)) {
  const std::uint64_t memory = share_of(configured_);
  for (const config::Pipeline& pipeline : configured_.pipelines) {
    pipelines_.push_back(std::make_unique<Pipeline>(
        pipeline, configured_.engine, memory, owner_, services_,
        [this](std::int64_t delay_ns, std::function<void()> call) { later(delay_ns, std::move(call)); },
        [this](std::string why) { give_up(std::move(why)); }, [this] { changed(); }));
  }
  collector_ = services_.metrics.collect([this](host::MetricsPage& page) {
    page.sample(MR_GAUGE, "ready", "1 when every worker runs and nothing is broken.", {}, not_ready().empty() ? 1 : 0);
    for (const std::unique_ptr<Pipeline>& pipeline : pipelines_) {
      pipeline->collect(page);
    }
  });
}

Engine::~Engine() {
  council_.reset(); // may be in the middle of a change
  collector_.reset();
  control_.stop();
  if (thread_.joinable()) {
    thread_.join();
  }
  pipelines_.clear(); // joins their threads, which may still say that something changed
}

void Engine::create() {
  const bool from_last = configured_.engine.start_with == config::StartWith::kLast && history_ != nullptr;
  for (const std::unique_ptr<Pipeline>& pipeline : pipelines_) {
    const std::optional<std::string> last = last_active(*pipeline);
    const std::optional<RulesFiles> files =
        last && from_last && pipeline->takes_files() ? history_->files(pipeline->name(), *last) : std::nullopt;
    try {
      pipeline->create(files ? &*files : nullptr);
    } catch (const RouterRefused& refused) {
      throw files ? RouterRefused(fmt::format("{}\nthese are the files of ruleset {}, which was active last; "
                                              "start_with = \"files\" begins with those on disk",
                                              refused.what(), *last),
                                  refused.diagnostics)
                  : refused;
    }
    tell_start(*pipeline, last, files.has_value());
  }
}

std::optional<std::string> Engine::last_active(const Pipeline& pipeline) const {
  const auto last =
      history_ == nullptr ? std::vector<History::Activation>() : history_->activations(pipeline.name(), 1);
  return last.empty() ? std::nullopt : std::optional(last.front().hash);
}

// Says which ruleset it begins with: after a rollback the files on disk are another one.
void Engine::tell_start(const Pipeline& pipeline, const std::optional<std::string>& last, bool kept) const {
  const std::string now = pipeline.ruleset().hash;
  const host::LogSource source{pipeline.name(), ""};
  if (last && *last != now) {
    services_.log.write(MR_LOG_WARN, source, "begins with the rules files, which are not what was active last",
                        {{"ruleset", now}, {"last", *last}});
  } else if (!now.empty()) {
    services_.log.write(MR_LOG_INFO, source,
                        kept ? "begins with the ruleset that was active last" : "begins with the rules files",
                        {{"ruleset", now}});
  }
}

// The workers first: what is asked for meanwhile (a drain, a reload, a worker to be replaced) then finds all of them.
void Engine::start() {
  record_start();
  for (const std::unique_ptr<Pipeline>& pipeline : pipelines_) {
    pipeline->start();
  }
  later(0, [this] { measure(); });
  thread_ = std::thread([this] {
    name_thread("control");
    control_.run();
  });
}

// The first receipt of a process: what it began with.
void Engine::record_start() const {
  if (history_ == nullptr) {
    return;
  }
  Receipt receipt = begin({"start", {}}, "start");
  receipt.accepted = true;
  for (const std::unique_ptr<Pipeline>& pipeline : pipelines_) {
    PipelineReceipt& of = receipt.pipelines.emplace_back();
    of.pipeline = pipeline->name();
    of.before.hash = last_active(*pipeline).value_or("");
    of.after = pipeline->ruleset();
  }
  keep(receipt, std::chrono::nanoseconds(0));
}

void Engine::later(std::int64_t delay_ns, std::function<void()> call) {
  if (delay_ns <= 0) {
    boost::asio::post(control_, std::move(call));
    return;
  }
  const auto timer = std::make_shared<boost::asio::steady_timer>(control_, std::chrono::nanoseconds(delay_ns));
  timer->async_wait([timer, call = std::move(call)](const boost::system::error_code& error) {
    if (!error) {
      call();
    }
  });
}

void Engine::drain() {
  {
    const std::lock_guard lock(mutex_);
    draining_ = true;
  }
  const std::int64_t deadline = services_.clock.now_ns() + configured_.engine.stop_deadline.count();
  later(0, [this, deadline] {
    for (const std::unique_ptr<Pipeline>& pipeline : pipelines_) {
      pipeline->drain(deadline);
    }
    changed();
  });
}

void Engine::give_up(std::string why) {
  {
    const std::lock_guard lock(mutex_);
    if (draining_) {
      return;
    }
    refusal_ = std::move(why);
  }
  drain();
}

std::string Engine::refusal() const {
  const std::lock_guard lock(mutex_);
  return refusal_;
}

void Engine::changed() {
  const std::lock_guard lock(mutex_);
  state_changed_.notify_all();
}

void Engine::wait() {
  const auto all = [this](bool (Pipeline::*is)() const) {
    return std::ranges::all_of(pipelines_, [is](const auto& pipeline) { return ((*pipeline).*is)(); });
  };
  bool finished = false;
  {
    std::unique_lock lock(mutex_);
    state_changed_.wait(lock, [&] {
      finished = !draining_ && all(&Pipeline::finished);
      return finished || all(&Pipeline::stopped);
    });
  }
  if (finished) {
    drain();
    std::unique_lock lock(mutex_);
    state_changed_.wait(lock, [&] { return all(&Pipeline::stopped); });
  }
}

std::vector<std::string> Engine::not_ready() const {
  std::vector<std::string> out;
  {
    const std::lock_guard lock(mutex_);
    if (draining_) {
      out.emplace_back("the engine is stopping");
    }
  }
  for (const std::unique_ptr<Pipeline>& pipeline : pipelines_) {
    std::ranges::move(pipeline->reasons(), std::back_inserter(out));
  }
  return out;
}

std::uint64_t Engine::failed_events() const {
  std::uint64_t sum = 0;
  for (const std::unique_ptr<Pipeline>& pipeline : pipelines_) {
    sum += pipeline->failed_events();
  }
  return sum;
}

Status Engine::status() const {
  Status out;
  for (const std::unique_ptr<Pipeline>& pipeline : pipelines_) {
    out.pipelines.push_back(pipeline->status());
  }
  out.not_ready = not_ready();
  return out;
}

bool Engine::turns() {
  bool all = turning_.ask(control_);
  for (const std::unique_ptr<Pipeline>& pipeline : pipelines_) {
    all = pipeline->turns() && all;
  }
  return all;
}

// Once a second, for as long as it runs.
void Engine::measure() {
  for (const std::unique_ptr<Pipeline>& pipeline : pipelines_) {
    pipeline->note_pace();
  }
  later(kMeasureEvery.count(), [this] { measure(); });
}

std::string Engine::rules_json() const {
  host::JsonWriter json;
  json.begin_object().key("pipelines").begin_array();
  for (const std::unique_ptr<Pipeline>& pipeline : pipelines_) {
    const Ruleset ruleset = pipeline->ruleset();
    json.begin_object().key("pipeline").value(pipeline->name()).key("hash").value(ruleset.hash);
    json.key("items").begin_array();
    for (const RulesetItem& item : ruleset.items) {
      json.begin_object()
          .key("kind")
          .value(item.kind)
          .key("name")
          .value(item.name)
          .key("hash")
          .value(item.hash)
          .end_object();
    }
    json.end_array().end_object();
  }
  return json.end_array().end_object().text();
}

// ---- changes
// -------------------------------------------------------------------------------------------------------------------

namespace {

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
  return finish(prepared(std::unique_lock(change_), begin(asked, "reload"), from_disk, trial));
}

Receipt Engine::reload_all(const Asked& asked, const Trial& trial) {
  Change change = prepared(std::unique_lock(change_), begin(asked, "reload"), from_disk, trial);
  if (change.receipt.error.empty() && !trial.dry_run) {
    propose(change);
  }
  return finish(std::move(change));
}

Receipt Engine::rollback(const Asked& asked, const std::string& hash) {
  std::unique_lock lock(change_);
  Receipt receipt = begin(asked, "rollback");
  Kept kept;
  try {
    for (const auto& [pipeline, found] : hash.empty() ? before() : matching(hash)) {
      if (const std::optional<RulesFiles> files = history_->files(pipeline, found)) {
        kept[pipeline] = std::make_shared<const RulesFiles>(*files);
      } else {
        receipt.error = fmt::format("the files of ruleset {} of pipeline '{}' are no longer there", found, pipeline);
      }
    }
  } catch (const NoSuchRuleset& error) {
    receipt.error = error.what();
  }
  return finish(prepared(std::move(lock), std::move(receipt), from(kept), {}));
}

Receipt Engine::begin(const Asked& asked, std::string what) const {
  Receipt receipt;
  if (notes_ != nullptr && what == "reload") {
    receipt.notes = notes_();
  }
  receipt.what = std::move(what);
  receipt.asked = asked;
  receipt.engine = owner_;
  receipt.at_us = services_.clock.time_us();
  receipt.id = record_id(receipt.at_us, owner_);
  return receipt;
}

Engine::Change Engine::prepared(std::unique_lock<std::mutex> lock, Receipt receipt, const Choice& choice,
                                const Trial& trial) {
  told_(true);
  Change out{std::move(lock), std::move(receipt), services_.clock.now_ns(), {}};
  out.told = {nullptr, [this](void*) { told_(false); }};
  out.receipt.dry_run = trial.dry_run;
  if (out.receipt.error.empty()) {
    prepare(choice, out.sets, out.receipt);
  }
  if (out.receipt.error.empty() && trial.shadow.count() > 0) {
    try_out(out.sets, trial, out.receipt);
  }
  return out;
}

// The others first: they have to be ready before anything is decided.
void Engine::propose(Change& change) {
  Receipt& receipt = change.receipt;
  if (council_ == nullptr) {
    receipt.error = "this engine shares no records with others, so it cannot ask them";
    return;
  }
  std::map<std::string, RulesFiles> files;
  std::map<std::string, std::string> hashes;
  for (std::size_t i = 0; i < change.sets.size(); ++i) {
    const RouterSet& set = *change.sets[i];
    if (set.files == nullptr || set.files->empty()) {
      receipt.error = fmt::format("the router of pipeline '{}' does not give out its files, so others cannot have them",
                                  pipelines_[i]->name());
      return;
    }
    files[pipelines_[i]->name()] = *set.files;
    hashes[pipelines_[i]->name()] = set.ruleset.hash;
  }
  receipt.error = council_->propose(files, hashes, receipt.engines);
}

Receipt Engine::finish(Change change) {
  Receipt& receipt = change.receipt;
  receipt.accepted = receipt.error.empty();
  if (receipt.accepted && !receipt.dry_run) {
    swap(std::move(change.sets), receipt);
    failpoint("switched");
  }
  if (receipt.accepted && !receipt.engines.empty()) {
    council_->await_switched(receipt.engines);
  }
  receipt.duration_us = (services_.clock.now_ns() - change.began_ns) / 1000;
  keep(receipt, kPatience);
  services_.log.write(receipt.accepted ? MR_LOG_INFO : MR_LOG_ERROR, {},
                      receipt.accepted ? "a change was accepted" : "a change was refused",
                      {{"receipt", line_of(receipt)}});
  return std::move(receipt);
}

// ---- with other engines
// ----------------------------------------------------------------------------------------------------------

void Engine::join(records::Records& shared, const std::string& admin, const CouncilSettings& settings) {
  neighbours_ = std::make_unique<Neighbours>(shared, owner_, settings.vanished, services_.clock);
  Member& self = *this;
  council_ = std::make_unique<Council>(self, *neighbours_, shared, admin, settings, services_.clock, services_.log);
}

std::map<std::string, std::string> Engine::rulesets() const {
  std::map<std::string, std::string> out;
  for (const std::unique_ptr<Pipeline>& pipeline : pipelines_) {
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
  Change change =
      prepared(std::move(lock), begin({"all", fmt::format("proposed by {}", by)}, "reload"), from(kept), {});
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

namespace {

std::string ago(std::chrono::nanoseconds silent) {
  return fmt::format("{} s ago", std::chrono::duration_cast<std::chrono::seconds>(silent).count());
}

} // namespace

std::string Engine::engines_json() const {
  const std::vector<Neighbour> all = council_ == nullptr ? std::vector<Neighbour>() : council_->neighbours();
  host::JsonWriter json;
  json.begin_object().key("engine").value(owner_).key("engines").begin_array();
  for (const Neighbour& one : all) {
    json.begin_object().key("pipeline").value(one.pipeline).key("engine").value(one.engine);
    json.key("ruleset").value(one.hash).key("admin").value(one.admin).key("vanished").value(one.vanished);
    json.key("silent_s")
        .value(static_cast<std::int64_t>(std::chrono::duration_cast<std::chrono::seconds>(one.silent).count()));
    json.end_object();
  }
  json.end_array().key("warnings").begin_array();
  for (const std::string& mix : mixes(all)) {
    json.value(mix);
  }
  return json.end_array().end_object().text();
}

std::string Engine::engines_text() const {
  const std::vector<Neighbour> all = council_ == nullptr ? std::vector<Neighbour>() : council_->neighbours();
  std::string out;
  for (const Neighbour& one : all) {
    out += fmt::format("{:<16} {:<40} {:<12} {}{}\n", one.pipeline, one.engine, one.hash.substr(0, 12),
                       one.vanished ? "vanished, heard of " + ago(one.silent) : std::string("there"),
                       one.engine == owner_ ? ", this one"
                       : one.admin.empty()  ? ""
                                            : ", at " + one.admin);
  }
  for (const std::string& mix : mixes(all)) {
    out += "warning: " + mix + "\n";
  }
  return out;
}

// All pipelines or none: nothing is switched before each one has made and checked its routers.
void Engine::prepare(const Choice& choice, std::vector<std::optional<RouterSet>>& sets, Receipt& receipt) const {
  {
    const std::lock_guard lock(mutex_);
    if (draining_) {
      receipt.error = "the engine is stopping";
      return;
    }
  }
  for (const std::unique_ptr<Pipeline>& pipeline : pipelines_) {
    PipelineReceipt& of = receipt.pipelines.emplace_back();
    of.pipeline = pipeline->name();
    of.before = pipeline->ruleset();
    const auto files = choice(*pipeline);
    if (!files) {
      of.after = of.before;
      sets.emplace_back();
      continue;
    }
    try {
      RouterSet set = pipeline->prepare(files->get());
      failpoint("prepare");
      of.after = set.ruleset;
      of.diagnostics = set.diagnostics;
      of.phases = set.phases;
      const std::int64_t began = services_.clock.now_ns();
      Pipeline::Checked checked = pipeline->check_targets(set);
      of.phases.push_back({"targets", services_.clock.now_ns() - began});
      if (!checked.errors.empty()) {
        of.error = "a target is not there or does not fit: " + checked.errors.front();
      }
      of.findings = std::move(checked.errors);
      std::ranges::move(checked.notes, std::back_inserter(of.findings));
      sets.emplace_back(std::move(set));
    } catch (const RouterRefused& refused) {
      of.error = refused.what();
      of.diagnostics = refused.diagnostics;
    } catch (const std::exception& error) {
      of.error = error.what();
    }
    if (!of.error.empty() && receipt.error.empty()) {
      receipt.error = of.error;
    }
  }
}

// In the shadow of what is live: each new ruleset beside the active one, over a sample of the same events.
void Engine::try_out(const std::vector<std::optional<RouterSet>>& sets, const Trial& trial, Receipt& receipt) {
  struct Tried {
    PipelineReceipt* of;
    std::shared_ptr<SampleReader> reader;
    std::unique_ptr<Comparison> comparison;
  };
  std::vector<Tried> all;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const Pipeline::Active active = pipelines_[i]->active();
    if (!sets[i] || active.router == nullptr || !explains(*active.router)) {
      continue;
    }
    try {
      all.push_back(
          {&receipt.pipelines[i], pipelines_[i]->watch(), std::make_unique<Comparison>(active.router, sets[i]->model)});
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

void Engine::swap(std::vector<std::optional<RouterSet>> sets, Receipt& receipt) {
  const std::int64_t began = services_.clock.now_ns();
  std::vector<std::future<std::vector<Switched>>> answers(sets.size());
  for (std::size_t i = 0; i < sets.size(); ++i) {
    if (!sets[i]) {
      continue;
    }
    const auto promise = std::make_shared<std::promise<std::vector<Switched>>>();
    answers[i] = promise->get_future();
    const auto set = std::make_shared<RouterSet>(std::move(*sets[i]));
    later(0, [this, i, set, promise] {
      failpoint("swap");
      pipelines_[i]->swap(std::move(*set),
                          [promise](std::vector<Switched> switched) { promise->set_value(std::move(switched)); });
    });
  }
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].valid()) {
      receipt.pipelines[i].switched = answers[i].get();
      receipt.pipelines[i].phases.push_back({"switch", services_.clock.now_ns() - began});
    }
  }
}

// ---- what is kept of them
// ------------------------------------------------------------------------------------------------------

// The rulesets first: a receipt never speaks of one that is not there.
void Engine::keep(Receipt& receipt, std::chrono::nanoseconds patience) const {
  if (history_ == nullptr) {
    return;
  }
  for (std::size_t i = 0; receipt.accepted && !receipt.dry_run && i < pipelines_.size(); ++i) {
    const PipelineReceipt& of = receipt.pipelines[i];
    if (of.before.hash != of.after.hash && !of.after.hash.empty()) {
      history_->activated(of.pipeline, of.after.hash, *pipelines_[i]->files(), receipt.at_us);
      failpoint("keep");
    }
  }
  if (receipt.pipelines.empty()) { // refused before anybody was asked; it is about all of them
    for (const std::unique_ptr<Pipeline>& pipeline : pipelines_) {
      receipt.pipelines.push_back({pipeline->name(), pipeline->ruleset(), {}, {}, {}, {}, {}, {}});
    }
  }
  failpoint("receipt");
  receipt.not_kept = history_->keep(receipt, patience);
}

std::vector<std::string> Engine::names() const {
  std::vector<std::string> out;
  for (const std::unique_ptr<Pipeline>& pipeline : pipelines_) {
    out.push_back(pipeline->name());
  }
  return out;
}

std::map<std::string, std::string> Engine::matching(const std::string& hash) const {
  if (history_ == nullptr) {
    throw NoSuchRuleset("this engine keeps no rulesets");
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
    throw NoSuchRuleset(
        fmt::format("'{}' is the beginning of {} rulesets: {}", hash, found.size(), fmt::join(found, ", ")));
  }
  if (out.empty()) {
    throw NoSuchRuleset(fmt::format(
        "there is no ruleset '{}'{}; known, the latest first: {}", hash,
        hash.size() < kLeastPrefix ? fmt::format(" (give at least {} characters)", kLeastPrefix) : std::string(),
        known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", "))));
  }
  return out;
}

// Of each pipeline the one that was active before the one that is.
std::map<std::string, std::string> Engine::before() const {
  if (history_ == nullptr) {
    throw NoSuchRuleset("this engine keeps no rulesets");
  }
  std::map<std::string, std::string> out;
  for (const std::unique_ptr<Pipeline>& pipeline : pipelines_) {
    const std::string active = pipeline->ruleset().hash;
    for (const History::Activation& one : history_->activations(pipeline->name(), History::kRulesets)) {
      if (one.hash != active) {
        out[pipeline->name()] = one.hash;
        break;
      }
    }
  }
  if (out.empty()) {
    throw NoSuchRuleset("no other ruleset was active before this one");
  }
  return out;
}

std::vector<const Pipeline*> Engine::named(const std::string& pipeline) const {
  std::vector<const Pipeline*> out;
  for (const std::unique_ptr<Pipeline>& each : pipelines_) {
    const std::shared_ptr<const Created> router = each->active().router;
    if ((pipeline.empty() && router != nullptr && explains(*router)) || each->name() == pipeline) {
      out.push_back(each.get());
    }
  }
  if (out.empty()) {
    throw Unexplained(
        pipeline.empty() ? std::string("no pipeline has a router that explains")
                         : fmt::format("there is no pipeline '{}'; there are: {}", pipeline, fmt::join(names(), ", ")));
  }
  return out;
}

std::string Engine::explain(const std::string& pipeline, const SampledEvent& event, ExplainForm form) const {
  const Pipeline& asked = *named(pipeline).front();
  const auto [router, hash] = asked.active();
  if (router == nullptr) {
    throw Unexplained(fmt::format("the router of pipeline '{}' explains nothing", asked.name()));
  }
  const std::string way = runtime::explain(*router, event, form);
  if (form == ExplainForm::text) {
    return fmt::format("pipeline {}, ruleset {}\n{}", asked.name(), hash, way);
  }
  host::JsonWriter json;
  json.begin_object().key("pipeline").value(asked.name()).key("ruleset").value(hash).key("way").raw(way);
  return json.end_object().text();
}

std::unique_ptr<Tap> Engine::tap(const std::string& pipeline, TapFilter filter, std::size_t rate,
                                 ExplainForm form) const {
  return std::make_unique<Tap>(named(pipeline), std::move(filter), rate, form, services_.clock);
}

std::string Engine::history_json(std::size_t limit) const {
  const auto receipts = history_ == nullptr ? std::vector<std::string>() : history_->receipts(names(), limit);
  host::JsonWriter json;
  json.begin_object().key("receipts").begin_array();
  for (const std::string& receipt : receipts) {
    json.raw(receipt);
  }
  return json.end_array().end_object().text();
}

std::string Engine::history_text(std::size_t limit) const {
  if (history_ == nullptr) {
    return "this engine keeps no receipts\n";
  }
  std::string out;
  for (const std::string& json : history_->receipts(names(), limit)) {
    const std::optional<Receipt> receipt = summary_of(json);
    out += receipt ? line_of(*receipt) + "\n" : "";
  }
  return out.empty() ? "nothing was changed yet\n" : out;
}

std::optional<std::string> Engine::receipt_json(const std::string& id) const {
  return history_ == nullptr ? std::nullopt : history_->receipt(names(), id);
}

RulesFiles Engine::rules_files(const std::string& hash) const {
  for (const auto& [pipeline, whole] : matching(hash)) {
    if (std::optional<RulesFiles> files = history_->files(pipeline, whole)) {
      return std::move(*files);
    }
  }
  throw NoSuchRuleset(fmt::format("the files of ruleset {} are no longer there", hash));
}

} // namespace millrace::runtime
