// What became of each change of a running engine, and the rules as they were.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include "engine/cli/command.hpp"
#include "engine/cli/live.hpp"
#include "engine/runtime/rules_files.hpp"

namespace millrace::cli {
namespace {

constexpr std::chrono::seconds kDeadline{30};

struct Options {
  Live live;
  std::size_t limit = 20;
  std::string id;
  std::string hash;
  std::string folder;
};

ExitCode history(const Options& options, const Console& console) {
  const std::string path =
      options.id.empty() ? fmt::format("/history?limit={}", options.limit) : path_of("/history/", options.id);
  return show(ask(options.live, {.path = path}, kDeadline), console);
}

// The folder that all of them are in or below; a file's name without it says where it belongs.
std::filesystem::path common_folder(const runtime::RulesFiles& files) {
  std::filesystem::path common = std::filesystem::path(files.front().name).lexically_normal().parent_path();
  for (const runtime::RulesFile& file : files) {
    const std::filesystem::path path = std::filesystem::path(file.name).lexically_normal();
    while (!common.empty() && path.lexically_relative(common).string().starts_with("..")) {
      common = common.parent_path() == common ? std::filesystem::path() : common.parent_path();
    }
  }
  return common;
}

void write(const runtime::RulesFiles& files, const std::filesystem::path& folder, const Console& console) {
  const std::filesystem::path common = common_folder(files);
  for (const runtime::RulesFile& file : files) {
    const std::filesystem::path path =
        folder / (common.empty() ? std::filesystem::path(file.name).lexically_normal().relative_path()
                                 : std::filesystem::path(file.name).lexically_normal().lexically_relative(common));
    std::filesystem::create_directories(path.parent_path());
    std::ofstream out(path, std::ios::binary);
    out << file.bytes;
    if (!out.flush()) {
      throw UsageError(fmt::format("{} cannot be written; name another folder with --out", path.string()));
    }
    console.out << path.string() << "\n";
  }
}

ExitCode show_rules(const Options& options, const Console& console) {
  const admin::Reply reply = ask(options.live, {.path = path_of("/rules/", options.hash)}, kDeadline);
  const std::optional<runtime::RulesFiles> files =
      reply.status == 200 && !options.live.json() ? runtime::rules_files_of(reply.body) : std::nullopt;
  if (!files || files->empty()) {
    return show(reply, console);
  }
  if (!options.folder.empty()) {
    write(*files, options.folder, console);
    return ExitCode::kOk;
  }
  for (const runtime::RulesFile& file : *files) {
    console.out << fmt::format("{}==> {} <==\n{}", &file == &files->front() ? "" : "\n", file.name, file.bytes);
  }
  return ExitCode::kOk;
}

} // namespace

void add_history(CLI::App& app, Chosen& chosen) {
  CLI::App* const command =
      app.add_subcommand("history", "What became of each change of the running engine, the latest first");
  const auto options = std::make_shared<Options>();
  add_live_options(*command, options->live);
  command->add_option("ID", options->id, "One receipt, whole, as JSON")->check(not_empty());
  command->add_option("--limit", options->limit, "How many")->check(CLI::Range(1, 1'000))->capture_default_str();
  command->footer(
      "Example: millrace history --limit 5\n"
      "         millrace history 20261123T131415.123456Z-9f3c00 | jq");
  command->callback(
      [&chosen, options] { chosen = [options](const Console& console) { return history(*options, console); }; });
}

void add_show(CLI::App& app, Chosen& chosen) {
  CLI::App* const command =
      app.add_subcommand("show", "The files of a ruleset that was active in the running engine, as they were");
  const auto options = std::make_shared<Options>();
  add_live_options(*command, options->live);
  command->add_option("HASH", options->hash, "Its hash, or a beginning of it; `millrace history` names them")
      ->check(not_empty())
      ->required();
  command->add_option("--out", options->folder, "Write the files into this folder instead of printing them")
      ->type_name("FOLDER");
  command->footer(
      "Example: millrace show 5f3c91aa\n"
      "         millrace show 5f3c91aa --out before && diff -r before rules");
  command->callback(
      [&chosen, options] { chosen = [options](const Console& console) { return show_rules(*options, console); }; });
}

} // namespace millrace::cli
