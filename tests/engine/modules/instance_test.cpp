#include "engine/modules/instance.hpp"

#include <gmock/gmock.h>

#include <cstdio>

#include "fixture.hpp"

namespace millrace::modules {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Plugin plugin_of(const std::string& name) {
  const Module module = load(fixture(name));
  return {module.table->plugins[0], module.table, module.file};
}

// A plugin that writes down what is called; `answers` says what start gives.
struct Script {
  std::vector<std::string> calls;
  mr_status start = MR_OK;
};
Script* script = nullptr;

mr_status create(const mr_host*, const mr_value*, void** self, mr_error*) {
  script->calls.emplace_back("create");
  *self = script;
  return MR_OK;
}
mr_status start(void*, mr_error* error) {
  script->calls.emplace_back("start");
  std::snprintf(error->text, sizeof error->text, "%s", "no route to host");
  error->detail = 113;
  return script->start;
}
void drain(void*) { script->calls.emplace_back("drain"); }
void stop(void*) { script->calls.emplace_back("stop"); }
void destroy(void*) { script->calls.emplace_back("destroy"); }
void interrupt(void*) { script->calls.emplace_back("interrupt"); }

class InstanceLife : public ::testing::Test {
 protected:
  InstanceLife() : table_(*plugin_of("whole").table), plugin_{&table_, plugin_of("whole").module, {}} {
    table_.create = create;
    table_.start = start;
    table_.drain = drain;
    table_.stop = stop;
    table_.destroy = destroy;
    table_.interrupt = interrupt;
    script = &script_;
  }

  Script script_;
  mr_plugin table_;
  Plugin plugin_;
  mr_host host_ = silent_host();
  mr_value config_{};
};

TEST_F(InstanceLife, GoesFromCreateToDestroyInOrder) {
  {
    Instance instance(plugin_, host_, config_);
    EXPECT_EQ(instance.who(), "sink.fixture of ingest/0 (plugin fixture 1.0.0)");
    EXPECT_TRUE(instance.start().ok());
    instance.drain();
    instance.interrupt();
    instance.stop();
  }
  EXPECT_THAT(script_.calls, ElementsAre("create", "start", "drain", "interrupt", "stop", "destroy"));
}

TEST_F(InstanceLife, StopsBeforeItIsDestroyedWhenSomebodyForgot) {
  { EXPECT_TRUE(Instance(plugin_, host_, config_).start().ok()); }
  EXPECT_THAT(script_.calls, ElementsAre("create", "start", "stop", "destroy"));
}

TEST_F(InstanceLife, MayBeDestroyedRightAfterCreate) {
  { const Instance instance(plugin_, host_, config_); }
  EXPECT_THAT(script_.calls, ElementsAre("create", "destroy"));
}

TEST_F(InstanceLife, IsNotDestroyedHereAfterItWasHandedOver) {
  {
    Instance instance(plugin_, host_, config_);
    EXPECT_EQ(instance.hand_over(), &script_);
    EXPECT_THROW(static_cast<void>(instance.start()), std::logic_error);
  }
  EXPECT_THAT(script_.calls, ElementsAre("create"));
}

TEST_F(InstanceLife, StartIsTriedAgainAfterATransientAnswer) {
  Instance instance(plugin_, host_, config_);
  script_.start = MR_TRANSIENT;
  const Answer answer = instance.start();
  EXPECT_EQ(answer.status, MR_TRANSIENT);
  EXPECT_EQ(answer.detail, 113);
  EXPECT_EQ(answer.text, "no route to host");
  EXPECT_EQ(instance.state(), Instance::State::kCreated);
  script_.start = MR_OK;
  EXPECT_TRUE(instance.start().ok());
  EXPECT_EQ(instance.state(), Instance::State::kStarted);
}

TEST_F(InstanceLife, RefusesCallsOutOfOrder) {
  Instance instance(plugin_, host_, config_);
  EXPECT_THROW(instance.drain(), std::logic_error);
  EXPECT_TRUE(instance.start().ok());
  EXPECT_THROW(static_cast<void>(instance.start()), std::logic_error);
  instance.stop();
  EXPECT_THROW(instance.stop(), std::logic_error);
  EXPECT_THROW(instance.drain(), std::logic_error);
}

TEST(Instance, CarriesThePluginsOwnWordsWhenCreateFails) {
  const mr_host host = silent_host();
  try {
    const Instance instance(plugin_of("create_fails"), host, mr_value{});
    FAIL() << "was created";
  } catch (const CreateError& error) {
    EXPECT_STREQ(error.what(), "sink.fixture of ingest/0 (plugin fixture 1.0.0): brokers: 'localhost' has no port");
    EXPECT_EQ(error.answer().status, MR_INVALID);
  }
}

TEST(Instance, BlamesAPluginThatSaysOkAndGivesNothing) {
  const mr_host host = silent_host();
  try {
    const Instance instance(plugin_of("forgets_self"), host, mr_value{});
    FAIL() << "was created";
  } catch (const CreateError& error) {
    EXPECT_THAT(error.what(), HasSubstr("broke the plugin contract: create answered MR_OK and gave no instance"));
    EXPECT_EQ(error.answer().status, MR_FATAL);
  }
}

TEST(Instance, BlamesAnAnswerThatStartMayNotGive) {
  const mr_host host = silent_host();
  Instance instance(plugin_of("start_answers_moved"), host, mr_value{});
  const Answer answer = instance.start();
  EXPECT_EQ(answer.status, MR_FATAL);
  EXPECT_EQ(answer.text,
            "sink.fixture of ingest/0 (plugin fixture 1.0.0) broke the plugin contract: start answered 6 (moved), "
            "which it may not");
}

TEST(Answer, SaysThatThereWasNoReason) {
  EXPECT_EQ(checked("x", "write", MR_TRANSIENT, mr_error{}, {MR_TRANSIENT}).text,
            "write answered 'transient' without a reason");
}

} // namespace
} // namespace millrace::modules
