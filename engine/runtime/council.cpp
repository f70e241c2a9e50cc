#include "engine/runtime/council.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "engine/host/failpoint.hpp"
#include "engine/host/json.hpp"
#include "engine/json/member.hpp"
#include "engine/runtime/history.hpp"
#include "engine/runtime/lane_thread.hpp"

namespace millrace::runtime {
namespace {

constexpr std::string_view kOrder = "order";       // one at a time in each pipeline
constexpr std::string_view kProposal = "proposal"; // by hash: files that are proposed
constexpr std::string_view kAnswer = "answer";     // by order and engine
constexpr std::string_view kDecision = "decision"; // by order, at its home: the first one stands, whoever makes it
constexpr std::size_t kMost = 1'000;
constexpr const char* kPrepare = "prepare";
constexpr const char* kCommit = "commit";
constexpr const char* kAbort = "abort";
constexpr const char* kPrepared = "prepared";
constexpr const char* kSwitched = "switched";
constexpr std::chrono::milliseconds kMoment{100}; // while somebody waits for others
constexpr std::chrono::hours kRemembered{1};      // what was decided

std::string answer_key(const std::string& order, const std::string& engine) { return order + " " + engine; }

} // namespace

Council::Council(Member& member, Neighbours& neighbours, records::Records& shared, std::string admin,
                 CouncilSettings settings, const host::Clock& clock, host::Log& log)
    : member_(member),
      neighbours_(neighbours),
      shared_(shared),
      admin_(std::move(admin)),
      settings_(settings),
      clock_(clock),
      log_(log) {
  thread_ = std::thread([this] {
    name_thread("council");
    run();
  });
}

Council::~Council() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
  if (!told_) { // who could not be told that this one is there need not be told that it leaves
    return;
  }
  try {
    for (const auto& [pipeline, hash] : member_.rulesets()) {
      neighbours_.leave(pipeline);
    }
  } catch (const records::Unavailable&) { // then the others miss a sign of life
  }
}

std::vector<Neighbour> Council::neighbours() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

bool Council::wait(std::chrono::nanoseconds time) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, time, [this] { return ending_; });
}

bool Council::ending() const {
  const std::lock_guard lock(mutex_);
  return ending_;
}

// ---- signs of life, and what others want
// --------------------------------------------------------------------------------------

void Council::run() {
  bool logged = false;
  while (!ending()) {
    try {
      beat();
      logged = false;
    } catch (const records::Unavailable& error) {
      told_ = false;
      if (!std::exchange(logged, true)) {
        log_.write(MR_LOG_WARN, {}, "other engines cannot be heard of", {{"reason", error.what()}});
      }
    }
    wait(settings_.beat);
  }
}

void Council::beat() {
  tell();
  look_at_orders();
}

void Council::tell() {
  if (told_ns_ != INT64_MIN && clock_.now_ns() - told_ns_ < settings_.tell.count()) {
    return;
  }
  std::vector<Neighbour> seen;
  for (const auto& [pipeline, hash] : member_.rulesets()) {
    neighbours_.tell(pipeline, hash, admin_);
    std::ranges::move(neighbours_.look(pipeline), std::back_inserter(seen));
  }
  told_ns_ = clock_.now_ns();
  told_ = true;
  if (const std::vector<std::string> found = mixes(seen); found != mixes_) {
    for (const std::string& mix : found) {
      log_.write(MR_LOG_WARN, {}, "engines of one pipeline have different rulesets", {{"which", mix}});
    }
    mixes_ = found;
  }
  const std::lock_guard lock(mutex_);
  seen_ = std::move(seen);
}

std::optional<Council::Order> Council::order_of(const std::string& pipeline) const {
  const std::optional<records::Record> found = shared_.get(pipeline, kOrder, kOrder);
  if (!found) {
    return std::nullopt;
  }
  try {
    const boost::json::value said = boost::json::parse(found->bytes);
    Order out{json::text(said, "id"), json::text(said, "engine"), json::text(said, "state"), {}};
    for (const auto& [name, hash] : said.at("hashes").as_object()) {
      out.hashes.emplace(std::string(name), std::string(hash.as_string()));
    }
    return out;
  } catch (const std::exception&) { // another version's
    return std::nullopt;
  }
}

