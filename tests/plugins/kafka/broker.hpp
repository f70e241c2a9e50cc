// A real broker for one test program: one KRaft node in a folder of its own, started on first use and removed at the
// end.
#pragma once

#include "plugins/kafka_client/handles.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace millrace::kafka_test {

class Broker {
 public:
  static Broker& get() {
    static Broker broker;
    return broker;
  }
  // Empty when there can be one; else why not.
  static std::string why_not() {
    if (!std::filesystem::exists(script())) {
      return "there is no " + script();
    }
    if (std::system("command -v java >/dev/null 2>&1") != 0) {
      return "there is no java: ./dev setup installs it";
    }
    if (!std::filesystem::exists(MILLRACE_SOURCE_DIR "/.deps/kafka/lib")) {
      return "Kafka's jars are not there: ./dev setup fetches them";
    }
    return {};
  }

  const std::string& address() const { return address_; }
  void run(const std::string& command) const {
    const std::string line =
        script() + " " + command + " --dir " + folder_.string() + " >>" + (folder_ / "out").string() + " 2>&1";
    if (std::system(line.c_str()) != 0) {
      throw std::runtime_error("failed: " + line);
    }
  }
  void kill() const { run("kill"); }
  void start() const { run("start"); }

  // A topic of a fresh name.
  std::string topic(int partitions, const std::map<std::string, std::string>& settings = {}) {
    const std::string name = "t" + std::to_string(++topics_);
    admin([&](rd_kafka_t* client, rd_kafka_queue_t* answers) {
      rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(name.c_str(), partitions, 1, nullptr, 0);
      for (const auto& [key, value] : settings) {
        rd_kafka_NewTopic_set_config(topic, key.c_str(), value.c_str());
      }
      rd_kafka_CreateTopics(client, &topic, 1, nullptr, answers);
      rd_kafka_NewTopic_destroy(topic);
    });
    return name;
  }
  void delete_topic(const std::string& name) {
    admin([&](rd_kafka_t* client, rd_kafka_queue_t* answers) {
      rd_kafka_DeleteTopic_t* topic = rd_kafka_DeleteTopic_new(name.c_str());
      rd_kafka_DeleteTopics(client, &topic, 1, nullptr, answers);
      rd_kafka_DeleteTopic_destroy(topic);
    });
  }
  void create_topic(const std::string& name, int partitions) {
    admin([&](rd_kafka_t* client, rd_kafka_queue_t* answers) {
      rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(name.c_str(), partitions, 1, nullptr, 0);
      rd_kafka_CreateTopics(client, &topic, 1, nullptr, answers);
      rd_kafka_NewTopic_destroy(topic);
    });
  }
  // What retention does: the log of partition 0 then begins at `before`.
  void delete_records(const std::string& name, std::int64_t before) {
    admin([&](rd_kafka_t* client, rd_kafka_queue_t* answers) {
      const kafka_client::Partitions list(rd_kafka_topic_partition_list_new(1));
      rd_kafka_topic_partition_list_add(list.get(), name.c_str(), 0)->offset = before;
      rd_kafka_DeleteRecords_t* records = rd_kafka_DeleteRecords_new(list.get());
      rd_kafka_DeleteRecords(client, &records, 1, nullptr, answers);
      rd_kafka_DeleteRecords_destroy(records);
    });
  }

  // Everybody may do this with the topic, and nothing else from then on.
  void allow(const std::string& topic, rd_kafka_AclOperation_t what) {
    admin([&](rd_kafka_t* client, rd_kafka_queue_t* answers) {
      rd_kafka_AclBinding_t* acl =
          rd_kafka_AclBinding_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str(), RD_KAFKA_RESOURCE_PATTERN_LITERAL, "User:*",
                                  "*", what, RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, nullptr, 0);
      rd_kafka_CreateAcls(client, &acl, 1, nullptr, answers);
      rd_kafka_AclBinding_destroy(acl);
    });
  }

  // One record, written at that time.
  void produce_at(const std::string& topic, std::int64_t time_ms) {
    const kafka_client::Client client = bare();
    rd_kafka_producev(client.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_KEY("k", 1),
                      RD_KAFKA_V_TIMESTAMP(time_ms), RD_KAFKA_V_END);
    if (rd_kafka_flush(client.get(), 30'000) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      throw std::runtime_error("the broker does not take a record");
    }
  }
  // As many records in a transaction, which leaves a mark in the log behind them.
  void produce_at_once(const std::string& topic, int count) {
    const kafka_client::Client client = bare(topic);
    const auto done = [](rd_kafka_error_t* error) {
      if (error != nullptr) {
        std::string text = rd_kafka_error_string(error);
        rd_kafka_error_destroy(error);
        throw std::runtime_error(text);
      }
    };
    done(rd_kafka_init_transactions(client.get(), 30'000));
    done(rd_kafka_begin_transaction(client.get()));
    for (int i = 0; i < count; ++i) {
      rd_kafka_producev(client.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_KEY("k", 1),
                        RD_KAFKA_V_END);
    }
    done(rd_kafka_commit_transaction(client.get(), 30'000));
  }
  // Bare: payloads are the numbers [from, to), keys absent.
  void produce(const std::string& topic, std::int32_t partition, int from, int to) {
    const kafka_client::Client client = bare();
    for (int i = from; i < to; ++i) {
      const std::string payload = std::to_string(i);
      rd_kafka_producev(client.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
                        RD_KAFKA_V_VALUE(const_cast<char*>(payload.data()), payload.size()),
                        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK), RD_KAFKA_V_END);
    }
    if (rd_kafka_flush(client.get(), 30'000) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      throw std::runtime_error("the broker does not take records");
    }
  }

 private:
  Broker() {
    std::string name = (std::filesystem::temp_directory_path() / "millrace-kafka-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw std::runtime_error("cannot make " + name);
    }
    folder_ = name;
    start();
    std::ifstream(folder_ / "bootstrap") >> address_;
  }
  ~Broker() {
    const std::string line = script() + " remove --dir " + folder_.string() + " >/dev/null 2>&1";
    [[maybe_unused]] const int result = std::system(line.c_str());
  }
  static std::string script() { return MILLRACE_SOURCE_DIR "/tests/support/kafka"; }

  // Transactional under that name, if there is one.
  kafka_client::Client bare(const std::string& transactional = {}) const {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", address_.c_str(), nullptr, 0);
    rd_kafka_conf_set(conf, "enable.idempotence", "true", nullptr, 0);
    if (!transactional.empty()) {
      rd_kafka_conf_set(conf, "transactional.id", transactional.c_str(), nullptr, 0);
    }
    return kafka_client::Client(rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0));
  }
  template <class Ask>
  void admin(Ask ask) {
    const kafka_client::Client client = bare();
    const kafka_client::Queue answers(rd_kafka_queue_new(client.get()));
    ask(client.get(), answers.get());
    const kafka_client::Event event(rd_kafka_queue_poll(answers.get(), 30'000));
    if (event == nullptr || rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      throw std::runtime_error("the broker does not do what an administrator asks");
    }
  }

  std::filesystem::path folder_;
  std::string address_;
  int topics_ = 0;
};

// A test that needs the broker; skipped with the reason where there can be none.
class RealKafka : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = Broker::why_not(); !why.empty()) {
      GTEST_SKIP() << why;
    }
    Broker::get();
  }
  Broker& broker() { return Broker::get(); }
};

} // namespace millrace::kafka_test
