// The Kafka sink: topics are its targets; a record is done when its delivery report says that it is stored.
#pragma once

#include "plugins/sink_kafka/post.hpp"
#include "plugins/sink_kafka/topic_maker.hpp"
#include "plugins/sink_kafka/topics.hpp"

#include <millrace/ext/draft/apply.h>

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_set>

namespace millrace::sink_kafka {

class Sink {
 public:
  static constexpr std::span<const mr_field> fields = kFields;
  static constexpr std::uint32_t flags = MR_TAKES_MESSAGES;

  Sink(Host host, const Config& config);

  void start();
  void bind(std::uint32_t id, const mr_target& target);
  void unbind(std::uint32_t id);
  void write(const mr_delivery& delivery);
  void stop();
  void interrupt();
  std::uint32_t max_in_flight() const noexcept { return settings_.max_in_flight; }

  void check(std::span<const mr_target> targets, std::int64_t deadline_ns, const mr_findings& findings);
  void apply(std::span<const mr_target> targets, bool run, std::int64_t deadline_ns, const mr_steps& steps,
             const mr_findings& findings);

 private:
  Host host_;
  Settings settings_;
  std::unordered_set<std::uint32_t> bound_;
  Post post_;
  TopicMaker maker_;
  std::shared_ptr<Cluster> cluster_; // of the last check

  void say_what_is_there();
};

} // namespace millrace::sink_kafka
