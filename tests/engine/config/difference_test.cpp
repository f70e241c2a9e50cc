#include "engine/config/difference.hpp"

#include <gmock/gmock.h>

#include "fakes.hpp"

namespace millrace::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kBefore = R"([engine]
memory = "64MiB"
[pipeline.ingest]
workers      = 2
source.post  = { listen = "x", tokens = "secret one" }
router.rules = { file = "main.rules" }
sink.store   = {}
sink.other   = { plugin = "store" }
[pipeline.load]
source.log   = {}
router.rules = { file = "main.rules" }
sink.store   = {}
)";

std::vector<std::string> changed(const std::string& what, const std::string& with) {
  const auto read = [](const std::string& text) {
    Problems problems;
    const Document document = Document::parse("millrace.toml", text, variables({}));
    Config out{"millrace.toml", document.engine(problems), {}, {}};
    out.pipelines = document.pipelines(fake_catalogue(), problems);
    EXPECT_TRUE(problems.empty()) << problems.text();
    return out;
  };
  std::string after = kBefore;
  const std::size_t at = after.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  std::vector<std::string> out;
  for (const Difference& difference : differences(read(kBefore), read(after.replace(at, what.size(), with)))) {
    out.push_back(difference.text + (difference.restart.empty() ? "" : " (restart)"));
  }
  return out;
}

TEST(Difference, NamesSettingsInstancesAndPipelines) {
  EXPECT_THAT(changed("64MiB", "65MiB"), ElementsAre("memory of [engine]"));
  EXPECT_THAT(changed("workers      = 2", "workers = 3\ntargets = 7"),
              ElementsAre("workers of pipeline 'ingest'", "targets of pipeline 'ingest'"));
  EXPECT_THAT(changed("listen = \"x\"", "listen = \"y\""), ElementsAre("source.post of pipeline 'ingest'"));
  EXPECT_THAT(changed("main.rules", "other.rules"), ElementsAre("router.rules of pipeline 'ingest'"));
  EXPECT_THAT(changed("sink.other ", "sink.third "),
              ElementsAre("sink.third of pipeline 'ingest' (new)", "sink.other of pipeline 'ingest' (gone)"));
  EXPECT_THAT(changed("pipeline.load", "pipeline.fill"),
              ElementsAre("pipeline 'fill' (new)", "pipeline 'load' (gone)"));
}

TEST(Difference, IsNoneWhereTheSameIsWrittenInAnotherWay) {
  EXPECT_THAT(changed("64MiB", "65536KiB"), IsEmpty());
  EXPECT_THAT(changed("workers      = 2", "# more\nworkers = 2\ninvalid = \"dead_letter\""), IsEmpty());
}

TEST(Difference, NamesNoValue) { EXPECT_THAT(changed("secret one", "secret two").front(), Not(HasSubstr("secret"))); }

} // namespace
} // namespace millrace::config