// What stands at other pipelines than home stays as it was announced.
bool Council::undecided(const Order& order) const {
  if (order.state != kPrepare || order.hashes.empty()) {
    return false;
  }
  const std::optional<Order> home = order_of(order.home());
  return home && home->id == order.id && decision_of(order) == Decision::none;
}

// As of the last look. Nobody knows of one that was never heard of.
bool Council::has_vanished(const std::string& engine) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(seen_, [&](const Neighbour& one) { return one.engine == engine && one.vanished; });
}

Council::Decision Council::decision_of(const Order& order) const {
  if (const std::optional<records::Record> found = shared_.get(order.home(), kDecision, order.id)) {
    return found->bytes == kCommit ? Decision::commit : Decision::abort;
  }
  const std::optional<Order> now = order_of(order.home()); // an older version writes it there
  const bool stands = now && now->id == order.id;
  return stands && now->state == kCommit  ? Decision::commit
         : stands && now->state == kAbort ? Decision::abort
                                          : Decision::none;
}

// The answer is what is decided: this, or what somebody decided before. So two never go different ways, however long
// each of them thought the other was gone.
Council::Decision Council::decide(const Order& order, Decision decision) {
  const char* const text = decision == Decision::commit ? kCommit : kAbort;
  const bool first = shared_.put_new({order.home(), std::string(kDecision), order.id, clock_.time_us(), text});
  return first ? decision : decision_of(order);
}

void Council::look_at_orders() {
  for (const auto& [pipeline, hash] : member_.rulesets()) {
    const std::optional<Order> order = order_of(pipeline);
    if (order && order->engine != neighbours_.engine() && order->id != followed_ && undecided(*order)) {
      followed_ = order->id;
      follow(*order);
      return;
    }
  }
}

// Prepares what is proposed, says so, and waits for what is decided.
void Council::follow(const Order& order) {
  const std::map<std::string, std::string> mine = member_.rulesets();
  std::map<std::string, RulesFiles> files;
  std::string against;
  for (const auto& [pipeline, hash] : order.hashes) {
    if (!mine.contains(pipeline)) {
      continue;
    }
    const std::optional<records::Record> proposed = shared_.get(pipeline, kProposal, hash);
    const std::optional<RulesFiles> of = proposed ? rules_files_of(proposed->bytes) : std::nullopt;
    if (!of) {
      against = fmt::format("the files of ruleset {} are not there", hash);
    } else {
      files[pipeline] = *of;
    }
  }
  const bool asked = against.empty();
  against = asked ? member_.prepare(files, order.engine) : against;
  if (!against.empty()) {
    answer(order, "refused: " + against);
    return;
  }
  host::failpoint("prepared");
  const std::string dropped = await_decision(order);
  if (!dropped.empty()) {
    member_.drop(dropped);
    return;
  }
  member_.commit();
  told_ns_ = INT64_MIN; // tell the others at once
  answer(order, kSwitched);
}

// Empty: all switch. Whoever waits too long, or for one that vanished, decides itself that nobody does. What is shared
// may be away for a while: that alone decides nothing.
std::string Council::await_decision(const Order& order) {
  const std::int64_t began = clock_.now_ns();
  std::string trouble;
  bool answered = false;
  for (;;) {
    const bool late = clock_.now_ns() - began >= settings_.decide.count();
    try {
      if (!answered) {
        answer(order, kPrepared);
        answered = true;
        host::failpoint("answered");
      }
      const bool gone = has_vanished(order.engine);
      const Decision decision = late || gone ? decide(order, Decision::abort) : decision_of(order);
      if (decision == Decision::commit) {
        return {};
      }
      if (decision == Decision::abort) {
        return fmt::format("the engine that proposed it, {}, {}", order.engine,
                           late   ? "did not decide in time"
                           : gone ? "vanished before it decided"
                                  : "gave it up");
      }
      trouble.clear();
      tell();
    } catch (const records::Unavailable& error) {
      trouble = error.what();
    }
    if (late) {
      return trouble;
    }
    if (wait(kMoment)) {
      return "the engine is stopping";
    }
  }
}

