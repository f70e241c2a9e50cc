// The running engine that a command talks to, through its admin address.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/admin/client.hpp"
#include "engine/cli/command.hpp"

namespace millrace::cli {

struct Live {
  std::string config = "millrace.toml";
  std::string admin;                          // empty: that of the configuration
  const CLI::Option* config_option = nullptr; // says whether somebody named the configuration
  std::string format = "text";                // or "json"

  bool json() const { return format == "json"; }
};

// --config, --admin and --format.
void add_live_options(CLI::App& command, Live& live);

// `route` and what it asks about, spelled so that a path may hold it.
std::string path_of(std::string_view route, std::string_view name);

using Parameters = std::vector<std::pair<std::string, std::string>>;

// "?name=value&…" of those that have a value, spelled so that a query may hold them.
std::string query_of(const Parameters& parameters);

// `ask` with what the options add: the type of answer, the token, who asks. Throws config::ConfigError where no address
// can be found, admin::Unreachable where nobody answers.
admin::Reply ask(const Live& live, admin::Ask ask, std::chrono::nanoseconds deadline);

// The same of an answer without an end: 200 and nothing when it was one, each piece told as it comes, until it ends or
// `piece` answers false.
admin::Reply ask_stream(const Live& live, admin::Ask ask, const std::function<bool(std::string_view piece)>& piece);

// What went wrong, as the engine says it.
std::string error_of(const admin::Reply& reply);

// Prints an answer whose status is one of those that belong to what was asked; any other goes to standard error.
ExitCode show(const admin::Reply& reply, const Console& console);

// Asks for a change and prints its receipt; `doing` is what a terminal shows until it is there.
ExitCode change(const Live& live, const std::string& path, const std::string& doing, const Console& console);

} // namespace millrace::cli
