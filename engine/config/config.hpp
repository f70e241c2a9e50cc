// The configuration of a whole engine: read from TOML, checked against what engine and plugins declare, typed.
//
//   Problems problems;
//   const Document document = Document::read("millrace.toml");
//   const Engine engine = document.engine(problems);
//   const auto pipelines = document.pipelines(Catalogue::load(engine.plugins), problems);
//   if (!problems.empty()) throw ConfigError(problems);
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/config/address.hpp"
#include "engine/config/expand.hpp"
#include "engine/config/problem.hpp"
#include "engine/config/value.hpp"
#include "engine/modules/catalogue.hpp"

namespace millrace::config {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };
enum class StartWith : std::uint8_t { kFiles, kLast };
enum class LogFormat : std::uint8_t { kText, kJson };

struct Engine {
  std::optional<Address> admin;               // nothing: off
  std::string admin_token;                    // empty: none is asked for
  std::vector<std::filesystem::path> plugins; // empty: the default folders
  Place plugins_at;                           // of the setting `plugins`
  std::filesystem::path state;                // empty: not given
  StartWith start_with = StartWith::kFiles;
  std::vector<std::filesystem::path> watch; // folders
  Place watch_at;
  std::chrono::nanoseconds watch_quiet{};
  std::uint64_t memory_bytes = 0;
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kText;
  std::chrono::nanoseconds stop_deadline{};
  std::chrono::nanoseconds write_deadline{};
  std::chrono::nanoseconds revoke_deadline{};
  std::chrono::nanoseconds check_deadline{};

  bool operator==(const Engine& other) const;
};

// One source, router or sink as configured; each worker makes its own instance of it.
struct Instance {
  std::uint32_t kind = 0; // MR_SOURCE, MR_ROUTER, MR_SINK
  std::string name;       // the key behind `source.`, `router.` or `sink.`
  modules::Plugin plugin;
  std::shared_ptr<const Values> values; // shared by the instances of all workers, read only
  Place place;

  std::string label() const;                    // "sink.events"
  bool operator==(const Instance& other) const; // same plugin, same values: what a reload leaves running
};

struct Pipeline {
  std::string name;
  Place place;
  std::uint32_t workers = 1;
  std::uint64_t delivery_events = 0;
  std::uint64_t delivery_bytes = 0;
  std::chrono::nanoseconds retry_first{};
  std::chrono::nanoseconds retry_most{};
  std::uint32_t targets = 0;
  bool refuse_invalid = false; // what the router rejects has no dead letter: whoever sent it is told
  Instance source;
  Instance router;
  std::vector<Instance> sinks; // in the order of the file

  bool operator==(const Pipeline& other) const;
};

class Document {
 public:
  // Throws ConfigError when the file cannot be read or is no TOML.
  static Document read(const std::filesystem::path& file, Variables variables = process_variable);
  static Document parse(const std::filesystem::path& file, const std::string& text,
                        Variables variables = process_variable);

  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  const std::filesystem::path& file() const { return file_; }

  // What is wrong is added to `problems`; the answer is whole either way, with defaults in place of what is wrong.
  Engine engine(Problems& problems) const;
  // Pipelines in the order of the file. One with a problem in its source, router or sinks is left out.
  std::vector<Pipeline> pipelines(const modules::Catalogue& catalogue, Problems& problems) const;

 private:
  struct Tree;
  Document(std::filesystem::path file, std::unique_ptr<Tree> tree, Variables variables);

  std::filesystem::path file_;
  std::unique_ptr<Tree> tree_;
  Variables variables_;
};

struct Config {
  std::filesystem::path file;
  Engine engine;
  modules::Catalogue catalogue;
  std::vector<Pipeline> pipelines;
};

// An instance that stands in no configuration: `settings` is the TOML of its table, `from` how messages call that.
// Throws ConfigError, and toml::parse_error for what is no TOML.
Instance instance_of(const modules::Plugin& plugin, const std::string& from, const std::string& settings);

// Has a say in which plugins those of the folders are.
using Choose = std::function<void(modules::Catalogue& catalogue)>;

// All of it in one call. `executable` is where plugin folders are looked for when none is configured. Throws
// ConfigError with every problem of the file; a configured plugin folder that cannot be used is one.
Config load(const std::filesystem::path& file, const std::filesystem::path& executable,
            Variables variables = process_variable, const Choose& choose = nullptr);

} // namespace millrace::config