void Council::answer(const Order& order, const std::string& text) {
  std::vector<records::Record> out;
  for (const auto& [pipeline, hash] : member_.rulesets()) {
    if (order.hashes.contains(pipeline)) {
      out.push_back(
          {pipeline, std::string(kAnswer), answer_key(order.id, neighbours_.engine()), clock_.time_us(), text});
    }
  }
  shared_.write(out);
}

// ---- what this engine wants
// ---------------------------------------------------------------------------------------------------

records::Record Council::record_of(const Order& order, const std::string& pipeline) const {
  host::JsonWriter json;
  json.begin_object().key("id").value(order.id).key("engine").value(order.engine).key("state").value(order.state);
  json.key("hashes").begin_object();
  for (const auto& [name, hash] : order.hashes) {
    json.key(name).value(hash);
  }
  json.end_object().end_object();
  return {pipeline, std::string(kOrder), std::string(kOrder), clock_.time_us(), json.text()};
}

// Puts the proposal where the others look. Empty: it stands; otherwise who proposes something else just now.
std::string Council::announce(const Order& order) {
  for (const auto& [pipeline, hash] : order.hashes) {
    const std::optional<records::Record> before = shared_.get(pipeline, kOrder, kOrder);
    const std::optional<Order> other = order_of(pipeline);
    if (other && other->engine != order.engine && undecided(*other)) {
      const std::int64_t age_ns = before ? (clock_.time_us() - before->time_us) * 1000 : 0;
      if (!has_vanished(other->engine) && age_ns < settings_.decide.count()) {
        return fmt::format("engine {} proposes a change of pipeline '{}' just now; try again in a moment",
                           other->engine, pipeline);
      }
      decide(*other, Decision::abort); // whatever comes of it, it is over
    }
    forget_decisions(pipeline);
    shared_.forget({pipeline, std::string(kOrder), std::string(kOrder)});
    if (!shared_.put_new(record_of(order, pipeline))) {
      return fmt::format("another engine proposes a change of pipeline '{}' just now; try again in a moment", pipeline);
    }
  }
  host::failpoint("announced");
  return {};
}

// Of changes that nobody waits for any more.
void Council::forget_decisions(const std::string& pipeline) {
  std::vector<records::Name> old;
  for (const records::Record& one : shared_.names(pipeline, kDecision, kMost)) {
    if ((clock_.time_us() - one.time_us) * 1000 > std::chrono::nanoseconds(kRemembered).count()) {
      old.push_back(one.name());
    }
  }
  shared_.forget(old);
}

// By engine.
std::map<std::string, std::string> Council::answers(const Order& order) const {
  std::map<std::string, std::string> out;
  for (const auto& [pipeline, hash] : order.hashes) {
    for (const records::Record& record : shared_.newest(pipeline, kAnswer, kMost)) {
      if (record.key.starts_with(order.id + " ")) {
        out[record.key.substr(order.id.size() + 1)] = record.bytes;
      }
    }
  }
  return out;
}

std::string Council::propose(const std::map<std::string, RulesFiles>& files,
                             const std::map<std::string, std::string>& hashes, std::vector<Vote>& votes) {
  Order order{record_id(clock_.time_us(), neighbours_.engine()), neighbours_.engine(), kPrepare, hashes};
  const std::int64_t began = clock_.now_ns();
  std::string against;
  try {
    std::vector<records::Record> proposals;
    for (const auto& [pipeline, of] : files) {
      proposals.push_back({pipeline, std::string(kProposal), hashes.at(pipeline), clock_.time_us(), text_of(of)});
    }
    shared_.write(proposals);
    host::failpoint("proposal");
    against = announce(order);
    against = against.empty() ? hear(order, votes) : against;
  } catch (const records::Unavailable& error) {
    against = error.what();
  }
  // Well before the others stop waiting for it.
  const std::int64_t until = began + (settings_.prepare.count() + settings_.decide.count()) / 2;
  if (against.empty()) {
    against = settle(order, Decision::commit, until);
  } else {
    settle(order, Decision::abort, clock_.now_ns());
  }
  if (!against.empty()) {
    clean_up(order, votes);
  }
  const std::lock_guard lock(mutex_);
  proposed_ = order;
  return against;
}

