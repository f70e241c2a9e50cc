#include "engine/config/config.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "engine/config/fields.hpp"
#include "engine/config/nearest.hpp"
#include "engine/config/reader.hpp"
#include "engine/modules/validate.hpp"

namespace millrace::config {
namespace {

constexpr std::string_view kOff = "off";
constexpr std::string_view kPluginKey = "plugin";
constexpr std::string_view kInvalidKey = "invalid";
constexpr std::string_view kRefuse = "refuse";

const std::vector<std::string>& sections() {
  static const std::vector<std::string> known{"engine", "pipeline"};
  return known;
}

const std::vector<std::string>& kinds() {
  static const std::vector<std::string> known{"source", "router", "sink"};
  return known;
}

// Values by name out of a table that was read with `fields`; a name that is not declared is a mistake here.
class Settings {
 public:
  Settings(const Values& values, std::span<const mr_field> fields) : values_(values), fields_(fields) {}

  const mr_value& operator[](std::string_view name) const {
    const auto at =
        std::find_if(fields_.begin(), fields_.end(), [&](const mr_field& field) { return field.name == name; });
    if (at == fields_.end()) {
      throw std::logic_error(fmt::format("the setting '{}' is not declared", name));
    }
    return values_.root.items[at - fields_.begin()];
  }
  std::string_view text(std::string_view name) const {
    const mr_str found = (*this)[name].text;
    return found.data == nullptr ? std::string_view{} : std::string_view(found.data, found.size);
  }
  std::chrono::nanoseconds duration(std::string_view name) const {
    return std::chrono::nanoseconds((*this)[name].integer);
  }
  std::vector<std::filesystem::path> paths(std::string_view name) const {
    const mr_value& list = (*this)[name];
    std::vector<std::filesystem::path> out;
    for (const mr_value& path : std::span(list.items, list.item_count)) {
      if (path.type == MR_STRING) {
        out.emplace_back(std::string(path.text.data, path.text.size));
      }
    }
    return out;
  }
  std::uint64_t bytes(std::string_view name) const { return static_cast<std::uint64_t>((*this)[name].integer); }
  std::uint32_t count(std::string_view name) const { return static_cast<std::uint32_t>((*this)[name].integer); }

 private:
  const Values& values_;
  std::span<const mr_field> fields_;
};

LogLevel log_level(std::string_view word) {
  return word == "debug"   ? LogLevel::kDebug
         : word == "warn"  ? LogLevel::kWarn
         : word == "error" ? LogLevel::kError
                           : LogLevel::kInfo;
}

std::string read_file(const std::filesystem::path& file) {
  std::error_code ignored;
  errno = std::filesystem::is_directory(file, ignored) ? EISDIR : 0;
  std::ifstream in;
  if (errno == 0) {
    in.open(file, std::ios::binary);
  }
  if (!in.is_open()) {
    Problems problems;
    problems.add({file.string(), 0, 0},
                 fmt::format("cannot be read: {}; name another file with --config", std::strerror(errno)));
    throw ConfigError(problems);
  }
  return {std::istreambuf_iterator<char>(in), {}};
}

bool is_name(std::string_view name) {
  return !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
                              std::string_view::npos;
}

bool before(const toml::key& left, const toml::key& right) { return left.source().begin < right.source().begin; }

// The entries of a table in the order of the file; TOML's own order is that of the names.
std::vector<std::pair<const toml::key*, const toml::node*>> in_file_order(const toml::table& table) {
  std::vector<std::pair<const toml::key*, const toml::node*>> out;
  for (const auto& [key, node] : table) {
    out.emplace_back(&key, &node);
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& left, const auto& right) { return before(*left.first, *right.first); });
  return out;
}

// Reads the pipelines of one document; what every step needs travels along.
class PipelineReader {
 public:
  PipelineReader(const Reader& reader, const modules::Catalogue& catalogue, Problems& problems)
      : reader_(reader), catalogue_(catalogue), problems_(problems) {}

