// The engine's log: an event sentence plus fields, as a line of text or of JSON, with a limit on how often one sentence
// is said.
#pragma once

#include <millrace/plugin.h>

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/host/clock.hpp"

namespace millrace::host {

enum class LogForm : std::uint8_t { kText, kJson };

struct LogField {
  std::string_view key;
  std::string_view value;
};

// Who says it. Empty parts are left out.
struct LogSource {
  std::string_view worker;   // "ingest/0"; its pipeline is what stands before the slash
  std::string_view instance; // "sink.events"
};

class Log {
 public:
  // Takes one finished line without its line end; called under a lock, so one at a time.
  using Out = std::function<void(std::uint32_t level, std::string_view line)>;

  // To standard error through spdlog.
  Log(const Clock& clock, LogForm form, std::uint32_t least_level);
  Log(const Clock& clock, LogForm form, std::uint32_t least_level, Out out);

  // [any] level: MR_LOG_*. Of one sentence from one source ten are written in ten seconds; the next one that is says
  // how many were left out. So the sentence must be the same each time, and what differs belongs into fields.
  void write(std::uint32_t level, const LogSource& source, std::string_view sentence, std::span<const LogField> fields);
  void write(std::uint32_t level, const LogSource& source, std::string_view sentence,
             std::initializer_list<LogField> fields = {}) {
    write(level, source, sentence, std::span(fields.begin(), fields.size()));
  }
  void info(std::string_view sentence, std::initializer_list<LogField> fields = {}) {
    write(MR_LOG_INFO, {}, sentence, fields);
  }
  void warn(std::string_view sentence, std::initializer_list<LogField> fields = {}) {
    write(MR_LOG_WARN, {}, sentence, fields);
  }
  void error(std::string_view sentence, std::initializer_list<LogField> fields = {}) {
    write(MR_LOG_ERROR, {}, sentence, fields);
  }

  // [any] What the pipeline runs from now on: its lines, and those of its workers, say it in the field `ruleset`,
  // unless they have one themselves. Empty: they say nothing.
  void set_ruleset(std::string_view pipeline, std::string_view hash);
  // [any] For a reload.
  void set_least_level(std::uint32_t level);

 private:
  struct Said {
    std::int64_t since_ns = 0;
    std::uint32_t written = 0;
    std::uint64_t left_out = 0;
  };

  std::mutex mutex_;
  const Clock& clock_;
  LogForm form_;
  std::uint32_t least_level_;
  Out out_;
  std::map<std::string, Said, std::less<>> said_;
  std::map<std::string, std::string, std::less<>> rulesets_; // by pipeline, shortened
};

} // namespace millrace::host
