#include "plugins/sink_kafka/topics.hpp"

#include "plugins/kafka_client/cluster.hpp"

#include <millrace/failure.hpp>
#include <millrace/targets.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

namespace millrace::sink_kafka {
namespace {

using kafka_client::text_of;
using std::chrono::milliseconds;

constexpr const char* kRetention = "retention.ms";
constexpr const char* kPolicy = "cleanup.policy";
constexpr const char* kInSync = "min.insync.replicas";
constexpr const char* kLargest = "max.message.bytes";
// Retention counts from a record's timestamp. That is the device's clock unless the broker writes its own: an event of
// a phone that lives in 1970 would be deleted before it is read, one from the year 2100 refused.
constexpr const char* kTimestamps = "message.timestamp.type";
constexpr const char* kArrival = "LogAppendTime";

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::optional<std::int32_t> count_of(const mr_target& target, std::string_view name) {
  const std::optional<std::string_view> text = property(target, name);
  if (!text) {
    return std::nullopt;
  }
  const std::optional<std::int64_t> value = number_of(*text);
  if (!value || *value < 1 || *value > INT32_MAX) {
    throw invalid("topic '" + copy(target.name) + "': " + std::string(name) + " is '" + std::string(*text) +
                  "', but should be a number from 1 on");
  }
  return static_cast<std::int32_t>(*value);
}

} // namespace

// A client for administration, and how long it may take.
class Cluster {
 public:
  Cluster(const Settings& settings, const Host& host, std::int64_t deadline_ns)
      : host_(host), deadline_ns_(deadline_ns), brokers_(settings.brokers) {
    kafka_client::Conf conf = producer_conf(settings, false, host);
    rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_ERROR);
    std::array<char, 32> size{};
    std::size_t length = size.size();
    if (rd_kafka_conf_get(conf.get(), "batch.size", size.data(), &length) == RD_KAFKA_CONF_OK) {
      batch_bytes_ = number_of(size.data()).value_or(0);
    }
    client_ = kafka_client::make_client(RD_KAFKA_PRODUCER, std::move(conf));
    main_.reset(rd_kafka_queue_get_main(client_.get()));
    answers_.reset(rd_kafka_queue_new(client_.get()));
    kafka_client::wait_for_broker(client_.get(), main_.get(), brokers_, left());
  }

  void set_deadline(std::int64_t deadline_ns) noexcept { deadline_ns_ = deadline_ns; }
  std::int64_t batch_bytes() const noexcept { return batch_bytes_; }

  std::vector<std::string> names() {
    const kafka_client::Metadata metadata = kafka_client::list_topics(client_.get(), brokers_, left());
    std::vector<std::string> out;
    for (const rd_kafka_metadata_topic_t& topic :
         std::span(metadata->topics, static_cast<std::size_t>(metadata->topic_cnt))) {
      out.emplace_back(topic.topic);
    }
    return out;
  }

  std::map<std::string, Found> find(const std::set<std::string>& names) {
    const kafka_client::Metadata metadata = kafka_client::list_topics(client_.get(), brokers_, left());
    std::map<std::string, Found> out;
    for (const std::string& name : names) {
      if (const rd_kafka_metadata_topic_t* topic = kafka_client::find_topic(*metadata, name)) {
        out[name] = shape_of(*topic);
      }
    }
    if (!out.empty()) {
      describe_configs(out);
    }
    return out;
  }

