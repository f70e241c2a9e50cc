// A live view of what goes through a running engine, and the ways of events under its rules.
#include <fmt/format.h>

#include <memory>
#include <string_view>
#include <vector>

#include "engine/cli/command.hpp"
#include "engine/cli/events.hpp"
#include "engine/cli/explain_live.hpp"
#include "engine/cli/live.hpp"

namespace millrace::cli {
namespace {

constexpr std::chrono::seconds kDeadline{30};

struct Options {
  Live live;
  Parameters looked_for = {{"pipeline", ""}, {"rule", ""},    {"topic", ""},
                           {"table", ""},    {"outcome", ""}, {"rate", "10"}};
};

ExitCode tap(const Options& options, const Console& console) {
  const admin::Ask wanted{.path = "/tap" + query_of(options.looked_for)};
  return show(ask_stream(options.live, wanted,
                         [&console](std::string_view piece) {
                           console.out << piece << std::flush;
                           return console.out.good();
                         }),
              console);
}

} // namespace

ExitCode explain_live(const Live& live, const EventsFrom& events, const std::string& topic, const Console& console) {
  const std::string path = "/explain" + query_of({{"pipeline", events.topic.pipeline}, {"topic", topic}});
  ExitCode code = ExitCode::kOk;
  for_each_event(events, console, [&](const SampleEvent& event) {
    if (code == ExitCode::kOk) {
      code = show(ask(live, {.method = "POST", .path = path, .body = std::string(event.text)}, kDeadline), console);
    }
  });
  return code;
}

void add_tap(CLI::App& app, Chosen& chosen) {
  CLI::App* const command =
      app.add_subcommand("tap", "Watch events go by in the running engine, with what becomes of each and why");
  const auto options = std::make_shared<Options>();
  add_live_options(*command, options->live);
  const std::vector<const char*> about = {
      "Only events of this pipeline",
      "Only events that this rule decided",
      "Only events that go to this topic",
      "Only events that become rows of this table",
      "Only events with this outcome: routed, dropped, invalid, rejected",
      "The most that are shown in a second, up to 1000",
  };
  for (std::size_t i = 0; i < about.size(); ++i) {
    auto& [name, value] = options->looked_for[i];
    command->add_option("--" + name, value, about[i])->type_name(name == "rate" ? "N" : "NAME");
  }
  command->footer(
      "Example: millrace tap --outcome invalid\n"
      "         millrace tap --rule crashes --rate 2 --format json | jq .event");
  command->callback(
      [&chosen, options] { chosen = [options](const Console& console) { return tap(*options, console); }; });
}

} // namespace millrace::cli