// Waits until each of the others has answered or is gone. Empty: all that are there are ready.
std::string Council::hear(const Order& order, std::vector<Vote>& votes) {
  const std::int64_t began = clock_.now_ns();
  for (;;) {
    std::map<std::string, Neighbour> others;
    for (const auto& [pipeline, hash] : order.hashes) {
      for (const Neighbour& one : neighbours_.look(pipeline)) {
        if (one.engine != neighbours_.engine()) {
          others.insert_or_assign(one.engine, one);
        }
      }
    }
    const std::map<std::string, std::string> said = answers(order);
    const bool late = clock_.now_ns() - began >= settings_.prepare.count();
    std::size_t waits = 0;
    std::string against;
    votes.clear();
    for (const auto& [engine, neighbour] : others) {
      const auto answer = said.find(engine);
      const std::string text = answer != said.end() ? answer->second
                               : neighbour.vanished ? std::string("vanished")
                                                    : std::string("no answer");
      const bool silent = answer == said.end() && !neighbour.vanished;
      waits += silent ? 1 : 0;
      if (text.starts_with("refused") || (silent && late)) {
        against = fmt::format("engine {}: {}", engine, text);
      }
      votes.push_back({engine, text});
    }
    if (!against.empty() || waits == 0) {
      return against;
    }
    if (wait(kMoment)) {
      return "this engine is stopping";
    }
    const std::optional<Order> now = order_of(order.home());
    if (!now || now->id != order.id) {
      return "another engine proposes a change just now; try again in a moment";
    }
  }
}

// One record, so that all learn the same. Empty: it is decided as it should be; otherwise why not.
std::string Council::settle(Order& order, Decision decision, std::int64_t until_ns) {
  do {
    try {
      host::failpoint("decide");
      const Decision decided = decide(order, decision);
      host::failpoint("decided");
      order.state = decided == Decision::commit ? kCommit : kAbort;
      const std::optional<Order> now = order_of(order.home());
      if (now && now->id == order.id) {
        shared_.put(record_of(order, order.home()));
      }
      return decided == decision ? "" : "another engine that waited for the decision called it off; try again";
    } catch (const records::Unavailable& error) {
      log_.write(MR_LOG_WARN, {}, "a decision cannot be written down yet", {{"reason", error.what()}});
    }
  } while (clock_.now_ns() < until_ns && !wait(kMoment));
  return "whether the others switch could not be written down: look at `millrace status`";
}

// Answers and files of a proposal that is over. What stays is overwritten by the next.
void Council::clean_up(const Order& order, const std::vector<Vote>& votes) {
  try {
    std::vector<records::Name> names;
    for (const auto& [pipeline, hash] : order.hashes) {
      names.push_back({pipeline, std::string(kProposal), hash});
      for (const Vote& vote : votes) {
        names.push_back({pipeline, std::string(kAnswer), answer_key(order.id, vote.engine)});
      }
    }
    shared_.forget(names);
  } catch (const records::Unavailable&) { // some bytes stay
  }
}

void Council::await_switched(std::vector<Vote>& votes) {
  std::optional<Order> order;
  {
    const std::lock_guard lock(mutex_);
    order = proposed_;
  }
  const std::int64_t began = clock_.now_ns();
  bool all = !order;
  while (!all && clock_.now_ns() - began < settings_.switched.count()) {
    std::map<std::string, std::string> said;
    try {
      said = answers(*order);
    } catch (const records::Unavailable&) { // asked again
    }
    all = true;
    for (Vote& vote : votes) {
      const auto answer = said.find(vote.engine);
      vote.text = answer == said.end() ? vote.text : answer->second;
      all = all && vote.text != kPrepared;
    }
    if (!all && wait(kMoment)) {
      return;
    }
  }
  for (Vote& vote : votes) {
    vote.text = vote.text == kPrepared ? "it was to switch and has not said that it did" : vote.text;
  }
  if (order) {
    clean_up(*order, votes);
  }
}

} // namespace millrace::runtime
