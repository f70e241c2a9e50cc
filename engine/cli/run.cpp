// Runs the engine until it is told to stop or every source has come to its end.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "engine/admin/routes.hpp"
#include "engine/admin/server.hpp"
#include "engine/cli/command.hpp"
#include "engine/cli/stage.hpp"
#include "engine/config/again.hpp"
#include "engine/records/folder.hpp"
#include "engine/records/keeper.hpp"
#include "engine/records/outside.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/folder_watch.hpp"
#include "engine/runtime/service.hpp"

namespace millrace::cli {
namespace {

constexpr std::chrono::seconds kRecordPatience{5}; // of one call
constexpr std::chrono::seconds kRecordRetry{5};

struct Options {
  std::string config = "millrace.toml";
};

std::uint32_t level_of(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::kDebug:
      return MR_LOG_DEBUG;
    case config::LogLevel::kInfo:
      return MR_LOG_INFO;
    case config::LogLevel::kWarn:
      return MR_LOG_WARN;
    case config::LogLevel::kError:
      return MR_LOG_ERROR;
  }
  return MR_LOG_INFO;
}

// SIGTERM and SIGINT drain, a second one ends the process at once; SIGHUP reads the rules anew.
class Signals {
 public:
  Signals(runtime::Engine& engine, std::function<void()> draining, host::Log& log)
      : engine_(engine), draining_(std::move(draining)), log_(log) {
    wait();
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Signals() {
    boost::asio::post(loop_, [this] { signals_.cancel(); });
    thread_.join();
    if (reload_.joinable()) {
      reload_.join();
    }
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  void wait() {
    signals_.async_wait([this](const boost::system::error_code& error, int number) {
      if (error) {
        return;
      }
      take(number);
      wait();
    });
  }

  void take(int number) {
    if (number == SIGHUP) {
      reload();
      return;
    }
    // A terminal and `timeout` signal the process and its group: two within a moment are one.
    const auto now = std::chrono::steady_clock::now();
    if (first_ && now - *first_ < std::chrono::milliseconds(200)) {
      return;
    }
    if (first_) {
      log_.warn("a second signal: ending now; what is in flight is read again, or its sender gets no answer");
      ::_exit(128 + number);
    }
    first_ = now;
    log_.info("draining; a second signal ends at once", {{"signal", number == SIGINT ? "SIGINT" : "SIGTERM"}});
    draining_();
    engine_.drain();
  }

  // On a thread of its own, since signals have to be heard meanwhile. A second SIGHUP waits for the first one.
  void reload() {
    std::thread before = std::move(reload_);
    reload_ = std::thread([this, before = std::move(before)]() mutable {
      if (before.joinable()) {
        before.join();
      }
      const runtime::Receipt receipt = engine_.reload({"signal", {}});
      log_.info("rules reloaded on SIGHUP", {{"receipt", runtime::text_of(receipt)}});
    });
  }

  runtime::Engine& engine_;
  const std::function<void()> draining_; // says so to whoever wants to know
  host::Log& log_;
  boost::asio::io_context loop_{1};
  boost::asio::signal_set signals_{loop_, SIGTERM, SIGINT, SIGHUP};
  std::optional<std::chrono::steady_clock::time_point> first_; // signal to stop
  std::thread reload_;
  std::thread thread_;
};

std::unique_ptr<admin::Server> listen(const config::Engine& configured, runtime::Engine& engine, host::Metrics& metrics,
                                      host::Log& log) {
  if (!configured.admin) {
    return nullptr;
  }
  auto server =
      std::make_unique<admin::Server>(*configured.admin, configured.admin_token, admin::api_of(engine, metrics));
  log.info("the admin address listens", {{"address", server->address().text()}});
  return server;
}

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

// How often a service manager wants to hear of this process; nothing where it is another one's, or nobody's.
std::optional<std::chrono::nanoseconds> watchdog() {
  const std::string time = variable("WATCHDOG_USEC");
  const std::string process = variable("WATCHDOG_PID");
  std::int64_t microseconds = 0;
  const auto [end, error] = std::from_chars(time.data(), time.data() + time.size(), microseconds);
  const bool ours = process.empty() || process == std::to_string(::getpid());
  return error == std::errc() && microseconds > 0 && ours ? std::optional(std::chrono::microseconds(microseconds))
                                                          : std::nullopt;
}

std::filesystem::path state_folder(const config::Config& configured) {
  if (!configured.engine.state.empty()) {
    return configured.engine.state;
  }
  const char* const given = std::getenv("STATE_DIRECTORY"); // systemd's; the first of several
  const std::string_view folders = given == nullptr ? std::string_view() : given;
  return folders.empty() ? configured.file.parent_path() / ".millrace"
                         : std::filesystem::path(folders.substr(0, folders.find(':')));
}

// A folder that was asked for has to be there; without one receipts are a comfort, and nothing waits for it.
std::unique_ptr<records::Records> records_here(const config::Config& configured, host::Log& log) {
  try {
    return std::make_unique<records::Folder>(state_folder(configured));
  } catch (const records::Unavailable& error) {
    if (!configured.engine.state.empty()) {
      config::Problems problems;
      problems.add({configured.file.string(), 0, 0}, fmt::format("[engine]: 'state': {}", error.what()));
      throw config::ConfigError(problems);
    }
    log.warn("receipts and rulesets are remembered until the engine stops; set `state` in [engine] to keep them",
             {{"reason", error.what()}});
    return std::make_unique<records::Memory>();
  }
}

// In the first sink that keeps records. Null: there is none.
std::unique_ptr<records::Outside> records_outside(const config::Config& configured, const host::Services& services) {
  for (const config::Pipeline& pipeline : configured.pipelines) {
    for (const config::Instance& sink : pipeline.sinks) {
      if (records::Outside::can(sink)) {
        return std::make_unique<records::Outside>(sink, pipeline.name, services, kRecordPatience);
      }
    }
  }
  return nullptr;
}

std::vector<std::string> pipeline_names(const config::Config& configured) {
  std::vector<std::string> out;
  for (const config::Pipeline& pipeline : configured.pipelines) {
    out.push_back(pipeline.name);
  }
  return out;
}

// Receipts go on being kept where the sink is now.
void follow(const config::Config& taken, records::Outside* outside, host::Log& log) {
  if (outside == nullptr) {
    return;
  }
  for (const config::Pipeline& pipeline : taken.pipelines) {
    for (const config::Instance& sink : pipeline.sinks) {
      if (records::Outside::name_of(sink, pipeline.name) != outside->name() || !records::Outside::can(sink)) {
        continue;
      }
      try {
        outside->point_at(sink);
      } catch (const std::exception& error) {
        log.error("receipts go on being kept as before", {{"reason", error.what()}});
      }
      return;
    }
  }
  log.warn("receipts go on being kept where they were until the engine starts anew", {{"where", outside->name()}});
}

// Reads the rules anew when a folder changed. Null: none is watched.
std::unique_ptr<runtime::FolderWatch> watch(const config::Engine& configured, runtime::Engine& engine, host::Log& log) {
  if (configured.watch.empty()) {
    return nullptr;
  }
  try {
    const auto quiet = std::chrono::duration_cast<std::chrono::milliseconds>(configured.watch_quiet);
    return std::make_unique<runtime::FolderWatch>(configured.watch, quiet, [&engine, &log](const std::string& file) {
      const runtime::Receipt receipt = engine.reload({"watch", file});
      if (!receipt.accepted) {
        log.error("rules that changed were refused", {{"receipt", runtime::text_of(receipt)}});
      }
    });
  } catch (const runtime::CannotWatch& error) {
    config::Problems problems;
    problems.add(configured.watch_at, fmt::format("[engine]: 'watch': {}", error.what()));
    throw config::ConfigError(problems);
  }
}

ExitCode run(const Options& options, const Console& console) {
  // Set before any thread is made, so that all of them have it: a peer that went away is an error of the call.
  std::signal(SIGPIPE, SIG_IGN);
  const config::Config configured = config::load(options.config, console.executable);
  const host::SystemClock clock;
  host::Log log(clock,
                configured.engine.log_format == config::LogFormat::kJson ? host::LogForm::kJson : host::LogForm::kText,
                level_of(configured.engine.log_level));
  host::Metrics metrics;
  if (configured.pipelines.empty()) {
    config::Problems problems;
    problems.add({options.config, 0, 0}, "there is no pipeline to run; write one as [pipeline.NAME]");
    throw config::ConfigError(problems);
  }
  const host::Services services{clock, log, metrics};
  std::unique_ptr<records::Outside> outside = records_outside(configured, services);
  records::Outside* const outside_now = outside.get();
  records::Keeper keeper(records_here(configured, log), std::move(outside), pipeline_names(configured), log,
                         kRecordRetry);
  runtime::History history(keeper);
  runtime::Engine engine(configured, services, &history);
  engine.set_configuration(
      [&console](const config::Config& running, const std::string& upgrade) {
        return config::load_again(running, upgrade, console.executable);
      },
      [&log, outside_now](const config::Config& taken) {
        log.set_least_level(level_of(taken.engine.log_level));
        follow(taken, outside_now, log);
      });
  try {
    engine.create();
  } catch (const runtime::RouterRefused& refused) {
    for (const host::Diagnostic& found : refused.diagnostics) {
      console.err << painted(found, console.err_colours) << "\n";
    }
    console.err << refused.what() << "\n";
    return ExitCode::kFindings;
  }
  const std::unique_ptr<admin::Server> server = listen(configured.engine, engine, metrics, log);
  const std::unique_ptr<runtime::FolderWatch> watching = watch(configured.engine, engine, log);
  runtime::Service service(engine, host::Notify(variable("NOTIFY_SOCKET")), watchdog(), clock);
  const auto draining = [&] { service.stopping(configured.engine.stop_deadline); };
  const Signals signals(engine, draining, log);
  engine.start();
  engine.join(keeper.shared(), server == nullptr ? std::string() : server->address().text());
  service.started();
  log.info("started", {{"configuration", options.config}});
  engine.wait();
  draining(); // also where it ended by itself
  if (const std::string refusal = engine.refusal(); !refusal.empty()) {
    console.err << refusal << "\n";
    return ExitCode::kCannotStart;
  }
  const std::uint64_t failed = engine.failed_events();
  log.info("stopped", {{"failed_events", std::to_string(failed)}});
  return failed == 0 ? ExitCode::kOk : ExitCode::kBroken;
}

} // namespace

void add_run(CLI::App& app, Chosen& chosen) {
  CLI::App* const command = app.add_subcommand("run", "Run the pipelines of a configuration until SIGTERM or SIGINT");
  const auto options = std::make_shared<Options>();
  add_config_option(*command, options->config);
  command->footer("Example: millrace run -c /etc/millrace/millrace.toml");
  command->callback(
      [&chosen, options] { chosen = [options](const Console& console) { return run(*options, console); }; });
}

} // namespace millrace::cli
