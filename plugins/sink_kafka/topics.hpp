// What the rules want of topics against what the cluster has: looking, and creating what is missing. Blocks up to its
// deadline; uses a client of its own, which checks that follow each other may share.
#pragma once

#include "plugins/sink_kafka/settings.hpp"

#include <millrace/ext/draft/apply.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::sink_kafka {

struct Wanted {
  std::string name;
  std::optional<std::int32_t> partitions;
  std::optional<std::int32_t> replicas;
  std::map<std::string, std::string> config; // retention.ms, cleanup.policy
};

struct Found {
  std::int32_t partitions = 0;
  std::int32_t replicas = 0;       // of the partition that has fewest
  std::int32_t without_leader = 0; // partitions
  std::map<std::string, std::string> config;
};

struct Finding {
  std::uint32_t severity;
  std::string item; // a property of the target, or a setting of the topic; empty: the whole
  std::string text;
  std::string way_out; // may be empty
};

// Throws invalid() for a property that is no number.
Wanted wanted_of(const mr_target& target);

// What differs from the rules, worst first; with MR_LOG_ERROR when `strictly`, else MR_LOG_WARN.
std::vector<Finding> differences(const Wanted& wanted, const Found& found, bool strictly);

// What makes an acknowledgement worth less than it seems.
std::vector<Finding> risks(const Found& found, std::int64_t batch_bytes);

// The step that creates it, as a person reads it.
std::string describe(const Wanted& wanted);

// Every topic of the cluster. Throws transient() when it does not answer in time.
std::vector<std::string> list_topics(const Settings& settings, const Host& host, std::int64_t deadline_ns);
// Empty when it was made, or was there; else why not.
std::string create_topic(const Settings& settings, const Host& host, const Wanted& wanted, std::int64_t deadline_ns);

// A connection that asks outside of the flow.
class Cluster;

// Opens `kept` where it is null, and leaves it open for the next check; null again where it failed.
void check_topics(std::shared_ptr<Cluster>& kept, const Settings& settings, const Host& host,
                  std::span<const mr_target> targets, std::int64_t deadline_ns, const mr_findings& findings);
void apply_topics(const Settings& settings, const Host& host, std::span<const mr_target> targets, bool run,
                  std::int64_t deadline_ns, const mr_steps& steps, const mr_findings& findings);

} // namespace millrace::sink_kafka
