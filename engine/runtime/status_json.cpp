// The status as JSON, there and back.
#include <millrace/plugin.h>

#include <boost/json.hpp>

#include "engine/host/json.hpp"
#include "engine/runtime/status.hpp"

namespace millrace::runtime {
namespace {

void write(host::JsonWriter& json, const std::vector<std::string>& texts) {
  json.begin_array();
  for (const std::string& text : texts) {
    json.value(text);
  }
  json.end_array();
}

void write_verdicts(host::JsonWriter& json, const Totals& totals) {
  for (std::size_t verdict = MR_FILTERED; verdict <= MR_FAILED; ++verdict) {
    json.key(kVerdicts[verdict]).value(totals.verdicts[verdict]);
  }
}

void write(host::JsonWriter& json, const WorkerStatus& worker) {
  json.begin_object().key("name").value(worker.name).key("state").value(worker.state);
  json.key("events").value(worker.totals.events).key("in_flight").value(worker.in_flight);
  json.key("bytes_in_flight").value(worker.bytes_in_flight).key("partitions").value(worker.partitions);
  write_verdicts(json, worker.totals);
  json.key("not_ready");
  write(json, worker.not_ready);
  json.end_object();
}

void write(host::JsonWriter& json, const PipelineStatus& pipeline) {
  json.begin_object().key("name").value(pipeline.name).key("ruleset").value(pipeline.ruleset);
  json.key("workers").begin_array();
  for (const WorkerStatus& worker : pipeline.workers) {
    write(json, worker);
  }
  json.end_array().key("workers_running").value(static_cast<std::uint64_t>(pipeline.running));
  json.key("events").value(pipeline.totals.events);
  write_verdicts(json, pipeline.totals);
  json.key("retries").value(pipeline.totals.retries).key("in_flight").value(pipeline.in_flight);
  json.key("bytes_in_flight").value(pipeline.bytes_in_flight).key("bytes_in_flight_limit").value(pipeline.bytes_limit);
  if (pipeline.events_per_second) {
    json.key("events_per_second").raw(boost::json::serialize(boost::json::value(*pipeline.events_per_second)));
  }
  if (pipeline.lag) {
    json.key("lag").value(*pipeline.lag);
  }
  json.key("partitions_stopped").value(pipeline.stopped);
  if (const std::optional<Trouble>& trouble = pipeline.last_trouble) {
    json.key("last_trouble").begin_object().key("time_us").value(trouble->time_us);
    json.key("text").value(trouble->text).end_object();
  }
  json.end_object();
}

std::string text(const boost::json::value& value) {
  const boost::json::string& found = value.as_string();
  return {found.data(), found.size()};
}

std::vector<std::string> texts(const boost::json::value& value) {
  std::vector<std::string> out;
  for (const boost::json::value& each : value.as_array()) {
    out.push_back(text(each));
  }
  return out;
}

std::uint64_t number(const boost::json::object& object, std::string_view key) {
  return object.at(key).to_number<std::uint64_t>();
}

PipelineStatus pipeline_of(const boost::json::object& object) {
  PipelineStatus out;
  out.name = text(object.at("name"));
  out.ruleset = text(object.at("ruleset"));
  out.workers.resize(object.at("workers").as_array().size());
  out.running = number(object, "workers_running");
  out.totals.events = number(object, "events");
  for (std::size_t verdict = MR_FILTERED; verdict <= MR_FAILED; ++verdict) {
    out.totals.verdicts[verdict] = number(object, kVerdicts[verdict]);
  }
  out.totals.retries = number(object, "retries");
  out.in_flight = number(object, "in_flight");
  out.bytes_in_flight = number(object, "bytes_in_flight");
  out.bytes_limit = number(object, "bytes_in_flight_limit");
  if (const boost::json::value* const rate = object.if_contains("events_per_second")) {
    out.events_per_second = rate->to_number<double>();
  }
  if (object.contains("lag")) {
    out.lag = number(object, "lag");
  }
  if (object.contains("partitions_stopped")) { // one of an earlier version says nothing of them
    out.stopped = number(object, "partitions_stopped");
  }
  if (const boost::json::value* const trouble = object.if_contains("last_trouble")) {
    const boost::json::object& said = trouble->as_object();
    out.last_trouble = Trouble{said.at("time_us").to_number<std::int64_t>(), text(said.at("text"))};
  }
  return out;
}

Neighbour neighbour_of(const boost::json::object& object) {
  return {text(object.at("pipeline")),
          text(object.at("engine")),
          text(object.at("ruleset")),
          text(object.at("admin")),
          std::chrono::seconds(object.at("silent_s").to_number<std::int64_t>()),
          object.at("vanished").as_bool()};
}

} // namespace

void write(host::JsonWriter& json, const Neighbour& one) {
  json.begin_object().key("pipeline").value(one.pipeline).key("engine").value(one.engine);
  json.key("ruleset").value(one.hash).key("admin").value(one.admin).key("vanished").value(one.vanished);
  json.key("silent_s")
      .value(static_cast<std::int64_t>(std::chrono::duration_cast<std::chrono::seconds>(one.silent).count()));
  json.end_object();
}

std::string json_of(const Status& status) {
  host::JsonWriter json;
  json.begin_object().key("pipelines").begin_array();
  for (const PipelineStatus& pipeline : status.pipelines) {
    write(json, pipeline);
  }
  json.end_array().key("ready").value(status.not_ready.empty()).key("why_not");
  write(json, status.not_ready);
  json.key("engine").value(status.engine).key("engines").begin_array();
  for (const Neighbour& one : status.engines) {
    write(json, one);
  }
  json.end_array().key("warnings");
  write(json, mixes(status.engines));
  return json.end_object().text();
}

std::optional<Status> status_of(std::string_view json) {
  try {
    const boost::json::value whole = boost::json::parse({json.data(), json.size()});
    const boost::json::object& object = whole.as_object();
    Status out;
    for (const boost::json::value& pipeline : object.at("pipelines").as_array()) {
      out.pipelines.push_back(pipeline_of(pipeline.as_object()));
    }
    out.not_ready = texts(object.at("why_not"));
    if (object.contains("engines")) { // one of an earlier version says nothing of them
      out.engine = text(object.at("engine"));
      for (const boost::json::value& one : object.at("engines").as_array()) {
        out.engines.push_back(neighbour_of(one.as_object()));
      }
    }
    return out;
  } catch (const std::exception&) { // it speaks of something else
    return std::nullopt;
  }
}

} // namespace millrace::runtime
