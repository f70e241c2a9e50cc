#include <fmt/format.h>
#include <millrace/ext/draft/apply.h>

#include <deque>
#include <memory>

#include "engine/cli/command.hpp"
#include "engine/cli/progress.hpp"
#include "engine/cli/rehearsal.hpp"
#include "engine/cli/stage.hpp"

namespace millrace::cli {
namespace {

struct Options {
  std::string config = "millrace.toml";
  bool dry_run = false;
};

// One sink that can be asked to create its targets.
struct Job {
  const Rehearsal& rehearsal;
  const config::Instance& sink;
  std::vector<mr_target> targets;
  std::string who;
  std::size_t steps = 0;
};

void print(const std::vector<Finding>& findings, const std::string& who, const Console& console) {
  for (const Finding& finding : findings) {
    (finding.severity == MR_LOG_INFO ? console.out : console.err) << fmt::format("{}: {}\n", who, finding.line());
  }
}

// What would be done, printed.
ExitCode plan(const Stage& stage, Job& job, const Console& console) {
  const Waiting waiting(console, fmt::format("apply: asking {}", job.who));
  const Answered found = ask_apply(job.rehearsal.another(job.sink, stage.services_of_the_asked()), job.targets, false,
                                   stage.config().engine.check_deadline, stage.clock());
  print(found.findings, job.who, console);
  if (!found.answer.ok()) {
    console.err << fmt::format("{}: {}\n", job.who, found.answer.text);
    return code_of(found.answer);
  }
  job.steps = found.steps.size();
  const char* const nothing = found.has_errors() ? "nothing to create beside the errors" : "everything is there";
  console.out << fmt::format("-- {}: {}\n", job.who, found.steps.empty() ? nothing : "to be created");
  for (const Step& step : found.steps) {
    console.out << step.text << "\n";
  }
  return found.has_errors() ? ExitCode::kFindings : ExitCode::kOk;
}

ExitCode carry_out(const Stage& stage, const Job& job, const Console& console) {
  const Waiting waiting(console, fmt::format("apply: creating in {}", job.who));
  const Answered found = ask_apply(job.rehearsal.another(job.sink, stage.services_of_the_asked()), job.targets, true,
                                   stage.config().engine.check_deadline, stage.clock());
  print(found.findings, job.who, console);
  if (!found.answer.ok() || found.has_errors()) {
    console.err << fmt::format("{}: stopped after {} of {} steps{}\n", job.who,
                               found.steps.empty() ? 0 : found.steps.size() - 1, job.steps,
                               found.answer.ok() ? "" : ": " + found.answer.text);
    return found.answer.ok() ? ExitCode::kFindings : code_of(found.answer);
  }
  console.out << fmt::format("-- {}: done, {} steps\n", job.who, found.steps.size());
  return ExitCode::kOk;
}

std::vector<Job> jobs_of(const std::deque<Rehearsal>& rehearsals, const Console& console) {
  std::vector<Job> jobs;
  for (const Rehearsal& rehearsal : rehearsals) {
    for (const config::Instance& sink : rehearsal.pipeline().sinks) {
      std::string who = fmt::format("{} of pipeline '{}'", sink.label(), rehearsal.pipeline().name);
      std::vector<mr_target> targets = rehearsal.targets_of(sink);
      if (sink.plugin.table->extension(MR_APPLY) == nullptr) {
        console.out << fmt::format("-- {}: its plugin creates nothing\n", who);
      } else {
        jobs.push_back({rehearsal, sink, std::move(targets), std::move(who)});
      }
    }
  }
  return jobs;
}

ExitCode apply(const Options& options, const Console& console) {
  const Stage stage(options.config, console);
  ExitCode code = ExitCode::kOk;
  std::deque<Rehearsal> rehearsals;
  for (const config::Pipeline& pipeline : stage.config().pipelines) {
    const Waiting waiting(console, fmt::format("apply: reading the rules of pipeline '{}'", pipeline.name));
    code = worse(code, show(rehearsals.emplace_back(pipeline, stage.services()), console));
  }
  if (code != ExitCode::kOk) {
    return code;
  }
  std::vector<Job> jobs = jobs_of(rehearsals, console);
  for (Job& job : jobs) {
    code = worse(code, plan(stage, job, console));
  }
  // All plans have to hold before anything is changed.
  if (code != ExitCode::kOk || options.dry_run) {
    console.out << (options.dry_run ? "-- dry run: nothing was changed\n" : "-- nothing was changed\n");
    return code;
  }
  for (const Job& job : jobs) {
    if (job.steps > 0 && code == ExitCode::kOk) {
      code = carry_out(stage, job, console);
    }
  }
  return code;
}

} // namespace

void add_apply(CLI::App& app, Chosen& chosen) {
  CLI::App* const command = app.add_subcommand(
      "apply", "Create the topics and tables that the rules declare and that are not there yet; printed first");
  const auto options = std::make_shared<Options>();
  add_config_option(*command, options->config);
  command->add_flag("--dry-run", options->dry_run, "Only print what would be created");
  command->footer(
      "Example: millrace apply -c millrace.toml --dry-run\n"
      "         millrace apply -c millrace.toml");
  command->callback(
      [&chosen, options] { chosen = [options](const Console& console) { return apply(*options, console); }; });
}

} // namespace millrace::cli