  std::optional<Pipeline> read(const toml::key& key, const toml::node& node) {
    const std::string who = fmt::format("pipeline '{}'", key.str());
    const toml::table* const table = node.as_table();
    if (table == nullptr || !is_name(key.str())) {
      reader_.problem(key.source(), table == nullptr
                                        ? fmt::format("{} must be a table: [pipeline.{}]", who, key.str())
                                        : fmt::format("{}: a name is made of letters, digits, _ and -", who));
      return std::nullopt;
    }
    const std::size_t problems_before = problems_.all().size();
    Pipeline pipeline = settings(*reader_.table(*table, pipeline_fields(), who, kinds()));
    pipeline.name = key.str();
    pipeline.place = reader_.place(key.source());
    std::vector<Instance> sources = instances(*table, key, MR_SOURCE);
    std::vector<Instance> routers = instances(*table, key, MR_ROUTER);
    pipeline.sinks = instances(*table, key, MR_SINK);
    if (problems_.all().size() != problems_before) {
      return std::nullopt;
    }
    pipeline.source = std::move(sources.front());
    if (pipeline.refuse_invalid && reads_a_log(pipeline.source.plugin)) {
      reader_.problem(table->get(kInvalidKey)->source(),
                      fmt::format("{}: '{}' is \"{}\", but {} reads a log: nobody waits for an answer, and what is "
                                  "refused would be lost; leave it at \"dead_letter\"",
                                  who, kInvalidKey, kRefuse, pipeline.source.label()));
      return std::nullopt;
    }
    pipeline.router = std::move(routers.front());
    return pipeline;
  }

 private:
  // What it hands in stands somewhere, and nobody waits for an answer.
  static bool reads_a_log(const modules::Plugin& source) { return (source.table->flags & MR_REPLAYS) != 0; }

  static Pipeline settings(const Values& values) {
    const Settings found(values, pipeline_fields());
    Pipeline pipeline;
    pipeline.workers = found.count("workers");
    pipeline.delivery_events = found.bytes("delivery_events");
    pipeline.delivery_bytes = found.bytes("delivery_bytes");
    pipeline.retry_first = found.duration("retry_first");
    pipeline.retry_most = found.duration("retry_most");
    pipeline.targets = found.count("targets");
    pipeline.refuse_invalid = found.text(kInvalidKey) == kRefuse;
    return pipeline;
  }

  std::vector<Instance> instances(const toml::table& pipeline, const toml::key& name, std::uint32_t kind) {
    const std::string_view word = modules::kind_word(kind);
    const toml::node* const node = pipeline.get(word);
    const toml::table* const table = node == nullptr ? nullptr : node->as_table();
    if (table == nullptr || table->empty()) {
      reader_.problem(node == nullptr ? name.source() : node->source(),
                      fmt::format("pipeline '{}' has no {}; write {}.NAME = {{ … }} with one of: {}", name.str(), word,
                                  word, fmt::join(catalogue_.names(kind), ", ")));
      return {};
    }
    std::vector<Instance> out;
    for (const auto& [key, instance_node] : in_file_order(*table)) {
      if (kind != MR_SINK && !out.empty()) {
        reader_.problem(
            key->source(),
            fmt::format("pipeline '{}' has a second {} '{}'; a pipeline has one, make another pipeline for it",
                        name.str(), word, key->str()));
        continue;
      }
      out.push_back(instance(*key, *instance_node, kind, std::string(name.str())));
    }
    return out;
  }

  Instance instance(const toml::key& key, const toml::node& node, std::uint32_t kind, const std::string& pipeline) {
    Instance out;
    out.kind = kind;
    out.name = key.str();
    out.place = reader_.place(key.source());
    const std::string who = fmt::format("{} of pipeline '{}'", out.label(), pipeline);
    const toml::table* const table = node.as_table();
    if (table == nullptr || !is_name(key.str())) {
      reader_.problem(key.source(), table == nullptr
                                        ? fmt::format("{} must be a table: {} = {{ … }}", who, out.label())
                                        : fmt::format("{}: a name is made of letters, digits, _ and -", who));
      return out;
    }
    const modules::Plugin* const plugin = plugin_of(key, *table, kind, who);
    if (plugin == nullptr) {
      return out;
    }
    out.plugin = *plugin;
    static const std::vector<std::string> besides{std::string(kPluginKey)};
    out.values = reader_.table(*table, std::span(plugin->table->fields, plugin->table->field_count), who, besides);
    return out;
  }

