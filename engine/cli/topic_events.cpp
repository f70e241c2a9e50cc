#include "engine/cli/topic_events.hpp"

#include <fmt/format.h>
#include <millrace/ext/draft/sample.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <filesystem>
#include <string_view>

#include "dsl/diagnostic/json.hpp"
#include "engine/cli/plugin_folders.hpp"
#include "engine/cli/rehearsal.hpp"
#include "engine/config/config.hpp"
#include "engine/host/clock.hpp"
#include "engine/host/log.hpp"
#include "engine/host/metrics.hpp"

namespace millrace::cli {
namespace {

constexpr std::string_view kScheme = "kafka:";
constexpr std::string_view kPlugin = "kafka";
constexpr std::chrono::seconds kPatience{10}; // where no configuration says another one
constexpr unsigned kOffsetBits = 48;

// A source that can be asked, and how long it may be silent.
struct Readable {
  config::Instance instance;
  std::chrono::nanoseconds patience{kPatience};
};

bool has_sample(const modules::Plugin& plugin) { return plugin.table->extension(MR_SAMPLE) != nullptr; }

// A TOML text, which of plain ones is written as JSON is.
std::string toml_of(const TopicOptions& options) {
  std::string settings;
  for (const std::string& property : options.properties) {
    const std::size_t equals = property.find('=');
    if (equals == 0 || equals == std::string::npos) {
      throw UsageError(fmt::format("--kafka-property: '{}' is not NAME=VALUE, as security.protocol=ssl", property));
    }
    settings += fmt::format("{}{} = {}", settings.empty() ? "" : ", ", dsl::json_text(property.substr(0, equals)),
                            dsl::json_text(property.substr(equals + 1)));
  }
  return fmt::format("brokers = {}\ngroup = \"none\"\nsettings = {{ {} }}\n", dsl::json_text(options.brokers),
                     settings);
}

Readable from_options(const TopicOptions& options, const Console& console) {
  const bool configured = std::filesystem::exists(options.config);
  const modules::Catalogue catalogue = load_plugins({{}, configured ? options.config : ""}, console);
  const modules::Plugin* const plugin = catalogue.find(MR_SOURCE, std::string(kPlugin));
  if (plugin == nullptr || !has_sample(*plugin)) {
    throw UsageError("there is no plugin that reads topics: `millrace plugins list` says which ones there are");
  }
  return {config::instance_of(*plugin, "the command line", toml_of(options))};
}

Readable from_configuration(const std::string& topic, const TopicOptions& options, const Console& console) {
  if (!std::filesystem::exists(options.config)) {
    throw UsageError(fmt::format(
        "kafka:{}: name the cluster with --brokers HOST:PORT, or with --config a file that has a source of it; '{}' is "
        "not there",
        topic, options.config));
  }
  const config::Config config = config::load(options.config, console.executable);
  std::vector<const config::Pipeline*> found;
  for (const config::Pipeline& pipeline : config.pipelines) {
    const bool wanted = options.pipeline.empty() || pipeline.name == options.pipeline;
    if (wanted && pipeline.source.plugin.table->name == kPlugin && has_sample(pipeline.source.plugin)) {
      found.push_back(&pipeline);
    }
  }
  if (found.empty()) {
    throw UsageError(fmt::format("{}: no pipeline{} has a source {}; name the cluster with --brokers HOST:PORT",
                                 options.config, options.pipeline.empty() ? "" : " '" + options.pipeline + "'",
                                 kPlugin));
  }
  const bool one_cluster = std::ranges::all_of(
      found, [&](const config::Pipeline* pipeline) { return pipeline->source == found.front()->source; });
  if (!one_cluster) {
    std::vector<std::string> names;
    for (const config::Pipeline* pipeline : found) {
      names.push_back(pipeline->name);
    }
    throw UsageError(fmt::format("{}: several pipelines have a source {}, name one with --pipeline: {}", options.config,
                                 kPlugin, fmt::join(names, ", ")));
  }
  return {found.front()->source, config.engine.check_deadline};
}

// What goes wrong in there must not pass through the plugin.
struct Receiver {
  const std::function<void(const mr_event&)>& each;
  std::exception_ptr failed = {};

  static std::uint32_t add(void* context, const mr_event* event) {
    auto& self = *static_cast<Receiver*>(context);
    try {
      self.each(*event);
      return 1;
    } catch (...) {
      self.failed = std::current_exception();
      return 0;
    }
  }
};

} // namespace

std::optional<std::string> topic_of(const std::string& name) {
  if (!name.starts_with(kScheme) || std::filesystem::exists(name)) {
    return std::nullopt;
  }
  return name.substr(kScheme.size());
}

void for_each_record(const std::string& topic, std::uint64_t limit, const TopicOptions& options, const Console& console,
                     const std::function<void(const mr_event&)>& each) {
  const Readable source =
      options.brokers.empty() ? from_configuration(topic, options, console) : from_options(options, console);
  const host::SystemClock clock;
  host::Log log(clock, host::LogForm::kText, MR_LOG_ERROR,
                [&console](std::uint32_t, std::string_view line) { console.err << line << "\n"; });
  host::Metrics metrics;
  host::Streams streams;
  std::vector<host::Diagnostic> ignored;
  const Rehearsed reader(source.instance, "sample", 0, {clock, log, metrics}, {nullptr, nullptr, &streams}, ignored);
  Receiver receiver{each};
  const mr_samples samples{&receiver, Receiver::add};
  mr_error error{};
  const auto* const calls = reader.instance().extension<mr_source_sample>(MR_SAMPLE);
  const mr_status status = calls->sample(reader.instance().self(), {topic.data(), topic.size()}, limit,
                                         source.patience.count(), &samples, &error);
  if (receiver.failed) {
    std::rethrow_exception(receiver.failed);
  }
  const modules::Answer answer = modules::checked(reader.instance().who(), "sample", status, error,
                                                  {MR_TRANSIENT, MR_REJECTED, MR_INVALID, MR_FATAL});
  const std::string why = fmt::format("{}{}: {}", kScheme, topic, reader.host().masked(answer.text));
  if (answer.status == MR_TRANSIENT) {
    throw Unreachable(why);
  }
  if (answer.status == MR_REJECTED || answer.status == MR_INVALID) {
    throw UsageError(why);
  }
  if (!answer.ok()) {
    throw modules::CreateError(why, answer);
  }
}

std::size_t number_of(const mr_event& record) {
  return (static_cast<std::size_t>(record.origin->partition) << kOffsetBits) | record.position;
}
std::int32_t partition_of(std::size_t number) { return static_cast<std::int32_t>(number >> kOffsetBits); }
std::uint64_t offset_of(std::size_t number) { return number & ((std::uint64_t{1} << kOffsetBits) - 1); }

} // namespace millrace::cli
