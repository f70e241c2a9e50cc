// The file source as the engine would drive it, on real files.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <millrace/testing/module.hpp>
#include <millrace/testing/source.hpp>

namespace millrace {
namespace {

using testing::Setting;

const mr_plugin& plugin() {
  static const mr_plugin& found =
      testing::find_plugin(testing::load_module(MILLRACE_BINARY_DIR "/plugins/source_file.so"), MR_SOURCE);
  return found;
}

class SourceFile : public ::testing::Test {
 protected:
  SourceFile() {
    std::string name = (std::filesystem::temp_directory_path() / "millrace-file-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~SourceFile() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text, std::ios::openmode mode = std::ios::trunc) {
    std::ofstream(folder_ / name, std::ios::binary | mode) << text;
    return (folder_ / name).string();
  }
  std::string write_gzip(const std::string& name, const std::string& text) {
    const std::string path = (folder_ / name).string();
    gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
    return path;
  }

  // Answers every claim that was made with the position, or with the source's own.
  static void answer_claims(testing::Source& source, std::optional<std::uint64_t> position = {},
                            std::uint64_t mark = 0) {
    while (const auto claim = source.host().wait_claim(std::chrono::milliseconds(0))) {
      source.start_at(claim->stream, claim->partition, position.value_or(claim->own), mark);
    }
  }

  struct Read {
    std::vector<std::string> payloads;
    std::vector<std::string> errors;
    std::uint64_t next = 0, mark = 0;
  };
  // Everything until the source ends or has nothing more now.
  static Read read_all(testing::Source& source, std::optional<std::uint64_t> position = {}, std::uint64_t mark = 0,
                       std::uint64_t events = 10'000, std::uint64_t bytes = 1U << 20U) {
    Read out;
    for (int idle = 0; idle < 10;) {
      const auto polled = source.poll(events, bytes);
      for (const mr_event& event : polled.events()) {
        out.payloads.push_back(copy(event.payload));
        if (event.header_count > 0) {
          out.errors.push_back(copy(event.headers[0].value));
        }
      }
      if (!polled.empty()) {
        out.next = polled.batch.covers->next;
        out.mark = polled.batch.covers->mark;
        source.settle(polled.batch.id, MR_DELIVERED);
        continue;
      }
      if (polled.status == MR_END) {
        break;
      }
      ++idle;
      answer_claims(source, position, mark);
    }
    return out;
  }

  std::filesystem::path folder_;
};

TEST_F(SourceFile, ReadsLinesInOrderAndEnds) {
  testing::Source source(plugin(), {{"path", write("a.json", "{\"a\":1}\n\n{\"a\":2}\r\n{\"a\":3}")}});
  source.start();
  const Read read = read_all(source);
  EXPECT_EQ(read.payloads, (std::vector<std::string>{"{\"a\":1}", "{\"a\":2}", "{\"a\":3}"}));
  EXPECT_EQ(source.poll().status, MR_END);
  EXPECT_TRUE(source.violations().empty());
}

TEST_F(SourceFile, ReadsSeveralFilesOfAPatternPlainAndGzip) {
  write("1.log", "a\n");
  write_gzip("2.log", "b\nc\n");
  write("3.log", "d\n");
  testing::Source source(plugin(), {{"path", (folder_ / "*.log").string()}});
  source.start();
  EXPECT_EQ(read_all(source).payloads, (std::vector<std::string>{"a", "b", "c", "d"}));
  EXPECT_TRUE(source.violations().empty());
}

TEST_F(SourceFile, KeepsToTheBudgetAndItsBatchesJoin) {
  std::string text;
  for (int i = 0; i < 1000; ++i) {
    text += "{\"n\":" + std::to_string(i) + "}\n";
  }
  testing::Source source(plugin(), {{"path", write("a.json", text)}});
  source.start();
  EXPECT_EQ(read_all(source, {}, 0, 7, 50).payloads.size(), 1000U);
  EXPECT_TRUE(source.violations().empty()) << source.violations()[0];
}

TEST_F(SourceFile, GoesOnAtAStoredPosition) {
  const std::string path = write("a.json", "one\ntwo\nthree\n");
  std::uint64_t next = 0, mark = 0;
  {
    testing::Source source(plugin(), {{"path", path}});
    source.start();
    const Read read = read_all(source, {}, 0, 2);
    next = 8; // after "two"
    mark = 0;
    EXPECT_EQ(read.next, 14U);
  }
  testing::Source source(plugin(), {{"path", path}});
  source.start();
  EXPECT_EQ(read_all(source, next, mark).payloads, (std::vector<std::string>{"three"}));
}

TEST_F(SourceFile, GoesOnInAGzipFileToo) {
  testing::Source source(plugin(), {{"path", write_gzip("a.gz", "one\ntwo\nthree\n")}});
  source.start();
  EXPECT_EQ(read_all(source, 8).payloads, (std::vector<std::string>{"three"}));
}

TEST_F(SourceFile, AFileThatWasReplacedIsNotReadUnderTheOldPosition) {
  const std::string path = write("a.json", "one\ntwo\n");
  Read before;
  {
    testing::Source source(plugin(), {{"path", path}});
    source.start();
    before = read_all(source);
  }
  {
    write("a.json", "three\n", std::ios::app);
    testing::Source same(plugin(), {{"path", path}});
    same.start();
    EXPECT_EQ(read_all(same, before.next, before.mark).payloads, (std::vector<std::string>{"three"}));
  }
  write("a.json", "ONE\nTWO\nTHREE\nFOUR\n");
  testing::Source other(plugin(), {{"path", path}});
  other.start();
  EXPECT_TRUE(read_all(other, before.next, before.mark).payloads.empty());
  EXPECT_TRUE(other.host().logged("is not the one that was read before"));

  write("a.json", "x\n");
  testing::Source shorter(plugin(), {{"path", path}});
  shorter.start();
  EXPECT_TRUE(read_all(shorter, before.next, before.mark).payloads.empty());
  EXPECT_TRUE(shorter.host().logged("is shorter than what was read of it before"));
}

TEST_F(SourceFile, AbandonedEventsAreReadAgainAfterMoved) {
  testing::Source source(plugin(), {{"path", write("a.json", "one\ntwo\n")}});
  source.start();
  source.poll();
  answer_claims(source);
  const auto first = source.next();
  ASSERT_EQ(first.events().size(), 2U);
  const std::string stream = copy(first.batch.covers->stream);
  const std::int32_t partition = first.batch.covers->partition;
  source.settle(first.batch.id, MR_ABANDONED);
  source.moved(stream, partition);
  EXPECT_EQ(read_all(source).payloads, (std::vector<std::string>{"one", "two"}));
}

TEST_F(SourceFile, AFailedEventStopsItsFile) {
  testing::Source source(plugin(), {{"path", write("a.json", "one\ntwo\nthree\n")}});
  source.start();
  source.poll();
  answer_claims(source);
  source.settle(source.next(1).batch.id, MR_FAILED);
  EXPECT_EQ(source.poll().status, MR_END);
  EXPECT_TRUE(source.host().logged("read no further"));
}

TEST_F(SourceFile, FollowsAFileThatGrowsAndNewOnes) {
  write("a.log", "one\ntw");
  testing::Source source(plugin(), {{"path", (folder_ / "*.log").string()}, {"follow", "true"}});
  source.host().set_now_ns(1'000'000'000);
  source.start();
  EXPECT_EQ(read_all(source).payloads, (std::vector<std::string>{"one"}));
  write("a.log", "o\n", std::ios::app);
  write("b.log", "three\n");
  source.host().set_now_ns(3'000'000'000);
  EXPECT_EQ(read_all(source).payloads, (std::vector<std::string>{"two", "three"}));
  source.drain();
  EXPECT_EQ(source.poll().status, MR_END);
  EXPECT_TRUE(source.violations().empty());
}

TEST_F(SourceFile, CsvBecomesObjectsAndAnOddRecordIsHandedInWithTheReason) {
  testing::Source source(
      plugin(), {{"path", write("a.csv", "\xEF\xBB\xBFid,name\r\n1,\"a, b\"\r\n2\n3,\"c\nd\"\n")}, {"format", "csv"}});
  source.start();
  const Read read = read_all(source);
  EXPECT_EQ(read.payloads,
            (std::vector<std::string>{R"({"id":"1","name":"a, b"})", "2", R"({"id":"3","name":"c\u000ad"})"}));
  EXPECT_EQ(read.errors, (std::vector<std::string>{"the record has 1 fields, the header has 2"}));
}

TEST_F(SourceFile, CsvGoesOnWithItsHeader) {
  testing::Source source(plugin(),
                         {{"path", write("a.csv", "id;n\n1;2\n3;4\n")}, {"format", "csv"}, {"delimiter", ";"}});
  source.start();
  EXPECT_EQ(read_all(source, 9).payloads, (std::vector<std::string>{R"({"id":"3","n":"4"})"}));
}

TEST_F(SourceFile, ALineThatIsTooLongComesInPiecesAndItsNeighboursAsTheyAre) {
  testing::Source source(
      plugin(), {{"path", write("a.json", "one\n" + std::string(3000, 'x') + "\ntwo\n")}, {"max_event", "1KiB"}});
  source.start();
  const Read read = read_all(source);
  EXPECT_EQ(read.payloads.size(), 5U);
  EXPECT_EQ(read.payloads.front(), "one");
  EXPECT_EQ(read.payloads.back(), "two");
  EXPECT_EQ(read.errors.size(), 3U);
  std::size_t sum = 0;
  for (std::size_t i = 1; i + 1 < read.payloads.size(); ++i) {
    sum += read.payloads[i].size();
  }
  EXPECT_EQ(sum, 3000U);
}

TEST_F(SourceFile, APatternThatMatchesNothingIsSaidAtStart) {
  testing::Source source(plugin(), {{"path", (folder_ / "no*.json").string()}});
  try {
    source.start();
    FAIL() << "started";
  } catch (const testing::CallFailed& failed) {
    EXPECT_EQ(failed.status(), MR_TRANSIENT);
    EXPECT_NE(failed.text().find("no*.json"), std::string::npos);
  }
}

TEST_F(SourceFile, ABrokenGzipFileIsNamed) {
  std::string path = write_gzip("a.gz", std::string(100'000, 'x') + "\n");
  std::filesystem::resize_file(path, 60);
  std::ofstream(path, std::ios::binary | std::ios::app) << "garbage garbage garbage garbage";
  testing::Source source(plugin(), {{"path", path}});
  source.start();
  source.poll();
  answer_claims(source);
  try {
    for (int i = 0; i < 5; ++i) {
      source.poll();
    }
    FAIL() << "a broken file was read";
  } catch (const testing::CallFailed& failed) {
    EXPECT_NE(failed.text().find("a.gz"), std::string::npos);
  }
}

} // namespace
} // namespace millrace
