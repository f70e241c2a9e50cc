#include "engine/cli/rehearsal.hpp"

#include <fmt/format.h>
#include <millrace/ext/check.h>
#include <millrace/ext/draft/apply.h>
#include <millrace/ext/draft/places.h>
#include <millrace/ext/draft/ruleset.h>

#include <algorithm>
#include <span>

#include "engine/modules/text.hpp"
#include "engine/modules/validate.hpp"
#include "engine/modules/watch.hpp"

namespace millrace::cli {
namespace {

using modules::copy;
constexpr std::chrono::seconds kGrace{1};

std::vector<host::SinkForms> forms(const config::Pipeline& pipeline) {
  std::vector<host::SinkForms> out;
  for (const config::Instance& sink : pipeline.sinks) {
    out.push_back({sink.name, sink.plugin.table->flags});
  }
  return out;
}

// Takes what comes through the callbacks of one call.
struct Listener {
  const host::InstanceHost& host;
  std::span<const mr_target> targets;
  Answered& answered;

  std::string target(std::size_t index) const {
    return index < targets.size() ? copy(targets[index].name) : std::string{};
  }

  static void finding(void* context, std::uint32_t severity, std::size_t target, mr_str item, mr_str words) {
    const auto& self = *static_cast<Listener*>(context);
    self.answered.findings.push_back(
        {severity, self.target(target), copy(item), self.host.masked(copy(words)), target});
  }
  static void step(void* context, std::size_t target, mr_str words) {
    const auto& self = *static_cast<Listener*>(context);
    self.answered.steps.push_back({self.target(target), self.host.masked(copy(words))});
  }
};

// One call that may block, with its listener, its deadline and its watch.
template <class Call>
Answered ask(const Rehearsed& rehearsed, std::span<const mr_target> targets, std::chrono::nanoseconds deadline,
             const host::Clock& clock, std::string_view name, Call call) {
  Answered out;
  Listener listener{rehearsed.host(), targets, out};
  const mr_findings findings{&listener, Listener::finding};
  const mr_steps steps{&listener, Listener::step};
  mr_error error{};
  const modules::Watch watch(rehearsed.instance(), deadline + kGrace);
  const mr_status status = call(clock.now_ns() + deadline.count(), &findings, &steps, &error);
  out.answer = modules::checked(rehearsed.instance().who(), name, status, error,
                                {MR_TRANSIENT, MR_REJECTED, MR_INVALID, MR_FATAL});
  out.answer.text = rehearsed.host().masked(out.answer.text);
  return out;
}

} // namespace

Rehearsed::Rehearsed(const config::Instance& configured, const std::string& pipeline, std::size_t worker,
                     const host::Services& services, const host::Surroundings& surroundings,
                     std::vector<host::Diagnostic>& diagnostics)
    : values_(configured.values) {
  const mr_plugin& table = *configured.plugin.table;
  host_ = std::make_unique<host::InstanceHost>(
      host::Identity{configured.kind, pipeline, configured.label(), fmt::format("{}/{}", pipeline, worker), "check"},
      services, surroundings, host::Secrets::of(values_->root, std::span(table.fields, table.field_count)));
  try {
    instance_ = std::make_unique<modules::Instance>(configured.plugin, host_->abi(), values_->root);
    diagnostics = host_->diagnostics();
  } catch (const modules::CreateError& error) {
    diagnostics = host_->diagnostics();
    throw modules::CreateError(host_->masked(error.what()), error.answer());
  }
}

Rehearsal::Rehearsal(const config::Pipeline& pipeline, const host::Services& services)
    : pipeline_(pipeline),
      services_(services),
      targets_(std::make_shared<host::Targets>(forms(pipeline), pipeline.targets)) {
  for (const config::Instance& sink : pipeline.sinks) {
    create(sink);
  }
  create(pipeline.router);
  create(pipeline.source);
  if (pipeline.workers > 1 && refused_.empty()) {
    for (const config::Instance& sink : pipeline.sinks) {
      create_for_second_worker(sink);
    }
    create_for_second_worker(pipeline.source);
  }
}

void Rehearsal::create_for_second_worker(const config::Instance& configured) {
  std::vector<host::Diagnostic> ignored;
  try {
    const Rehearsed second(configured, pipeline_.name, 1, services_, host::Surroundings{nullptr, targets_, &streams_},
                           ignored);
  } catch (const modules::CreateError& error) {
    refused_.push_back({configured.place, error.what(), error.answer().status != MR_INVALID});
  }
}

void Rehearsal::create(const config::Instance& configured) {
  std::vector<host::Diagnostic> found;
  try {
    const Rehearsed& made = instances_.emplace_back(configured, pipeline_.name, 0, services_,
                                                    host::Surroundings{nullptr, targets_, &streams_}, found);
    const modules::Instance& instance = made.instance();
    if (const auto* ruleset = instance.extension<mr_router_ruleset>(MR_RULESET)) {
      ruleset_ = copy(ruleset->hash(instance.self()));
      tests_ = ruleset->tests(instance.self());
    }
    if (configured.kind == MR_ROUTER) {
      streams_.activate(made.host().declared_streams());
      router_ = &made;
    }
  } catch (const modules::CreateError& error) {
    // A router that showed what is wrong with its rules has said more than its one sentence.
    const bool shown =
        std::any_of(found.begin(), found.end(), [](const host::Diagnostic& d) { return d.severity == MR_LOG_ERROR; });
    if (!shown) {
      refused_.push_back({configured.place, error.what(), error.answer().status != MR_INVALID});
    }
  }
  diagnostics_.insert(diagnostics_.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
}

std::vector<mr_target> Rehearsal::targets() const {
  std::vector<mr_target> out;
  for (const auto& [id, target] : targets_->in_use()) {
    out.push_back(*target);
  }
  return out;
}

std::vector<mr_target> Rehearsal::targets_of(const config::Instance& sink) const {
  std::vector<mr_target> out = targets();
  std::erase_if(out, [&](const mr_target& target) { return copy(target.sink) != sink.name; });
  return out;
}

std::optional<Place> Rehearsal::place_of(const mr_target* target, std::string_view item) const {
  const auto* const calls = router_ == nullptr ? nullptr : router_->instance().extension<mr_router_places>(MR_PLACES);
  mr_place place{};
  const mr_str wanted{item.empty() ? nullptr : item.data(), item.size()};
  if (calls == nullptr || calls->find(router_->instance().self(), target, wanted, &place) == 0) {
    return std::nullopt;
  }
  return Place{copy(place.file), place.begin, place.end};
}

Rehearsed Rehearsal::another(const config::Instance& configured, const host::Services& services) const {
  std::vector<host::Diagnostic> ignored; // the first one of its kind said the same
  return {configured, pipeline_.name, 0, services, host::Surroundings{nullptr, targets_, &streams_}, ignored};
}

std::string Finding::line() const {
  const std::string_view word = severity == MR_LOG_ERROR ? "error" : severity == MR_LOG_WARN ? "warning" : "ok";
  std::string out = fmt::format("{}: ", word);
  out += target.empty() ? "" : target + ": ";
  out += item.empty() ? "" : item + ": ";
  for (const char c : text) {
    out += c == '\n' ? std::string(": ") : std::string(1, c);
  }
  return out;
}

std::string Finding::named_text() const {
  if (target.empty() || text.find(target) != std::string::npos) {
    return text;
  }
  return target + ": " + (item.empty() ? "" : item + ": ") + text;
}

bool Answered::has_errors() const {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.severity == MR_LOG_ERROR; });
}

Answered ask_check(const Rehearsed& rehearsed, const std::vector<mr_target>& targets, std::chrono::nanoseconds deadline,
                   const host::Clock& clock) {
  const modules::Instance& instance = rehearsed.instance();
  const auto* const calls = instance.extension<mr_plugin_check>(MR_CHECK);
  return ask(rehearsed, targets, deadline, clock, "check",
             [&](std::int64_t until, const mr_findings* findings, const mr_steps*, mr_error* error) {
               return calls->check(instance.self(), targets.data(), targets.size(), until, findings, error);
             });
}

Answered ask_apply(const Rehearsed& rehearsed, const std::vector<mr_target>& targets, bool run,
                   std::chrono::nanoseconds deadline, const host::Clock& clock) {
  const modules::Instance& instance = rehearsed.instance();
  const auto* const calls = instance.extension<mr_plugin_apply>(MR_APPLY);
  return ask(rehearsed, targets, deadline, clock, "apply",
             [&](std::int64_t until, const mr_findings* findings, const mr_steps* steps, mr_error* error) {
               return calls->apply(instance.self(), targets.data(), targets.size(), run ? 1 : 0, until, steps, findings,
                                   error);
             });
}

} // namespace millrace::cli
