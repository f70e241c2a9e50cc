#include "plugins/source_kafka/sample.hpp"

#include "plugins/kafka_client/cluster.hpp"
#include "plugins/source_kafka/batches.hpp"

#include <millrace/failure.hpp>

#include <algorithm>
#include <span>
#include <string>

namespace millrace::source_kafka {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kWait(100); // for one record, before it is asked whether the patience has ended

std::uint64_t size_of(const Stretch& stretch, std::uint64_t at_most) {
  return std::min(static_cast<std::uint64_t>(stretch.end - stretch.first), at_most);
}

// A client without a group: what joins none, and has nobody to commit to, leaves nothing behind.
kafka_client::Client make_reader(const Settings& settings, const Host& host) {
  kafka_client::Conf conf = consumer_conf(settings, host);
  rd_kafka_conf_set(conf.get(), "group.id", nullptr, nullptr, 0);
  // What retention takes away meanwhile is no longer there to be looked at.
  rd_kafka_conf_set(conf.get(), "auto.offset.reset", "earliest", nullptr, 0);
  rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_ERROR);
  return kafka_client::make_client(RD_KAFKA_CONSUMER, std::move(conf));
}

class Reader {
 public:
  Reader(const Settings& settings, const Host& host, std::string_view topic, std::chrono::nanoseconds patience)
      : host_(host),
        brokers_(settings.brokers),
        name_(topic),
        patience_(patience),
        client_(make_reader(settings, host)),
        main_(rd_kafka_queue_get_main(client_.get())),
        records_(rd_kafka_queue_new(client_.get())) {
    kafka_client::wait_for_broker(client_.get(), main_.get(), brokers_, limit());
  }

  // What each partition holds now.
  std::vector<Stretch> stretches() {
    const kafka_client::Metadata metadata = kafka_client::list_topics(client_.get(), brokers_, limit());
    const rd_kafka_metadata_topic_t* const found = kafka_client::find_topic(*metadata, name_);
    if (found == nullptr) {
      const std::string near = kafka_client::nearest_topic(*metadata, name_);
      throw Failure(MR_REJECTED, "the cluster of '" + brokers_ + "' has no topic '" + name_ + "'" +
                                     (near.empty() ? "" : "; did you mean '" + near + "'?"));
    }
    std::vector<Stretch> out;
    for (const rd_kafka_metadata_partition_t& partition :
         std::span(found->partitions, static_cast<std::size_t>(found->partition_cnt))) {
      out.push_back(stretch_of(partition.id));
    }
    std::ranges::sort(out, {}, &Stretch::partition);
    return out;
  }

  // False: nobody wants any more.
  bool read(const Stretch& stretch, const mr_samples& samples) {
    const kafka_client::Topic topic(rd_kafka_topic_new(client_.get(), name_.c_str(), nullptr));
    if (rd_kafka_consume_start_queue(topic.get(), stretch.partition, stretch.first, records_.get()) != 0) {
      throw transient(place(stretch.partition) + ": " + kafka_client::text_of(rd_kafka_last_error()));
    }
    const bool wanted = read_started(stretch, samples);
    rd_kafka_consume_stop(topic.get(), stretch.partition);
    return wanted;
  }

 private:
  milliseconds limit() const { return std::max(std::chrono::duration_cast<milliseconds>(patience_), milliseconds(1)); }
  std::string place(std::int32_t partition) const {
    return "topic '" + name_ + "' partition " + std::to_string(partition);
  }

  Stretch stretch_of(std::int32_t partition) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    const rd_kafka_resp_err_t error = rd_kafka_query_watermark_offsets(client_.get(), name_.c_str(), partition, &low,
                                                                       &high, static_cast<int>(limit().count()));
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      throw transient(place(partition) + " does not say what it holds: " + kafka_client::text_of(error), error);
    }
    return {partition, low, high};
  }

  bool read_started(const Stretch& stretch, const mr_samples& samples) {
    std::int64_t last_ns = host_.now_ns();
    while (true) {
      kafka_client::Message message(rd_kafka_consume_queue(records_.get(), static_cast<int>(kWait.count())));
      if (message == nullptr) {
        if (host_.now_ns() - last_ns > patience_.count()) {
          throw transient("brokers '" + brokers_ + "': " + place(stretch.partition) + " hands out nothing");
        }
        continue;
      }
      if (message->partition != stretch.partition) {
        continue; // of one that was stopped
      }
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF || (message->err == 0 && message->offset >= stretch.end)) {
        return true;
      }
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        throw transient(place(stretch.partition) + ": " + kafka_client::text_of(message->err), message->err);
      }
      last_ns = host_.now_ns();
      const bool is_last = message->offset + 1 >= stretch.end;
      if (!hand_over(std::move(message), samples)) {
        return false;
      }
      if (is_last) {
        return true;
      }
    }
  }

  bool hand_over(kafka_client::Message message, const mr_samples& samples) {
    one_.free();
    one_.begin(name_, message->partition, static_cast<std::uint64_t>(message->offset));
    one_.add(std::move(message));
    return samples.add(samples.context, one_.as_batch(1).events) != 0;
  }

  Host host_;
  std::string brokers_;
  std::string name_;
  std::chrono::nanoseconds patience_;
  kafka_client::Client client_;
  kafka_client::Queue main_;
  kafka_client::Queue records_;
  Batch one_; // the record that is looked at; gone before the client is
};

} // namespace

std::vector<Stretch> newest(std::vector<Stretch> all, std::uint64_t limit) {
  if (limit == 0) {
    return all;
  }
  const auto taken = [&](std::uint64_t of_each) {
    std::uint64_t sum = 0;
    for (const Stretch& stretch : all) {
      sum += size_of(stretch, of_each);
    }
    return sum;
  };
  // The most of each that is not too much in all.
  std::uint64_t of_each = 0;
  for (std::uint64_t step = std::uint64_t{1} << 62U; step > 0; step /= 2) {
    of_each += step <= limit && of_each + step <= limit && taken(of_each + step) <= limit ? step : 0;
  }
  std::uint64_t rest = limit - taken(of_each);
  for (Stretch& stretch : all) {
    const std::uint64_t more = rest > 0 && size_of(stretch, of_each + 1) > of_each ? 1 : 0;
    rest -= more;
    stretch.first = stretch.end - static_cast<std::int64_t>(size_of(stretch, of_each + more));
  }
  return all;
}

void sample_topic(const Settings& settings, const Host& host, std::string_view topic, std::uint64_t limit,
                  std::chrono::nanoseconds patience, const mr_samples& samples) {
  Reader reader(settings, host, topic, patience);
  for (const Stretch& stretch : newest(reader.stretches(), limit)) {
    if (stretch.first < stretch.end && !reader.read(stretch, samples)) {
      return;
    }
  }
}

} // namespace millrace::source_kafka
