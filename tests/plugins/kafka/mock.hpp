// librdkafka's in-process cluster, for injecting faults only: it neither replicates nor checks sequences.
#pragma once

#include "plugins/kafka_client/handles.hpp"

#include <librdkafka/rdkafka_mock.h>

#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace millrace::kafka_test {

constexpr std::int16_t kProduce = 0; // ApiKeys of the Kafka protocol
constexpr std::int16_t kInitProducerId = 22;

class Mock {
 public:
  explicit Mock(int brokers = 1)
      : client_(rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), nullptr, 0)),
        cluster_(rd_kafka_mock_cluster_new(client_.get(), brokers)) {}

  std::string brokers() const { return rd_kafka_mock_cluster_bootstraps(cluster_.get()); }
  rd_kafka_mock_cluster_t* get() const { return cluster_.get(); }
  void topic(const std::string& name, int partitions) {
    if (rd_kafka_mock_topic_create(cluster_.get(), name.c_str(), partitions, 1) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      throw std::runtime_error("the mock cluster cannot make topic " + name);
    }
  }
  // The next requests of that kind are answered with these errors, one each.
  void fail(std::int16_t api, const std::vector<rd_kafka_resp_err_t>& errors) {
    rd_kafka_mock_push_request_errors_array(cluster_.get(), api, errors.size(), errors.data());
  }

 private:
  kafka_client::Client client_;
  std::unique_ptr<rd_kafka_mock_cluster_t, kafka_client::Releases<rd_kafka_mock_cluster_destroy>> cluster_;
};

} // namespace millrace::kafka_test
