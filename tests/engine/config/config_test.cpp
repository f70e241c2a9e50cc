#include "engine/config/config.hpp"

#include <gmock/gmock.h>

#include <span>

#include "fakes.hpp"

namespace millrace::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

constexpr const char* kWhole = R"(
[engine]
admin   = "off"
plugins = ["plugins", "/usr/lib/millrace/plugins"]
memory  = "128MiB"

[pipeline.load]
workers      = 3
source.post  = { listen = "x" }
router.rules = { file = "rules/main.rules" }
sink.zebra   = { plugin = "store" }
sink.ant     = { plugin = "store" }

[pipeline.ingest]
source.device = { plugin = "post", listen = "${env:LISTEN}", tokens = "${env:TOKENS}", backlog = "${env:BACKLOG}", tls.server = "s" }
router.rules  = { file = "/etc/main.rules" }
sink.store    = {}
)";

const Variables kKnown = variables({{"LISTEN", "0.0.0.0:80"}, {"TOKENS", "a b"}, {"BACKLOG", "7"}});

struct Read {
  Engine engine;
  std::vector<Pipeline> pipelines;
  std::string problems;
};

Read read(const std::string& text) {
  Problems problems;
  const Document document = Document::parse("conf/millrace.toml", text, kKnown);
  Read out{document.engine(problems), document.pipelines(fake_catalogue(), problems), {}};
  out.problems = problems.text();
  return out;
}

std::string text(const mr_value& value) { return {value.text.data, value.text.size}; }

const mr_value& setting(const Instance& instance, std::string_view name) {
  for (std::size_t i = 0; i < instance.plugin.table->field_count; ++i) {
    if (instance.plugin.table->fields[i].name == name) {
      return instance.values->root.items[i];
    }
  }
  throw std::logic_error("no such field");
}

TEST(Config, TypesTheEnginesOwnSettings) {
  const Read found = read(kWhole);
  EXPECT_EQ(found.problems, "");
  EXPECT_EQ(found.engine.admin, std::nullopt);
  EXPECT_EQ(found.engine.memory_bytes, 128U << 20U);
  EXPECT_EQ(found.engine.stop_deadline, 30s);
  EXPECT_EQ(found.engine.log_level, LogLevel::kInfo);
  EXPECT_EQ(found.engine.plugins_at.line, 4U);
  EXPECT_THAT(found.engine.plugins, ElementsAre(std::filesystem::current_path() / "conf/plugins",
                                                std::filesystem::path("/usr/lib/millrace/plugins")));
}

TEST(Config, KeepsPipelinesAndSinksInTheOrderOfTheFile) {
  const Read found = read(kWhole);
  ASSERT_EQ(found.pipelines.size(), 2U);
  EXPECT_EQ(found.pipelines[0].name, "load");
  EXPECT_EQ(found.pipelines[0].workers, 3U);
  EXPECT_EQ(found.pipelines[1].name, "ingest");
  EXPECT_EQ(found.pipelines[1].workers, 1U);
  ASSERT_EQ(found.pipelines[0].sinks.size(), 2U);
  EXPECT_EQ(found.pipelines[0].sinks[0].label(), "sink.zebra");
  EXPECT_EQ(found.pipelines[0].sinks[1].label(), "sink.ant");
}

TEST(Config, AnInstanceIsCalledAsItsKeyAndItsPluginToo) {
  const Read found = read(kWhole);
  EXPECT_EQ(found.pipelines[0].source.label(), "source.post");
  EXPECT_STREQ(found.pipelines[0].source.plugin.table->name, "post");
  EXPECT_EQ(found.pipelines[1].source.label(), "source.device");
  EXPECT_STREQ(found.pipelines[1].source.plugin.table->name, "post");
  EXPECT_EQ(found.pipelines[1].source.place.text(), "conf/millrace.toml:15:8");
}