  // The plugin that an instance names, or that is called like it.
  const modules::Plugin* plugin_of(const toml::key& key, const toml::table& table, std::uint32_t kind,
                                   const std::string& who) {
    std::string name(key.str());
    toml::source_region at = key.source();
    if (const toml::node* given = table.get(kPluginKey)) {
      at = given->source();
      if (!given->is_string()) {
        reader_.problem(at, fmt::format("{}: 'plugin' must be the name of a plugin in quotes", who));
        return nullptr;
      }
      name = given->as_string()->get();
    }
    const modules::Plugin* const found = catalogue_.find(kind, name);
    if (found == nullptr) {
      no_plugin(at, kind, name, who);
    }
    return found;
  }

  void no_plugin(const toml::source_region& at, std::uint32_t kind, const std::string& name, const std::string& who) {
    const std::vector<std::string> known = catalogue_.names(kind);
    std::string text = fmt::format("{}: there is no {} plugin '{}'{} Known: {}", who, modules::kind_word(kind), name,
                                   did_you_mean(name, known),
                                   known.empty() ? std::string("none") : fmt::format("{}", fmt::join(known, ", ")));
    if (!refusals_told_) { // they hold for whatever else is missing too
      for (const modules::Refusal& refusal : catalogue_.refused()) {
        text += fmt::format("\n  refused: {}", refusal.text);
      }
    }
    refusals_told_ = true;
    const bool refused = !catalogue_.refused().empty();
    problems_.add(reader_.place(at), std::move(text), refused ? Problem::Kind::kPlugin : Problem::Kind::kConfiguration);
  }

  const Reader& reader_;
  const modules::Catalogue& catalogue_;
  Problems& problems_;
  bool refusals_told_ = false;
};

} // namespace

struct Document::Tree {
  toml::table table;
};

