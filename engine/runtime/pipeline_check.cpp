// How a pipeline asks outside systems whether what its rules name is there. See pipeline.hpp.
#include <millrace/ext/check.h>

#include <algorithm>
#include <span>
#include <utility>

#include "engine/modules/text.hpp"
#include "engine/runtime/pipeline.hpp"

namespace millrace::runtime {
namespace {

using modules::copy;

// So long a sink that was asked is kept for the next time.
constexpr std::chrono::nanoseconds kKept = std::chrono::minutes(1);

std::vector<mr_target> written_by(const host::Targets& targets, const std::string& sink) {
  std::vector<mr_target> out;
  for (const auto& [id, target] : targets.in_use()) {
    if (copy(target->sink) == sink) {
      out.push_back(*target);
    }
  }
  return out;
}

// What a check finds about these targets, in sentences.
class Findings {
 public:
  explicit Findings(std::span<const mr_target> targets) : targets_(targets) {}
  mr_findings abi() { return {this, add}; }

  std::vector<std::string> errors;
  std::vector<std::string> notes;

 private:
  static void add(void* context, std::uint32_t severity, std::size_t target, mr_str item, mr_str text) {
    Findings& self = *static_cast<Findings*>(context);
    std::string said = target < self.targets_.size() ? copy(self.targets_[target].name) + ": " : "";
    said += item.data == nullptr ? "" : copy(item) + ": ";
    said += copy(text);
    if (severity >= MR_LOG_ERROR) {
      self.errors.push_back(std::move(said));
    } else if (severity == MR_LOG_WARN) {
      self.notes.push_back(std::move(said));
    }
  }

  const std::span<const mr_target> targets_;
};

} // namespace

Pipeline::Checked Pipeline::check_targets(const RouterSet& routers) {
  Checked out;
  const Generation& next = routers.generation;
  const Generation now = generation();
  for (const config::Instance& configured : next.configured->sinks) {
    const auto same_name = std::ranges::find(now.configured->sinks, configured.name, &config::Instance::name);
    const bool other = same_name == now.configured->sinks.end() || !(*same_name == configured);
    const std::vector<mr_target> wanted = written_by(*next.targets, configured.name);
    if (configured.plugin.table->extension(MR_CHECK) == nullptr || (wanted.empty() && !other)) {
      continue;
    }
    Checked found = check_sink(configured, next, wanted, other);
    std::ranges::move(found.errors, std::back_inserter(out.errors));
    std::ranges::move(found.notes, std::back_inserter(out.notes));
  }
  return out;
}

// A sink that was kept may have lost its connection, or more: then one that is made for it decides.
Pipeline::Checked Pipeline::check_sink(const config::Instance& configured, const Generation& next,
                                       std::span<const mr_target> wanted, bool other) {
  const std::int64_t deadline = services_.clock.now_ns() + next.engine->check_deadline.count();
  for (bool again = true;;) {
    std::optional<Checker> checker = take_checker(configured, next);
    again = again && checker.has_value();
    if (!checker) {
      checker.emplace(configured, next.targets, make(configured, next, 0, nullptr));
    }
    Findings findings(wanted);
    const mr_findings abi = findings.abi();
    mr_error error{};
    const auto* calls = checker->sink.extension<mr_plugin_check>(MR_CHECK);
    if (calls->check(checker->sink.self(), wanted.data(), wanted.size(), deadline, &abi, &error) == MR_OK) {
      keep_checker(std::move(*checker));
      return {std::move(findings.errors), std::move(findings.notes)};
    }
    if (again) {
      continue;
    }
    (other ? findings.errors : findings.notes)
        .push_back(configured.label() + " could not be checked: " + checker->sink.host().masked(error.text));
    return {std::move(findings.errors), std::move(findings.notes)};
  }
}

std::optional<Pipeline::Checker> Pipeline::take_checker(const config::Instance& configured, const Generation& next) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find_if(
      checkers_, [&](const Checker& kept) { return kept.configured == configured && kept.targets == next.targets; });
  if (found == checkers_.end()) {
    return std::nullopt;
  }
  std::optional<Checker> out(std::move(*found));
  checkers_.erase(found);
  return out;
}

void Pipeline::keep_checker(Checker checker) {
  checker.until_ns = services_.clock.now_ns() + kKept.count();
  const std::lock_guard lock(mutex_);
  checkers_.push_back(std::move(checker));
  if (!std::exchange(drops_checkers_, true)) {
    drop_checkers_later(kKept.count());
  }
}

void Pipeline::drop_checkers_later(std::int64_t delay_ns) {
  later_(delay_ns, [pipeline = weak_from_this()] {
    if (const std::shared_ptr<Pipeline> self = pipeline.lock()) {
      self->drop_checkers();
    }
  });
}

void Pipeline::drop_checkers() {
  const std::int64_t now = services_.clock.now_ns();
  std::list<Checker> gone; // outside of the lock
  const std::lock_guard lock(mutex_);
  for (auto kept = checkers_.begin(); kept != checkers_.end();) {
    const auto at = kept++;
    if (at->until_ns <= now) {
      gone.splice(gone.end(), checkers_, at);
    }
  }
  drops_checkers_ = !checkers_.empty();
  if (drops_checkers_) {
    drop_checkers_later(checkers_.front().until_ns - now); // they are kept in the order of their times
  }
}

} // namespace millrace::runtime
