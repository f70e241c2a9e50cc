#include "engine/records/outside.hpp"

#include <fmt/format.h>
#include <millrace/ext/draft/records.h>

#include "engine/modules/text.hpp"
#include "engine/modules/watch.hpp"

namespace millrace::records {
namespace {

using modules::copy;
using modules::str;
constexpr std::chrono::seconds kGrace{1}; // a plugin that keeps its deadline is never interrupted

mr_record view_of(const Record& record) {
  return {str(record.scope), str(record.kind), str(record.key), record.time_us, str(record.bytes)};
}

} // namespace

bool Outside::can(const config::Instance& sink) { return sink.plugin.table->extension(MR_RECORDS) != nullptr; }

std::string Outside::name_of(const config::Instance& sink, const std::string& pipeline) {
  return fmt::format("{} of pipeline '{}'", sink.label(), pipeline);
}

Outside::Outside(const config::Instance& sink, const std::string& pipeline, const host::Services& services,
                 std::chrono::nanoseconds patience)
    : name_(name_of(sink, pipeline)), pipeline_(pipeline), services_(services), patience_(patience) {
  point_at(sink);
}

void Outside::point_at(const config::Instance& sink) {
  const mr_plugin& table = *sink.plugin.table;
  const std::shared_ptr<const config::Values> values = sink.values;
  auto host = std::make_unique<host::InstanceHost>(
      host::Identity{sink.kind, pipeline_, sink.label(), "records", "records"}, services_, host::Surroundings{},
      host::Secrets::of(values->root, {table.fields, table.field_count}));
  auto instance = std::make_unique<modules::Instance>(sink.plugin, host->abi(), values->root);
  const std::lock_guard lock(one_at_a_time_);
  instance_ = std::move(instance); // each old one before what it looks at
  host_ = std::move(host);
  values_ = values;
}

Outside::~Outside() = default;

bool Outside::ask(const char* call, const Call& make) {
  const std::unique_lock lock(one_at_a_time_, patience_);
  if (!lock.owns_lock()) {
    throw Unavailable(fmt::format("{} has not answered another call for {:.0f} s", name_,
                                  std::chrono::duration<double>(patience_).count()));
  }
  mr_error error{};
  const auto& calls = *instance_->extension<mr_plugin_records>(MR_RECORDS);
  const modules::Watch watch(*instance_, patience_ + kGrace);
  const mr_status status = make(calls, services_.clock.now_ns() + patience_.count(), error);
  const modules::Answer answer =
      modules::checked(instance_->who(), call, status, error, {MR_TRANSIENT, MR_REJECTED, MR_INVALID, MR_FATAL});
  if (answer.status != MR_OK && answer.status != MR_REJECTED) {
    throw Unavailable(fmt::format("{}: {}", name_, host_->masked(answer.text)));
  }
  return answer.ok();
}

void Outside::write(std::span<const Record> records) {
  if (records.empty()) {
    return;
  }
  std::vector<mr_record> out;
  for (const Record& record : records) {
    out.push_back(view_of(record));
  }
  ask("write", [&](const mr_plugin_records& calls, std::int64_t deadline_ns, mr_error& error) {
    return calls.write(instance_->self(), out.data(), out.size(), deadline_ns, &error);
  });
}

bool Outside::put_new(const Record& record) {
  const mr_record out = view_of(record);
  return ask("put_new", [&](const mr_plugin_records& calls, std::int64_t deadline_ns, mr_error& error) {
    return calls.put_new(instance_->self(), &out, deadline_ns, &error);
  });
}

std::vector<Record> Outside::read(std::string_view scope, std::string_view kind, mr_str key, std::size_t limit,
                                  bool whole) {
  std::vector<Record> out;
  const mr_record_reader reader{
      &out, [](void* context, const mr_record* record) {
        static_cast<std::vector<Record>*>(context)->push_back(
            {copy(record->scope), copy(record->kind), copy(record->key), record->time_us, copy(record->bytes)});
      }};
  ask("read", [&](const mr_plugin_records& calls, std::int64_t deadline_ns, mr_error& error) {
    out.clear();
    return calls.read(instance_->self(), str(scope), str(kind), key, limit, whole ? 0 : 1, deadline_ns, &reader,
                      &error);
  });
  return out;
}

std::vector<Record> Outside::newest(std::string_view scope, std::string_view kind, std::size_t limit) {
  return read(scope, kind, {nullptr, 0}, limit, true);
}

std::vector<Record> Outside::names(std::string_view scope, std::string_view kind, std::size_t limit) {
  return read(scope, kind, {nullptr, 0}, limit, false);
}

std::optional<Record> Outside::get(std::string_view scope, std::string_view kind, std::string_view key) {
  std::vector<Record> found = read(scope, kind, str(key), 1, true);
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

void Outside::forget(std::span<const Name> names) {
  if (names.empty()) {
    return;
  }
  std::vector<mr_record_name> out;
  for (const Name& name : names) {
    out.push_back({str(name.scope), str(name.kind), str(name.key)});
  }
  ask("forget", [&](const mr_plugin_records& calls, std::int64_t deadline_ns, mr_error& error) {
    return calls.forget(instance_->self(), out.data(), out.size(), deadline_ns, &error);
  });
}

} // namespace millrace::records
