#include <fmt/format.h>
#include <millrace/ext/check.h>

#include <deque>
#include <memory>

#include "engine/cli/command.hpp"
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

ExitCode connect_one(const Stage& stage, const Rehearsal& rehearsal, const config::Instance& configured,
                     const Console& console) {
  const Rehearsed rehearsed = rehearsal.another(configured, stage.services_of_the_asked());
  const std::string who = fmt::format("{} of pipeline '{}'", configured.label(), rehearsal.pipeline().name);
  if (rehearsed.instance().extension<mr_plugin_check>(MR_CHECK) == nullptr) {
    console.out << fmt::format("{}: its plugin cannot be asked\n", who);
    return ExitCode::kOk;
  }
  const auto targets = configured.kind == MR_SINK ? rehearsal.targets_of(configured) : std::vector<mr_target>{};
  const Answered found = ask_check(rehearsed, targets, stage.config().engine.check_deadline, stage.clock());
  for (const Finding& finding : found.findings) {
    (finding.severity == MR_LOG_INFO ? console.out : console.err) << fmt::format("{}: {}\n", who, finding.line());
  }
  if (!found.answer.ok()) {
    console.err << fmt::format("{}: {}\n", who, found.answer.text);
    return code_of(found.answer);
  }
  if (found.has_errors()) {
    return ExitCode::kFindings;
  }
  console.out << fmt::format("{}: reached\n", who);
  return ExitCode::kOk;
}

ExitCode check(const Options& options, const Console& console) {
  if (!options.rules.files.empty()) {
    RulesCheck rules = options.rules;
    using Format = RulesCheck::Format;
    rules.format = options.format == "json" ? Format::json : options.format == "sarif" ? Format::sarif : Format::text;
    return check_rules(rules, console);
  }
  const Stage stage(options.config, console);
  ExitCode code = ExitCode::kOk;
  std::deque<Rehearsal> rehearsals;
  for (const config::Pipeline& pipeline : stage.config().pipelines) {
    code = worse(code, show(rehearsals.emplace_back(pipeline, stage.services()), console));
  }
  if (code != ExitCode::kOk) {
    return code;
  }
  for (const Rehearsal& rehearsal : rehearsals) {
    console.out << fmt::format("pipeline '{}': ok, {} targets", rehearsal.pipeline().name, rehearsal.targets().size());
    console.out << (rehearsal.ruleset().empty()
                        ? "\n"
                        : fmt::format(", ruleset {}, {} tests passed\n", rehearsal.ruleset(), rehearsal.tests()));
    for (const config::Instance* configured :
         options.connect ? instances(rehearsal.pipeline()) : std::vector<const config::Instance*>{}) {
      code = worse(code, connect_one(stage, rehearsal, *configured, console));
    }
  }
  return code;
}

} // namespace

void add_check(CLI::App& app, Chosen& chosen) {
  CLI::App* const command =
      app.add_subcommand("check", "Say what is wrong with the configuration and the rules before they run");
  const auto options = std::make_shared<Options>();
  add_config_option(*command, options->config);
  CLI::Option* const connect = command->add_flag("--connect", options->connect,
                                                 "Also ask the outside systems: are they reached, do the targets fit");
  CLI::Option* const rules = command
                                 ->add_option("RULES", options->rules.files,
                                              "Only these rules files, or those in a folder, without a configuration")
                                 ->excludes(connect);
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
      ->capture_default_str()
      ->needs(rules);
  command->footer(
      "Example: millrace check rules/ --format sarif > findings.sarif\n"
      "         millrace check -c millrace.toml --connect");
  command->callback(
      [&chosen, options] { chosen = [options](const Console& console) { return check(*options, console); }; });
}

} // namespace millrace::cli
