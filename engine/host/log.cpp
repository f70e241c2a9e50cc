#include "engine/host/log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "engine/host/json.hpp"
#include "engine/host/short_hash.hpp"

namespace millrace::host {
namespace {

constexpr std::int64_t kWindow_ns = 10'000'000'000;
constexpr std::uint32_t kPerWindow = 10;
constexpr std::size_t kMostSentences = 4096;

std::string_view level_word(std::uint32_t level) {
  switch (level) {
    case MR_LOG_DEBUG:
      return "debug";
    case MR_LOG_INFO:
      return "info";
    case MR_LOG_WARN:
      return "warn";
    default:
      return "error";
  }
}

std::string time_text(std::int64_t time_us) {
  const std::time_t seconds = static_cast<std::time_t>(time_us / 1'000'000);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), time_us / 1000 % 1000);
}

bool plain(std::string_view value) {
  return !value.empty() && value.find_first_of(" \"\\=") == std::string_view::npos &&
         std::all_of(value.begin(), value.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

std::string without_line_ends(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    out += static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f ? ' ' : letter;
  }
  return out;
}

std::string_view pipeline_of(const LogSource& source) { return source.worker.substr(0, source.worker.find('/')); }

struct Line {
  std::uint32_t level;
  std::int64_t time_us;
  const LogSource& source;
  std::string_view sentence;
  std::span<const LogField> fields;
  std::uint64_t left_out;
};

std::string as_text(const Line& line) {
  std::string out = fmt::format("{} {:<5} ", time_text(line.time_us), level_word(line.level));
  for (const std::string_view part : {line.source.worker, line.source.instance}) {
    out += part.empty() ? "" : fmt::format("{} ", part);
  }
  out += without_line_ends(line.sentence);
  for (const LogField& field : line.fields) {
    out += fmt::format(" {}={}", field.key, plain(field.value) ? std::string(field.value) : json_text(field.value));
  }
  if (line.left_out > 0) {
    out += fmt::format(" left_out={}", line.left_out);
  }
  return out;
}

std::string as_json(const Line& line) {
  JsonWriter json;
  json.begin_object().key("time").value(time_text(line.time_us)).key("level").value(level_word(line.level));
  json.key("text").value(line.sentence);
  const auto add = [&json](std::string_view key, std::string_view value) {
    if (!value.empty()) {
      json.key(key).value(value);
    }
  };
  add("pipeline", pipeline_of(line.source));
  add("worker", line.source.worker);
  add("instance", line.source.instance);
  for (const LogField& field : line.fields) {
    json.key(field.key).value(field.value);
  }
  if (line.left_out > 0) {
    json.key("left_out").value(line.left_out);
  }
  return json.end_object().text();
}

Log::Out to_standard_error() {
  auto logger = std::make_shared<spdlog::logger>("millrace", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%v");
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::trace);
  return [logger](std::uint32_t, std::string_view line) { logger->info(line); };
}

} // namespace

Log::Log(const Clock& clock, LogForm form, std::uint32_t least_level)
    : Log(clock, form, least_level, to_standard_error()) {}

Log::Log(const Clock& clock, LogForm form, std::uint32_t least_level, Out out)
    : clock_(clock), form_(form), least_level_(least_level), out_(std::move(out)) {}

void Log::set_ruleset(std::string_view pipeline, std::string_view hash) {
  const std::lock_guard lock(mutex_);
  rulesets_[std::string(pipeline)] = short_hash(hash);
}

void Log::set_least_level(std::uint32_t level) {
  const std::lock_guard lock(mutex_);
  least_level_ = level;
}

void Log::write(std::uint32_t level, const LogSource& source, std::string_view sentence,
                std::span<const LogField> fields) {
  const std::lock_guard lock(mutex_);
  if (level < least_level_) {
    return;
  }
  const std::string key = fmt::format("{}\n{}\n{}", source.worker, source.instance, sentence);
  if (said_.size() >= kMostSentences && !said_.contains(key)) {
    said_.clear(); // sentences that are never the same defeat the limit, but must not fill the memory
  }
  Said& said = said_[key];
  const std::int64_t now = clock_.now_ns();
  if (said.written == 0 || now - said.since_ns >= kWindow_ns) {
    said.since_ns = now;
    said.written = 0;
  }
  if (said.written == kPerWindow) {
    ++said.left_out;
    return;
  }
  ++said.written;
  std::vector<LogField> all(fields.begin(), fields.end());
  const auto ruleset = rulesets_.find(pipeline_of(source));
  if (ruleset != rulesets_.end() && !ruleset->second.empty() &&
      std::ranges::find(all, "ruleset", &LogField::key) == all.end()) {
    all.push_back({"ruleset", ruleset->second});
  }
  const Line line{level, clock_.time_us(), source, sentence, all, std::exchange(said.left_out, 0)};
  out_(level, form_ == LogForm::kText ? as_text(line) : as_json(line));
}

} // namespace millrace::host