  // Empty when it was made; else why not.
  std::string create(const Wanted& wanted) {
    std::array<char, 512> text{};
    using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, kafka_client::Releases<rd_kafka_NewTopic_destroy>>;
    const NewTopic topic(rd_kafka_NewTopic_new(wanted.name.c_str(), wanted.partitions.value_or(-1),
                                               wanted.replicas.value_or(-1), text.data(), text.size()));
    if (topic == nullptr) {
      return text.data();
    }
    for (const auto& [name, value] : wanted.config) {
      rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.c_str());
    }
    rd_kafka_NewTopic_t* one = topic.get();
    const kafka_client::AdminOptions options = options_for(RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_CreateTopics(client_.get(), &one, 1, options.get(), answers_.get());
    const kafka_client::Event event = answer();
    std::size_t count = 0;
    const rd_kafka_topic_result_t** results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
    if (count != 1) {
      return "the cluster's answer names " + std::to_string(count) + " topics";
    }
    const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(results[0]);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) { // meanwhile
      return {};
    }
    const char* detail = rd_kafka_topic_result_error_string(results[0]);
    return text_of(error) + (detail != nullptr ? ": " + std::string(detail) : "");
  }

 private:
  milliseconds left() const {
    return std::max(milliseconds((deadline_ns_ - host_.now_ns()) / 1'000'000), milliseconds(1));
  }

  kafka_client::AdminOptions options_for(rd_kafka_admin_op_t operation) const {
    kafka_client::AdminOptions options(rd_kafka_AdminOptions_new(client_.get(), operation));
    std::array<char, 128> text{};
    rd_kafka_AdminOptions_set_request_timeout(options.get(), static_cast<int>(left().count()), text.data(),
                                              text.size());
    return options;
  }

  kafka_client::Event answer() {
    kafka_client::Event event(rd_kafka_queue_poll(answers_.get(), static_cast<int>(left().count()) + 1'000));
    if (event == nullptr) {
      throw transient("brokers '" + brokers_ + "' did not answer in time");
    }
    if (const rd_kafka_resp_err_t error = rd_kafka_event_error(event.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      throw transient("brokers '" + brokers_ + "': " + text_of(error) + ": " + rd_kafka_event_error_string(event.get()),
                      error);
    }
    return event;
  }

  static Found shape_of(const rd_kafka_metadata_topic_t& topic) {
    Found out;
    out.partitions = topic.partition_cnt;
    out.replicas = INT32_MAX;
    for (const rd_kafka_metadata_partition_t& partition :
         std::span(topic.partitions, static_cast<std::size_t>(topic.partition_cnt))) {
      out.replicas = std::min<std::int32_t>(out.replicas, partition.replica_cnt);
      out.without_leader += partition.leader < 0 ? 1 : 0;
    }
    return out;
  }

  // A user who may not read configurations still gets the rest.
  void describe_configs(std::map<std::string, Found>& topics) {
    using Resource =
        std::unique_ptr<rd_kafka_ConfigResource_t, kafka_client::Releases<rd_kafka_ConfigResource_destroy>>;
    std::vector<Resource> resources;
    std::vector<rd_kafka_ConfigResource_t*> asked;
    for (const auto& [name, found] : topics) {
      resources.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str()));
      asked.push_back(resources.back().get());
    }
    const kafka_client::AdminOptions options = options_for(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_DescribeConfigs(client_.get(), asked.data(), asked.size(), options.get(), answers_.get());
    const kafka_client::Event event = answer();
    std::size_t count = 0;
    const rd_kafka_ConfigResource_t** answered =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
    for (const rd_kafka_ConfigResource_t* resource : std::span(answered, count)) {
      std::size_t entries = 0;
      const rd_kafka_ConfigEntry_t** config = rd_kafka_ConfigResource_configs(resource, &entries);
      for (const rd_kafka_ConfigEntry_t* entry : std::span(config, entries)) {
        if (const char* value = rd_kafka_ConfigEntry_value(entry); value != nullptr) {
          topics[rd_kafka_ConfigResource_name(resource)].config[rd_kafka_ConfigEntry_name(entry)] = value;
        }
      }
    }
  }

  Host host_;
  std::int64_t deadline_ns_;
  std::string brokers_;
  std::int64_t batch_bytes_ = 0;
  kafka_client::Client client_;
  kafka_client::Queue main_;
  kafka_client::Queue answers_;
};

namespace {

std::vector<Wanted> all_wanted(std::span<const mr_target> targets) {
  std::vector<Wanted> out;
  for (const mr_target& target : targets) {
    out.push_back(wanted_of(target));
  }
  return out;
}

std::set<std::string> names_of(const std::vector<Wanted>& wanted) {
  std::set<std::string> out;
  for (const Wanted& topic : wanted) {
    out.insert(topic.name);
  }
  return out;
}

void add(const mr_findings& findings, std::size_t target, const Finding& finding) {
  const std::string whole = finding.text + (finding.way_out.empty() ? "" : "\n" + finding.way_out);
  findings.add(findings.context, finding.severity, target, finding.item.empty() ? kAbsent : str(finding.item),
               str(whole));
}

} // namespace

Wanted wanted_of(const mr_target& target) {
  Wanted out;
  out.name = copy(target.name);
  out.partitions = count_of(target, kPartitions);
  out.replicas = count_of(target, kReplicas);
  if (const auto retention = property(target, kRetentionMs)) {
    out.config[kRetention] = std::string(*retention);
  }
  if (property(target, kCompact) == "true") {
    out.config[kPolicy] = "compact";
  }
  out.config[kTimestamps] = kArrival;
  return out;
}

std::vector<Finding> differences(const Wanted& wanted, const Found& found, bool strictly) {
  const std::uint32_t severity = strictly ? MR_LOG_ERROR : MR_LOG_WARN;
  const std::string topic = "topic '" + wanted.name + "' ";
  std::vector<Finding> out;
  if (wanted.partitions && *wanted.partitions != found.partitions) {
    out.push_back({severity, std::string(kPartitions),
                   topic + "has " + std::to_string(found.partitions) + " partitions, the rules say " +
                       std::to_string(*wanted.partitions),
                   "another number sends keys to other partitions, so change it by hand or change the rules"});
  }
  if (wanted.replicas && *wanted.replicas != found.replicas) {
    out.push_back({severity, std::string(kReplicas),
                   topic + "has " + std::to_string(found.replicas) + " replicas, the rules say " +
                       std::to_string(*wanted.replicas),
                   "change it by hand, or change the rules"});
  }
  for (const auto& [name, value] : wanted.config) {
    const auto there = found.config.find(name);
    if (name != kTimestamps && there != found.config.end() && there->second != value) { // see risks
      out.push_back({severity, std::string(name == kPolicy ? kCompact : kRetentionMs),
                     topic + "has " + name + "=" + there->second + ", the rules say " + value,
                     "change it by hand, or change the rules"});
    }
  }
  return out;
}

std::vector<Finding> risks(const Found& found, std::int64_t batch_bytes) {
  std::vector<Finding> out;
  const auto config = [&](const char* name) -> std::optional<std::int64_t> {
    const auto there = found.config.find(name);
    return there == found.config.end() ? std::nullopt : number_of(there->second);
  };
  if (found.without_leader > 0) {
    out.push_back({MR_LOG_WARN, std::string(kPartitions),
                   std::to_string(found.without_leader) + " of its partitions have no leader and take nothing now",
                   ""});
  }
  if (found.replicas == 1) {
    out.push_back({MR_LOG_WARN, std::string(kReplicas),
                   "it has one replica: what is acknowledged is lost with that broker's disk", ""});
  } else if (const auto in_sync = config(kInSync); in_sync == 1) {
    out.push_back({MR_LOG_WARN, kInSync,
                   "min.insync.replicas is 1: when the others are behind, an acknowledgement means one broker",
                   "2 is safer with three replicas"});
  }
  const auto timestamps = found.config.find(kTimestamps);
  if (timestamps != found.config.end() && timestamps->second != kArrival && config(kRetention).value_or(-1) != -1) {
    out.push_back(
        {MR_LOG_WARN, kTimestamps,
         "retention counts from the time that events carry: one with a slow clock is deleted before it is read",
         "set message.timestamp.type=LogAppendTime to count from its arrival"});
  }
  if (const auto largest = config(kLargest); largest && *largest < batch_bytes) {
    out.push_back({MR_LOG_WARN, kLargest,
                   "max.message.bytes is " + std::to_string(*largest) + ", below the producer's batch.size of " +
                       std::to_string(batch_bytes) + ": whole batches will be refused and sent again one by one",
                   "set \"batch.size\" to it"});
  }
  return out;
}

std::string describe(const Wanted& wanted) {
  std::string out = "create topic " + wanted.name;
  const char* separator = " with ";
  const auto append = [&](const std::string& text) {
    out += separator + text;
    separator = ", ";
  };
  if (wanted.partitions) {
    append(std::to_string(*wanted.partitions) + (*wanted.partitions == 1 ? " partition" : " partitions"));
  }
  if (wanted.replicas) {
    append(std::to_string(*wanted.replicas) + (*wanted.replicas == 1 ? " replica" : " replicas"));
  }
  for (const auto& [name, value] : wanted.config) {
    append(name + "=" + value);
  }
  return out;
}

std::vector<std::string> list_topics(const Settings& settings, const Host& host, std::int64_t deadline_ns) {
  return Cluster(settings, host, deadline_ns).names();
}

std::string create_topic(const Settings& settings, const Host& host, const Wanted& wanted, std::int64_t deadline_ns) {
  try {
    return Cluster(settings, host, deadline_ns).create(wanted);
  } catch (const Failure& failure) {
    return failure.what();
  }
}

void check_topics(std::shared_ptr<Cluster>& kept, const Settings& settings, const Host& host,
                  std::span<const mr_target> targets, std::int64_t deadline_ns, const mr_findings& findings) {
  const std::vector<Wanted> wanted = all_wanted(targets);
  const std::shared_ptr<Cluster> open =
      kept == nullptr ? std::make_shared<Cluster>(settings, host, deadline_ns) : std::exchange(kept, nullptr);
  Cluster& cluster = *open;
  cluster.set_deadline(deadline_ns);
  std::map<std::string, Found> there = cluster.find(names_of(wanted));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto found = there.find(wanted[i].name);
    if (found == there.end()) {
      add(findings, i,
          {MR_LOG_ERROR, {}, "topic '" + wanted[i].name + "' is not there", "run `millrace apply`, which creates it"});
      continue;
    }
    std::vector<Finding> all = differences(wanted[i], found->second, false);
    std::ranges::copy(risks(found->second, cluster.batch_bytes()), std::back_inserter(all));
    for (const Finding& finding : all) {
      add(findings, i, finding);
    }
    if (all.empty()) {
      add(findings, i,
          {MR_LOG_INFO,
           {},
           "topic '" + wanted[i].name + "' is there with " + std::to_string(found->second.partitions) +
               " partitions and " + std::to_string(found->second.replicas) + " replicas",
           {}});
    }
  }
  kept = open;
}

void apply_topics(const Settings& settings, const Host& host, std::span<const mr_target> targets, bool run,
                  std::int64_t deadline_ns, const mr_steps& steps, const mr_findings& findings) {
  const std::vector<Wanted> wanted = all_wanted(targets);
  Cluster cluster(settings, host, deadline_ns);
  const std::map<std::string, Found> there = cluster.find(names_of(wanted));
  std::set<std::string> made; // two targets may name one topic
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (const auto found = there.find(wanted[i].name); found != there.end()) {
      for (const Finding& finding : differences(wanted[i], found->second, true)) {
        add(findings, i, finding);
      }
      continue;
    }
    if (!made.insert(wanted[i].name).second) {
      continue;
    }
    steps.add(steps.context, i, str(describe(wanted[i])));
    if (!run) {
      continue;
    }
    if (const std::string why = cluster.create(wanted[i]); !why.empty()) {
      add(findings, i, {MR_LOG_ERROR, {}, "topic '" + wanted[i].name + "' cannot be created: " + why, {}});
    }
  }
}

} // namespace millrace::sink_kafka
