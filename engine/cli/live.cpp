#include "engine/cli/live.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <cstdlib>
#include <utility>

#include "engine/cli/progress.hpp"
#include "engine/config/config.hpp"

namespace millrace::cli {
namespace {

constexpr const char* kTokenVariable = "MILLRACE_ADMIN_TOKEN";
constexpr unsigned kOk = 200;
constexpr unsigned kWrongParameter = 400;
constexpr unsigned kNotAllowed = 401;
constexpr unsigned kNotThere = 404;
constexpr unsigned kRefused = 422;

std::string encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

[[noreturn]] void no_address(const config::Place& place, std::string text) {
  config::Problems problems;
  problems.add(place, std::move(text));
  throw config::ConfigError(problems);
}

config::Address given_address(const std::string& text) {
  const auto address = config::parse_address(text);
  if (!address || address->port == 0) {
    throw UsageError(fmt::format("--admin: '{}' is no address to ask; write one like 127.0.0.1:8686", text));
  }
  return *address;
}

config::Engine engine_in(const std::string& file) {
  config::Problems problems;
  config::Engine engine = config::Document::read(file).engine(problems);
  if (!problems.empty()) {
    throw config::ConfigError(problems);
  }
  return engine;
}

config::Engine configured(const std::string& file) {
  config::Engine engine = engine_in(file);
  if (!engine.admin) {
    no_address({file, 0, 0},
               "`admin` is off, so nobody can be asked; send SIGHUP to the engine, or set `admin` in [engine]");
  }
  if (engine.admin->port == 0) {
    no_address({file, 0, 0}, "the engine takes any free port as `admin`; name the one that it logged with --admin");
  }
  return engine;
}

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

// "alice@desk"
std::string user() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const passwd* const entry = ::getpwuid(::geteuid());
  return fmt::format("{}@{}", entry == nullptr ? std::to_string(::geteuid()) : entry->pw_name, host.data());
}

} // namespace

void add_live_options(CLI::App& command, Live& live) {
  add_config_option(command, live.config);
  live.config_option = command.get_option("--config");
  command.add_option("--admin", live.admin, "The admin address, instead of that of the configuration")
      ->type_name("HOST:PORT");
  command.add_option("--format", live.format, "text, or json for programs")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
}

std::string path_of(std::string_view route, std::string_view name) { return std::string(route) + encoded(name); }

std::string query_of(const Parameters& parameters) {
  std::string out;
  for (const auto& [name, value] : parameters) {
    out += value.empty() ? "" : fmt::format("{}{}={}", out.empty() ? "?" : "&", name, encoded(value));
  }
  return out;
}

namespace {

// Adds to the request what the options say, and answers whom to ask.
config::Address complete(const Live& live, admin::Ask& ask) {
  ask.accept = live.json() ? "application/json" : "text/plain";
  ask.user = user();
  ask.token = variable(kTokenVariable);
  if (!live.admin.empty()) {
    const config::Address address = given_address(live.admin);
    if (ask.token.empty() && live.config_option != nullptr && live.config_option->count() > 0) {
      ask.token = engine_in(live.config).admin_token;
    }
    return address;
  }
  const config::Engine engine = configured(live.config);
  ask.token = ask.token.empty() ? engine.admin_token : ask.token;
  return *engine.admin;
}

} // namespace

admin::Reply ask(const Live& live, admin::Ask ask, std::chrono::nanoseconds deadline) {
  const config::Address address = complete(live, ask);
  return admin::request(address, ask, deadline);
}

admin::Reply ask_stream(const Live& live, admin::Ask ask, const std::function<bool(std::string_view piece)>& piece) {
  const config::Address address = complete(live, ask);
  return admin::request_stream(address, ask, piece);
}

std::string error_of(const admin::Reply& reply) {
  boost::system::error_code wrong;
  const boost::json::value parsed = boost::json::parse(reply.body, wrong);
  const boost::json::object* const object = wrong ? nullptr : parsed.if_object();
  const boost::json::value* const error = object == nullptr ? nullptr : object->if_contains("error");
  return error != nullptr && error->is_string() ? std::string(error->get_string())
                                                : reply.body.substr(0, reply.body.find_last_not_of('\n') + 1);
}

ExitCode show(const admin::Reply& reply, const Console& console) {
  if (reply.status == kOk || reply.status == kRefused) {
    console.out << reply.body;
    return reply.status == kOk ? ExitCode::kOk : ExitCode::kFindings;
  }
  console.err << fmt::format("the admin address answered {}: {}\n", reply.status, error_of(reply));
  if (reply.status == kNotAllowed) {
    console.err << fmt::format(
        "{} is sent where it is set, else `admin_token` of the configuration, beside --admin only if --config names "
        "it\n",
        kTokenVariable);
  }
  return reply.status == kWrongParameter ? ExitCode::kUsage
         : reply.status == kNotThere     ? ExitCode::kFindings
                                         : ExitCode::kUnreachable;
}

ExitCode change(const Live& live, const std::string& path, const std::string& doing, const Console& console) {
  constexpr std::chrono::minutes kDeadline{5}; // compiling a large ruleset, or draining a worker, takes its time
  const admin::Reply reply = [&] {
    const Waiting waiting(console, doing);
    return ask(live, {.method = "POST", .path = path}, kDeadline);
  }();
  return show(reply, console);
}

} // namespace millrace::cli