Document::Document(std::filesystem::path file, std::unique_ptr<Tree> tree, Variables variables)
    : file_(std::move(file)), tree_(std::move(tree)), variables_(std::move(variables)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Document Document::read(const std::filesystem::path& file, Variables variables) {
  return parse(file, read_file(file), std::move(variables));
}

Document Document::parse(const std::filesystem::path& file, const std::string& text, Variables variables) {
  try {
    auto tree = std::make_unique<Tree>(Tree{toml::parse(text, file.string())});
    return {file, std::move(tree), std::move(variables)};
  } catch (const toml::parse_error& error) {
    const auto& at = error.source().begin;
    Problems problems;
    problems.add({file.string(), static_cast<std::uint32_t>(at.line), static_cast<std::uint32_t>(at.column)},
                 fmt::format("this is no TOML: {}", error.description()));
    throw ConfigError(problems);
  }
}

Engine Document::engine(Problems& problems) const {
  const Reader reader(file_, variables_, problems);
  for (const auto& [key, node] : tree_->table) {
    if (std::find(sections().begin(), sections().end(), key.str()) == sections().end()) {
      reader.unknown_key(key, "the file", sections());
    }
  }
  const toml::node* const node = tree_->table.get("engine");
  const toml::table* table = node == nullptr ? nullptr : node->as_table();
  if (node != nullptr && table == nullptr) {
    reader.problem(node->source(), "'engine' must be a table: [engine]");
  }
  static const toml::table kNone;
  table = table == nullptr ? &kNone : table;
  const std::shared_ptr<const Values> values = reader.table(*table, engine_fields(), "[engine]", {});
  const Settings found(*values, engine_fields());
  Engine engine;
  if (const std::string_view admin = found.text("admin"); admin != kOff) {
    engine.admin = parse_address(admin);
    if (!engine.admin && !admin.empty()) {
      reader.problem(table->get("admin")->source(),
                     "[engine]: 'admin' must be an address and a port like \"127.0.0.1:8686\", or \"off\"");
    }
  }
  engine.admin_token = found.text("admin_token");
  if (engine.admin && !engine.admin->is_loopback() && engine.admin_token.empty()) {
    reader.problem(
        table->get("admin")->source(),
        fmt::format("[engine]: 'admin' is {}, which others can reach, and whoever does can change the rules; "
                    "set `admin_token`, or an address like 127.0.0.1:8686",
                    engine.admin->text()));
  }
  const auto place_of = [&](const char* name) {
    return table->get(name) == nullptr ? Place{file_.string(), 0, 0} : reader.place(table->get(name)->source());
  };
  engine.plugins = found.paths("plugins");
  engine.plugins_at = place_of("plugins");
  engine.watch = found.paths("watch");
  engine.watch_at = place_of("watch");
  engine.watch_quiet = found.duration("watch_quiet");
  engine.memory_bytes = found.bytes("memory");
  engine.state = std::string(found.text("state"));
  engine.start_with = found.text("start_with") == "last" ? StartWith::kLast : StartWith::kFiles;
  engine.log_level = log_level(found.text("log_level"));
  engine.log_format = found.text("log_format") == "json" ? LogFormat::kJson : LogFormat::kText;
  engine.stop_deadline = found.duration("stop_deadline");
  engine.write_deadline = found.duration("write_deadline");
  engine.revoke_deadline = found.duration("revoke_deadline");
  engine.check_deadline = found.duration("check_deadline");
  return engine;
}

std::vector<Pipeline> Document::pipelines(const modules::Catalogue& catalogue, Problems& problems) const {
  const Reader reader(file_, variables_, problems);
  const toml::node* const node = tree_->table.get("pipeline");
  const toml::table* const table = node == nullptr ? nullptr : node->as_table();
  if (table == nullptr || table->empty()) {
    problems.add(node == nullptr ? Place{file_.string(), 0, 0} : reader.place(node->source()),
                 "there is no pipeline; write [pipeline.NAME] with a source, a router and a sink");
    return {};
  }
  PipelineReader pipelines(reader, catalogue, problems);
  std::vector<Pipeline> out;
  for (const auto& [key, pipeline_node] : in_file_order(*table)) {
    if (auto pipeline = pipelines.read(*key, *pipeline_node)) {
      out.push_back(std::move(*pipeline));
    }
  }
  return out;
}

std::string Instance::label() const { return fmt::format("{}.{}", modules::kind_word(kind), name); }

bool Engine::operator==(const Engine& other) const {
  const auto key = [](const Engine& e) {
    return std::tie(e.admin, e.admin_token, e.plugins, e.state, e.start_with, e.watch, e.watch_quiet, e.memory_bytes,
                    e.log_level, e.log_format, e.stop_deadline, e.write_deadline, e.revoke_deadline, e.check_deadline);
  };
  return key(*this) == key(other);
}

bool Instance::operator==(const Instance& other) const {
  return kind == other.kind && name == other.name && plugin.table == other.plugin.table &&
         same(values->root, other.values->root);
}

bool Pipeline::operator==(const Pipeline& other) const {
  const auto key = [](const Pipeline& p) {
    return std::tie(p.name, p.workers, p.delivery_events, p.delivery_bytes, p.retry_first, p.retry_most, p.targets,
                    p.refuse_invalid, p.source, p.router, p.sinks);
  };
  return key(*this) == key(other);
}

Instance instance_of(const modules::Plugin& plugin, const std::string& from, const std::string& settings) {
  Problems problems;
  const Variables variables = process_variable;
  const Reader reader(from, variables, problems);
  Instance out{plugin.table->kind, plugin.table->name, plugin, nullptr, {from, 0, 0}};
  out.values = reader.table(toml::parse(settings, from), std::span(plugin.table->fields, plugin.table->field_count),
                            out.label(), {});
  if (!problems.empty()) {
    throw ConfigError(problems);
  }
  return out;
}

Config load(const std::filesystem::path& file, const std::filesystem::path& executable, Variables variables,
            const Choose& choose) {
  const Document document = Document::read(file, std::move(variables));
  Problems problems;
  Config config{file, document.engine(problems), {}, {}};
  const bool configured = !config.engine.plugins.empty();
  config.catalogue =
      modules::Catalogue::load(configured ? config.engine.plugins : modules::default_folders(executable));
  for (const modules::Refusal& refusal : config.catalogue.refused()) {
    if (refusal.folder && configured) {
      problems.add(config.engine.plugins_at, refusal.text, Problem::Kind::kPlugin);
    }
  }
  if (choose != nullptr) {
    choose(config.catalogue);
  }
  config.pipelines = document.pipelines(config.catalogue, problems);
  if (!problems.empty()) {
    throw ConfigError(problems);
  }
  return config;
}

} // namespace millrace::config
