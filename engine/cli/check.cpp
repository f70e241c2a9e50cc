#include <fmt/format.h>
#include <millrace/ext/check.h>

#include <algorithm>
#include <deque>
#include <memory>

#include "engine/cli/check_report.hpp"
#include "engine/cli/command.hpp"
#include "engine/cli/progress.hpp"
#include "engine/cli/rehearsal.hpp"
#include "engine/cli/rules.hpp"
#include "engine/cli/stage.hpp"

namespace millrace::cli {
namespace {

struct Options {
  std::string config = "millrace.toml";
  bool connect = false;
  RulesCheck rules;
  std::string format = "text";
};

std::vector<const config::Instance*> instances(const config::Pipeline& pipeline) {
  std::vector<const config::Instance*> out{&pipeline.source};
  for (const config::Instance& sink : pipeline.sinks) {
    out.push_back(&sink);
  }
  return out;
}

// Of those that were asked for, the ones that nothing was found of.
std::vector<std::string> unanswered(const std::vector<mr_target>& targets, const Answered& found) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (std::ranges::find(found.findings, i, &Finding::index) == found.findings.end()) {
      out.emplace_back(targets[i].name.data, targets[i].name.size);
    }
  }
  return out;
}

ExitCode connect_one(const Stage& stage, const Asked& asked, CheckReport& report) {
  const auto& [rehearsal, configured] = asked;
  const Rehearsed rehearsed = rehearsal.another(configured, stage.services_of_the_asked());
  if (rehearsed.instance().extension<mr_plugin_check>(MR_CHECK) == nullptr) {
    report.nothing(asked, "its plugin cannot be asked");
    return ExitCode::kOk;
  }
  const auto targets = configured.kind == MR_SINK ? rehearsal.targets_of(configured) : std::vector<mr_target>{};
  Answered found;
  {
    const Waiting waiting(report.console(), fmt::format("check: asking {}", asked.who()));
    found = ask_check(rehearsed, targets, stage.config().engine.check_deadline, stage.clock());
  }
  for (Finding& finding : found.findings) {
    const mr_target* const target = finding.index < targets.size() ? &targets[finding.index] : nullptr;
    if (target != nullptr || configured.kind == MR_SOURCE) { // whose items are streams
      finding.place = rehearsal.place_of(target, finding.item);
    }
    report.finding(asked, finding);
  }
  if (found.answer.status == MR_TRANSIENT) {
    report.left_out(asked, unanswered(targets, found), found.answer.text);
  } else if (!found.answer.ok()) {
    report.failed(asked, found.answer.text);
  } else if (!found.has_errors()) {
    report.nothing(asked, "reached");
  }
  return worse(code_of(found.answer), found.has_errors() ? ExitCode::kFindings : ExitCode::kOk);
}

RulesCheck::Format format_of(const Options& options) {
  using Format = RulesCheck::Format;
  return options.format == "json" ? Format::json : options.format == "sarif" ? Format::sarif : Format::text;
}

ExitCode check_configuration(const Options& options, const Console& console) {
  const Stage stage(options.config, console);
  CheckReport report(format_of(options), console);
  ExitCode code = ExitCode::kOk;
  std::deque<Rehearsal> rehearsals;
  for (const config::Pipeline& pipeline : stage.config().pipelines) {
    code = worse(code, report.begin(rehearsals.emplace_back(pipeline, stage.services())));
  }
  const bool sound = code == ExitCode::kOk;
  for (const Rehearsal& rehearsal : rehearsals) {
    if (!sound) {
      break;
    }
    report.fits(rehearsal);
    for (const config::Instance* configured :
         options.connect ? instances(rehearsal.pipeline()) : std::vector<const config::Instance*>{}) {
      code = worse(code, connect_one(stage, {rehearsal, *configured}, report));
    }
  }
  report.end();
  return code;
}

ExitCode check(const Options& options, const Console& console) {
  if (options.rules.files.empty()) {
    return check_configuration(options, console);
  }
  if (options.connect) {
    throw UsageError(
        "--connect asks the systems that a configuration names, so it goes with that and not with rules files:\n"
        "millrace check --connect -c millrace.toml");
  }
  RulesCheck rules = options.rules;
  rules.format = format_of(options);
  return check_rules(rules, console);
}

} // namespace

void add_check(CLI::App& app, Chosen& chosen) {
  CLI::App* const command =
      app.add_subcommand("check", "Say what is wrong with the configuration and the rules before they run");
  const auto options = std::make_shared<Options>();
  add_config_option(*command, options->config);
  command->add_flag("--connect", options->connect,
                    "Also ask the outside systems: are they reached, do the targets fit");
  CLI::Option* const rules = command->add_option(
      "RULES", options->rules.files, "Only these rules files, or those in a folder, without a configuration");
  command
      ->add_flag("--fix", options->rules.fix,
                 "Mend in the rules files what has one right answer, and say so; what has several is left and printed")
      ->needs(rules);
  command
      ->add_flag("--cost", options->rules.cost,
                 "Also print what rules are looked up by, and which ones every event is compared with")
      ->needs(rules);
  command->add_option("--format", options->format, "text; json: one array; or sarif, for code hosts")
      ->check(CLI::IsMember({"text", "json", "sarif"}))
      ->capture_default_str();
  command->footer(
      "Example: millrace check rules/ --format sarif > findings.sarif\n"
      "         millrace check -c millrace.toml --connect");
  command->callback(
      [&chosen, options] { chosen = [options](const Console& console) { return check(*options, console); }; });
}

} // namespace millrace::cli
