// What the running engine does, again and again.
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <thread>

#include "engine/cli/command.hpp"
#include "engine/cli/live.hpp"
#include "engine/cli/live_status.hpp"
#include "engine/cli/watching.hpp"

namespace millrace::cli {
namespace {

using Time = std::chrono::steady_clock::time_point;

constexpr std::chrono::seconds kDeadline{5};

struct Options {
  Live live;
  double interval = 1; // seconds
  std::size_t count = 0;

  std::chrono::milliseconds pause() const {
    return std::chrono::milliseconds(static_cast<std::int64_t>(interval * 1000));
  }
};

// One look after the other, each compared with the one before.
class Looks {
 public:
  Looks(const Options& options, dsl::Colours colours) : options_(options), colours_(colours) {}

  // What there is to see now. An engine that does not answer is something to see too, but not at the first look.
  std::string next() {
    try {
      const admin::Reply reply = ask_status(options_.live, kDeadline);
      const Time now = std::chrono::steady_clock::now();
      std::optional<runtime::Status> found = understood(reply);
      answers_ = found.has_value();
      if (!found) {
        return fmt::format("the admin address answered {}: {}\n", reply.status, error_of(reply));
      }
      const std::string text = options_.live.json() ? reply.body : text_of(*found, table(*found, now), colours_);
      before_ = std::move(found);
      at_ = now;
      return text;
    } catch (const admin::Unreachable& error) {
      if (!before_) {
        throw;
      }
      answers_ = false;
      return fmt::format("{}\n", error.what());
    }
  }
  bool answers() const { return answers_; }

 private:
  std::string table(const runtime::Status& now, Time at) const {
    return before_ ? runtime::table_of(*before_, now, std::chrono::duration<double>(at - at_).count())
                   : runtime::table_of(now);
  }

  const Options& options_;
  const dsl::Colours colours_;
  std::optional<runtime::Status> before_;
  Time at_;
  bool answers_ = false;
};

ExitCode top(const Options& options, const Console& console) {
  Looks looks(options, console.out_colours);
  std::string text = looks.next(); // in front of anything that changes the terminal
  if (console.progress != nullptr && can_watch() && !options.live.json()) {
    const Watching watching;
    std::size_t seen = 1;
    watching.draw(text);
    while (watching.wait(options.pause()) && (options.count == 0 || seen < options.count)) {
      watching.draw(looks.next());
      ++seen;
    }
  } else {
    console.out << text << std::flush;
    for (std::size_t seen = 1; (options.count == 0 || seen < options.count) && console.out; ++seen) {
      std::this_thread::sleep_for(options.pause());
      console.out << (options.live.json() ? "" : "\n") << looks.next() << std::flush;
    }
  }
  return looks.answers() ? ExitCode::kOk : ExitCode::kUnreachable;
}

} // namespace

void add_top(CLI::App& app, Chosen& chosen) {
  CLI::App* const command =
      app.add_subcommand("top", "What the running engine does, drawn anew every second; q or Ctrl-C ends it");
  const auto options = std::make_shared<Options>();
  add_live_options(*command, options->live);
  command->add_option("--interval", options->interval, "Seconds from one look to the next")
      ->check(CLI::Range(0.1, 3'600.0))
      ->capture_default_str();
  command->add_option("--count", options->count, "How many looks; 0: until somebody ends it")->capture_default_str();
  command->footer(
      "Example: millrace top\n"
      "         millrace top --interval 10 --count 6 > minute.txt");
  command->callback(
      [&chosen, options] { chosen = [options](const Console& console) { return top(*options, console); }; });
}

} // namespace millrace::cli