TEST(Config, ValuesStandInTheOrderOfTheFieldsWithDefaults) {
  const Read found = read(kWhole);
  const Instance& source = found.pipelines[0].source;
  EXPECT_EQ(source.values->root.type, static_cast<std::uint32_t>(MR_TABLE));
  ASSERT_EQ(source.values->root.item_count, std::size(kPostFields));
  EXPECT_EQ(text(setting(source, "listen")), "x");
  EXPECT_EQ(setting(source, "tokens").type, 0U);
  EXPECT_EQ(setting(source, "max_body").integer, 1 << 20);
  EXPECT_EQ(setting(source, "deadline").integer, 10'000'000'000);
  EXPECT_EQ(setting(source, "backlog").integer, 128);
  EXPECT_EQ(setting(source, "share").number, 0.5);
  EXPECT_EQ(setting(source, "compressed").type, static_cast<std::uint32_t>(MR_BOOL));
  EXPECT_EQ(text(setting(source, "mode")), "fast");
  const mr_value& hosts = setting(source, "hosts");
  EXPECT_EQ(hosts.type, static_cast<std::uint32_t>(MR_STRING));
  EXPECT_EQ(hosts.flags, static_cast<std::uint32_t>(MR_LIST));
  ASSERT_EQ(hosts.item_count, 2U);
  EXPECT_EQ(text(hosts.items[1]), "b");
  EXPECT_EQ(text(setting(source, "listen"))[1], '\0');
}

TEST(Config, ATableThatIsNotGivenStillHasTheDefaultsOfItsFields) {
  const Read found = read(kWhole);
  const mr_value& tls = setting(found.pipelines[0].source, "tls");
  EXPECT_EQ(tls.type, 0U);
  ASSERT_EQ(tls.item_count, 3U);
  EXPECT_EQ(tls.items[1].integer, 1);
  EXPECT_EQ(setting(found.pipelines[0].source, "peers").item_count, 0U);
}

TEST(Config, TakesNumbersFromOutsideAsText) {
  const Read found = read(kWhole);
  const Instance& source = found.pipelines[1].source;
  EXPECT_EQ(text(setting(source, "listen")), "0.0.0.0:80");
  EXPECT_EQ(setting(source, "backlog").integer, 7);
  EXPECT_EQ(setting(source, "tls").type, static_cast<std::uint32_t>(MR_TABLE));
}

TEST(Config, RelativePathsStartAtTheFoldersOfTheFile) {
  const Read found = read(kWhole);
  EXPECT_EQ(text(setting(found.pipelines[0].router, "file")),
            (std::filesystem::current_path() / "conf/rules/main.rules").string());
  EXPECT_EQ(text(setting(found.pipelines[1].router, "file")), "/etc/main.rules");
}

TEST(Config, StandardInputIsNoRelativePath) {
  const Read found = read(R"([pipeline.p]
source.post = { listen = "x" }
router.rules = { file = "-" }
sink.store = {})");
  EXPECT_EQ(text(setting(found.pipelines[0].router, "file")), "-");
}

TEST(Config, DottedNamesOfAMapAreOneName) {
  const Read found = read(R"([pipeline.p]
router.rules = { file = "a" }
sink.store = {}
[pipeline.p.source.post]
listen = "x"
settings.linger.ms = 5
settings."acks" = "all"
settings.check.crcs = true)");
  EXPECT_EQ(found.problems, "");
  const mr_value& settings = setting(found.pipelines[0].source, "settings");
  std::vector<std::string> pairs;
  for (const mr_pair& pair : std::span(settings.pairs, settings.pair_count)) {
    pairs.push_back(std::string(pair.key.data, pair.key.size) + "=" + std::string(pair.value.data, pair.value.size));
  }
  EXPECT_THAT(pairs, ElementsAre("acks=all", "check.crcs=true", "linger.ms=5"));
}

TEST(Config, APipelineWithAProblemIsLeftOutAndTheOthersAreNot) {
  const Read found = read(R"([pipeline.bad]
workers = 0
source.post = { listen = "x" }
router.rules = { file = "a" }
sink.store = {}
[pipeline.good]
source.post = { listen = "x" }
router.rules = { file = "a" }
sink.store = {})");
  ASSERT_EQ(found.pipelines.size(), 1U);
  EXPECT_EQ(found.pipelines[0].name, "good");
  EXPECT_NE(found.problems, "");
}

TEST(Config, WhatIsWrittenDifferentlyAndMeansTheSameIsEqual) {
  const Read one = read(kWhole);
  std::string changed = kWhole;
  changed.replace(changed.find("memory  = \"128MiB\""), 18, "memory = 134217728");
  changed.replace(changed.find("{ listen = \"x\" }"), 16, "{ deadline = \"10000ms\", listen = \"x\" }");
  const Read two = read(changed);
  EXPECT_TRUE(one.engine == two.engine);
  EXPECT_TRUE(one.pipelines == two.pipelines);
}

TEST(Config, WhatIsInvalidIsRefusedOnlyWherePipelineSaysSo) {
  const Read one = read(kWhole);
  std::string changed = kWhole;
  changed.replace(changed.find("workers      = 3"), 16, "invalid = \"refuse\"\nworkers = 3");
  const Read two = read(changed);
  EXPECT_EQ(two.problems, "");
  EXPECT_FALSE(one.pipelines[0].refuse_invalid);
  EXPECT_TRUE(two.pipelines[0].refuse_invalid);
  EXPECT_FALSE(two.pipelines[1].refuse_invalid);
  EXPECT_FALSE(one.pipelines[0] == two.pipelines[0]);
}

TEST(Config, AChangedSettingMakesItsPipelineUnequal) {
  const Read one = read(kWhole);
  std::string changed = kWhole;
  changed.replace(changed.find("{ listen = \"x\" }"), 16, "{ listen = \"y\" }");
  const Read two = read(changed);
  EXPECT_FALSE(one.pipelines[0] == two.pipelines[0]);
  EXPECT_FALSE(one.pipelines[0].source == two.pipelines[0].source);
  EXPECT_TRUE(one.pipelines[0].sinks == two.pipelines[0].sinks);
  EXPECT_TRUE(one.pipelines[1] == two.pipelines[1]);
}

TEST(Config, SaysWhichFileIsNotThere) {
  try {
    load("/nowhere/millrace.toml", "/usr/bin/millrace");
    FAIL() << "was read";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "/nowhere/millrace.toml: cannot be read: No such file or directory; name another file with --config");
  }
}

TEST(Config, RefusedPluginFilesAreNamedWhereAPluginIsMissing) {
  Problems problems;
  const Document document =
      Document::parse("m.toml", "[pipeline.p]\nsource.post = {}\nrouter.rules = {}\nsink.store = {}\n");
  document.pipelines(modules::Catalogue::load(std::vector<std::filesystem::path>{"/nowhere/plugins"}), problems);
  ASSERT_FALSE(problems.empty());
  EXPECT_EQ(problems.all()[0].kind, Problem::Kind::kPlugin);
  EXPECT_THAT(problems.all()[0].text,
              HasSubstr("there is no source plugin 'post'. Known: none\n  refused: plugin folder /nowhere/plugins: "));
  ASSERT_EQ(problems.all().size(), 3u);
  EXPECT_EQ(problems.all()[2].kind, Problem::Kind::kPlugin);
  EXPECT_THAT(problems.all()[2].text, Not(HasSubstr("refused"))); // once is enough
}

} // namespace
} // namespace millrace::config
