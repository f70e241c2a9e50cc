// Records in an outside system: asked of an instance of a sink's plugin that was created for this and never runs.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "engine/config/config.hpp"
#include "engine/host/instance_host.hpp"
#include "engine/modules/instance.hpp"
#include "engine/records/records.hpp"

struct mr_plugin_records;

namespace millrace::records {

class Outside final : public Records {
 public:
  // Whether the plugin keeps records.
  static bool can(const config::Instance& sink);

  // Each call may take `patience`; then the instance is interrupted. `services` outlive it. Throws
  // modules::CreateError.
  Outside(const config::Instance& sink, const std::string& pipeline, const host::Services& services,
          std::chrono::nanoseconds patience);
  ~Outside() override;

  // [any] The same system as that sink is configured now. Throws modules::CreateError; then it asks as before.
  void point_at(const config::Instance& sink);

  // "sink.postgres of pipeline 'load'"
  static std::string name_of(const config::Instance& sink, const std::string& pipeline);
  std::string name() const override { return name_; }
  void write(std::span<const Record> records) override;
  bool put_new(const Record& record) override;
  using Records::forget;
  void forget(std::span<const Name> names) override;
  std::vector<Record> newest(std::string_view scope, std::string_view kind, std::size_t limit) override;
  std::vector<Record> names(std::string_view scope, std::string_view kind, std::size_t limit) override;
  std::optional<Record> get(std::string_view scope, std::string_view kind, std::string_view key) override;

 private:
  using Call = std::function<mr_status(const mr_plugin_records& calls, std::int64_t deadline_ns, mr_error& error)>;

  // True: MR_OK; false: MR_REJECTED. Throws Unavailable for everything else.
  bool ask(const char* call, const Call& make);
  std::vector<Record> read(std::string_view scope, std::string_view kind, mr_str key, std::size_t limit, bool whole);

  const std::string name_;
  const std::string pipeline_;
  const host::Services services_;
  const std::chrono::nanoseconds patience_;
  std::timed_mutex one_at_a_time_;               // [serial]; guards what follows
  std::shared_ptr<const config::Values> values_; // the plugin may keep views into them
  std::unique_ptr<host::InstanceHost> host_;
  std::unique_ptr<modules::Instance> instance_;
};

} // namespace millrace::records
