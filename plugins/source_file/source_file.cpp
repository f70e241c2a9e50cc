// Reads files of NDJSON or CSV, plain or gzip, one after the other or all along (`follow`), or standard input. A file
// is a log: its partition is a number made of its name, a position is an offset of unpacked bytes, so that a sink that
// stores positions makes it exactly once. Standard input has nothing to go back to.
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <millrace/source.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plugins/source_file/csv.hpp"
#include "plugins/source_file/input.hpp"

namespace millrace::source_file {
namespace {

constexpr std::size_t kReadBytes = 256U << 10U;
constexpr std::size_t kBatchBytes = 512U << 10U; // small beside the ceiling, so that some of it is always under way
constexpr std::size_t kMarkBytes = 64;           // a mark is a checksum of that many bytes before a position

constexpr mr_field kFields[] = {
    {"path", MR_STRING, MR_REQUIRED, nullptr, nullptr,
     "The file to read, a pattern such as `logs/*.json.gz`, or `-` for standard input. A relative one is meant from "
     "the folder "
     "in which the engine was started.",
     nullptr, 0},
    {"format", MR_STRING, 0, "ndjson", "ndjson|csv",
     "`ndjson`: one event a line. `csv`: a header line, then one event a record; every value becomes a JSON string, an "
     "empty one "
     "that is not quoted is left out.",
     nullptr, 0},
    {"delimiter", MR_STRING, 0, ",", nullptr, "Between the fields of CSV, one character; `\\t` is a tab.", nullptr, 0},
    {"stream", MR_STRING, 0, "file", nullptr, "What the events come from, as tables say it: `from topic \"…\"`.",
     nullptr, 0},
    {"follow", MR_BOOL, 0, "false", nullptr,
     "Stay at the end of the files and wait for more, also for new files of the pattern.", nullptr, 0},
    {"look_every", MR_DURATION, 0, "500ms", "10ms..1h", "With `follow`: how often to look for more.", nullptr, 0},
    {"max_event", MR_SIZE, 0, "1MiB", "1KiB..64MiB",
     "A longer line is handed in in pieces of that size, each with a header `millrace-source-error`, and so ends in "
     "the dead "
     "letter.",
     nullptr, 0},
};

std::int32_t partition_of(const std::string& path) {
  const uLong sum =
      crc32(crc32(0, nullptr, 0), reinterpret_cast<const Bytef*>(path.data()), static_cast<uInt>(path.size()));
  return static_cast<std::int32_t>(sum & 0x7FFF'FFFFU);
}

// One batch's memory: the block of bytes that its events point into. Lives until settle.
struct Block {
  std::uint64_t id = 0;
  std::size_t file = 0;
  mr_range covers{};
  std::string bytes;
  std::deque<std::string> made; // CSV as JSON, error texts
  std::deque<mr_pair> headers;
  std::vector<mr_event> events;
};

struct File {
  enum class State { fresh, claiming, reading, done, broken };

  std::string path;
  std::int32_t partition = -1;
  State state = State::fresh;
  std::unique_ptr<Input> input;
  std::uint64_t position = 0;     // of rest[0]
  std::string rest;               // read, not handed out
  std::string before;             // the last bytes before `position`, for marks
  bool at_end = false;            // the last read gave nothing
  bool cut = false;               // the last piece handed out was not the end of its line
  std::vector<std::string> names; // CSV: the header line
};

class FileSource {
 public:
  static constexpr auto& fields = kFields;
  static constexpr std::uint32_t flags = MR_BLOCKS | MR_REPLAYS;

  FileSource(Host host, const Config& config)
      : host_(host),
        pattern_(config.text("path")),
        stream_(config.text("stream")),
        csv_(config.text("format") == "csv"),
        follow_(config.flag("follow")),
        look_every_ns_(config.duration("look_every").count()),
        max_event_(config.bytes("max_event")) {
    const std::string_view delimiter = config.text("delimiter");
    delimiter_ = delimiter == "\\t" ? '\t' : delimiter.size() == 1 ? delimiter[0] : '\0';
    if (delimiter_ == '\0' || delimiter_ == '"' || delimiter_ == '\n') {
      throw invalid("delimiter '" + std::string(delimiter) + "' is not one character that can stand between fields");
    }
    if (!host.worker().ends_with("/0")) {
      throw invalid("source.file reads each file once and so needs `workers = 1`; this is worker " +
                    std::string(host.worker()));
    }
  }

  void start() {
    look();
    if (files_.empty() && !follow_) {
      throw transient("no file matches '" + pattern_ +
                      "'; write one, correct `path`, or set `follow = true` to wait for it");
    }
  }

  mr_status poll(const mr_budget& budget, mr_batch& out) {
    if (follow_ && !draining_ && host_.now_ns() >= look_at_) {
      look();
      look_at_ = host_.now_ns() + look_every_ns_;
    }
    bool claiming = false;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      File& file = *files_[i];
      if (draining_ || file.state == File::State::done || file.state == File::State::broken) {
        continue;
      }
      if (file.state == File::State::fresh) {
        open(file);
      }
      if (file.state == File::State::claiming) {
        claiming = true;
      } else if (hand_out(i, budget, out)) {
        return MR_OK;
      }
      if (!follow_ && file.state != File::State::done && file.state != File::State::broken) {
        break; // one after the other
      }
    }
    if (draining_ || (!follow_ && !claiming && std::ranges::all_of(files_, [](const auto& file) {
          return file->state == File::State::done || file->state == File::State::broken;
        }))) {
      return MR_END;
    }
    if (!claiming) {
      wait_for_input();
      host_.wake_at(pattern_ == "-" ? 0 : host_.now_ns() + look_every_ns_);
    }
    return MR_OK;
  }

  void settle(std::uint64_t batch, std::span<const mr_verdict> verdicts) {
    const auto found = blocks_.find(batch);
    File& file = *files_[found->second->file];
    for (const mr_verdict& verdict : verdicts) {
      if (verdict.outcome == MR_FAILED && file.state != File::State::broken) {
        file.state = File::State::broken;
        host_.error("the engine gave up on an event; this file is read no further",
                    {{"file", file.path}, {"offset", std::to_string(found->second->covers.first)}});
      }
    }
    blocks_.erase(found);
  }

  void start_at(std::string_view, std::int32_t partition, std::uint64_t position, std::uint64_t mark) {
    File* file = find(partition);
    if (file == nullptr || file->state == File::State::broken) {
      return;
    }
    file->input = std::make_unique<Input>(file->path);
    file->names.clear();
    file->rest.clear();
    file->before.clear();
    file->at_end = false;
    file->cut = false;
    file->position = 0;
    file->state = File::State::reading;
    if (position > 0) {
      if (csv_) {
        read_header(*file);
      }
      go_to(*file, position, mark);
    }
    host_.wake();
  }
  void moved(std::string_view, std::int32_t partition) {
    File* file = find(partition);
    if (file != nullptr && file->state != File::State::broken) {
      claim(*file);
    }
  }
  void released(std::string_view, std::int32_t) {}

  void drain() { draining_ = true; }
  void stop() {
    files_.clear();
    blocks_.clear();
  }
  void interrupt() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_fd_.fd, &one, sizeof one);
  }

 private:
  struct EventFd {
    EventFd() : fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
    EventFd(const EventFd&) = delete;
    EventFd& operator=(const EventFd&) = delete;
    ~EventFd() { ::close(fd); }
    int fd;
  };

  File* find(std::int32_t partition) {
    const auto found = std::ranges::find_if(files_, [&](const auto& file) { return file->partition == partition; });
    return found == files_.end() ? nullptr : found->get();
  }

  // Takes up files of the pattern that are not known yet, in the order of their names.
  void look() {
    std::vector<std::string> paths;
    if (pattern_ == "-") {
      paths.push_back(pattern_);
    } else {
      glob_t found{};
      if (::glob(pattern_.c_str(), GLOB_NOSORT, nullptr, &found) == 0) {
        paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
      }
      globfree(&found);
      std::ranges::sort(paths);
    }
    for (const std::string& path : paths) {
      if (std::ranges::any_of(files_, [&](const auto& file) { return file->path == path; })) {
        continue;
      }
      auto file = std::make_unique<File>();
      file->path = path;
      file->partition = path == "-" ? -1 : partition_of(path);
      if (const File* other = path == "-" ? nullptr : find(file->partition)) {
        host_.error("two file names give the same partition number; rename one of them",
                    {{"file", path}, {"other", other->path}});
        continue;
      }
      files_.push_back(std::move(file));
    }
  }

  void open(File& file) {
    if (file.partition >= 0 && host_.claims() != nullptr) {
      claim(file);
      return;
    }
    file.input = std::make_unique<Input>(file.path);
    file.state = File::State::reading;
  }
  void claim(File& file) {
    file.state = File::State::claiming;
    file.input.reset();
    file.rest.clear();
    host_.claims()->claim(host_.raw(), str(stream_), file.partition, 0, 0);
  }

  // Reads the CSV header from the start of a file; false when it is not all there yet.
  bool read_header(File& file) {
    for (;;) {
      if (const auto end = csv_record_end(file.rest, file.at_end)) {
        for (CsvField& field : csv_fields(trimmed(file.rest, *end, true), delimiter_)) {
          file.names.push_back(std::move(field.text));
        }
        consume(file, *end);
        return true;
      }
      if (!read_more(file)) {
        return false;
      }
    }
  }

  // Continues a file at a stored position, after a look at whether it still is the same file.
  void go_to(File& file, std::uint64_t position, std::uint64_t mark) {
    const std::uint64_t from = position > kMarkBytes ? position - kMarkBytes : 0;
    file.rest.clear();
    file.before.clear();
    std::string before(position - from, '\0');
    std::size_t have = 0;
    if (file.input->skip_to(from) == from) {
      for (std::size_t got = 1; got > 0 && have < before.size(); have += got) {
        got = file.input->read(before.data() + have, before.size() - have);
      }
    }
    if (have < before.size()) {
      file.state = File::State::broken;
      host_.error("a file is shorter than what was read of it before; it is not read: give the new one another name",
                  {{"file", file.path}, {"offset", std::to_string(position)}});
      return;
    }
    file.before = std::move(before);
    file.position = position;
    if (mark != 0 && mark_of(file.before) != mark) {
      file.state = File::State::broken;
      host_.error(
          "a file is not the one that was read before under its name; it is not read: give the new one another name",
          {{"file", file.path}, {"offset", std::to_string(position)}});
    }
  }

  static std::uint64_t mark_of(std::string_view before) {
    const uLong sum =
        crc32(crc32(0, nullptr, 0), reinterpret_cast<const Bytef*>(before.data()), static_cast<uInt>(before.size()));
    return (std::uint64_t{1} << 32U) | sum; // never 0
  }

  // False when there is nothing more now.
  bool read_more(File& file) {
    const std::size_t had = file.rest.size();
    file.rest.resize(had + kReadBytes);
    const std::size_t got = file.input->read(file.rest.data() + had, kReadBytes);
    file.rest.resize(had + got);
    file.at_end = got == 0 && (file.partition >= 0 ? !follow_ : !file.input->open());
    return got > 0;
  }

  // Moves the position over the first `size` bytes of `rest`.
  static void consume(File& file, std::size_t size) {
    remember(file, std::string_view(file.rest).substr(0, size));
    file.rest.erase(0, size);
    file.position += size;
  }
  static void remember(File& file, std::string_view passed) {
    file.before.append(passed.substr(passed.size() - std::min(passed.size(), kMarkBytes)));
    if (file.before.size() > kMarkBytes) {
      file.before.erase(0, file.before.size() - kMarkBytes);
    }
  }

  std::string_view trimmed(std::string_view text, std::size_t end, bool first) const {
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\n')) {
      line.remove_suffix(1);
    }
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (first && line.starts_with("\xEF\xBB\xBF")) {
      line.remove_prefix(3);
    }
    return line;
  }

  std::optional<std::size_t> record_end(const File& file, std::size_t from) const {
    const std::string_view text = std::string_view(file.rest).substr(from);
    std::optional<std::size_t> end;
    if (csv_) {
      end = csv_record_end(text, file.at_end);
    } else if (const std::size_t line = text.find('\n'); line != std::string_view::npos) {
      end = line + 1;
    } else if (file.at_end && !text.empty()) {
      end = text.size();
    }
    if (end.value_or(text.size()) > max_event_) {
      end = max_event_; // too long: it is handed in as broken, in pieces, so that no byte of it is lost
    }
    return end;
  }

  // One batch of whole lines of one file; false when it has none now.
  bool hand_out(std::size_t index, const mr_budget& budget, mr_batch& out) {
    File& file = *files_[index];
    if (csv_ && file.names.empty() && !read_header(file)) {
      if (file.at_end) {
        finish(file);
      }
      return false;
    }
    const std::size_t enough = std::min<std::uint64_t>(budget.bytes, kBatchBytes);
    while (file.rest.size() < enough && read_more(file)) {
    }
    std::size_t taken = 0;
    std::vector<std::pair<std::size_t, std::size_t>> lines;
    while (lines.size() < budget.events) {
      const auto end = record_end(file, taken);
      if (!end || (!lines.empty() && taken + *end > budget.bytes)) {
        break;
      }
      lines.emplace_back(taken, *end);
      taken += *end;
    }
    if (lines.empty()) {
      if (file.at_end) {
        finish(file);
      }
      return false;
    }
    auto block = std::make_unique<Block>();
    block->id = ++last_id_;
    block->file = index;
    block->bytes.reserve(taken + MR_PADDING);
    block->bytes.assign(file.rest, 0, taken);
    block->bytes.append(MR_PADDING, '\0');
    const bool log = file.partition >= 0;
    block->covers = {str(stream_), file.partition, 0, log ? file.position : 0, log ? file.position + taken : 0, 0};
    for (const auto& [from, size] : lines) {
      add_event(file, *block, from, size);
    }
    consume(file, taken);
    if (block->events.empty() && !log) {
      host_.wake(); // only blank lines, and no range to report
      return false;
    }
    block->covers.mark = log ? mark_of(file.before) : 0;
    out = {block->id, &block->covers, block->events.data(), block->events.size()};
    blocks_.emplace(block->id, std::move(block));
    return true;
  }

  void add_event(File& file, Block& block, std::size_t from, std::size_t size) {
    const std::string_view line = trimmed(std::string_view(block.bytes).substr(from), size, file.position + from == 0);
    if (line.find_first_not_of(" \t") == std::string_view::npos) {
      return; // a blank line: the range covers it, and there is no event
    }
    mr_event event{};
    event.origin = &block.covers;
    event.position = file.partition >= 0 ? file.position + from : 0;
    event.time_us = host_.time_us();
    event.payload = str(line);
    event.flags = MR_PADDED;
    const bool cut = size == max_event_ && block.bytes[from + size - 1] != '\n';
    if (cut || file.cut) {
      refuse(block, event, "a piece of a line that is longer than max_event");
      file.cut = cut;
    } else if (csv_) {
      const std::vector<CsvField> fields = csv_fields(line, delimiter_);
      if (fields.size() != file.names.size()) {
        refuse(block, event,
               "the record has " + std::to_string(fields.size()) + " fields, the header has " +
                   std::to_string(file.names.size()));
      } else {
        std::string& json = block.made.emplace_back();
        csv_to_json(file.names, fields, json);
        event.payload = str(json);
        event.flags = 0;
      }
    }
    block.events.push_back(event);
  }

  // The event is handed in as it is, which no rule can read, with a header that says why.
  static void refuse(Block& block, mr_event& event, std::string why) {
    block.headers.push_back({str("millrace-source-error"), str(block.made.emplace_back(std::move(why)))});
    event.headers = &block.headers.back();
    event.header_count = 1;
  }

  void finish(File& file) {
    file.state = File::State::done;
    file.input.reset();
    host_.info("a file is read to its end", {{"file", file.path}, {"bytes", std::to_string(file.position)}});
  }

  // Standard input: waits until there is something, the engine interrupts, or a while has passed.
  void wait_for_input() {
    if (pattern_ != "-" || files_.empty() || files_[0]->input == nullptr) {
      return;
    }
    pollfd both[] = {{files_[0]->input->fd(), POLLIN, 0}, {wake_fd_.fd, POLLIN, 0}};
    ::poll(both, 2, 100);
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(wake_fd_.fd, &count, sizeof count);
  }

  Host host_;
  std::string pattern_;
  std::string stream_;
  bool csv_;
  bool follow_;
  char delimiter_ = ',';
  std::int64_t look_every_ns_;
  std::uint64_t max_event_;
  EventFd wake_fd_;
  std::vector<std::unique_ptr<File>> files_;
  std::map<std::uint64_t, std::unique_ptr<Block>> blocks_;
  std::uint64_t last_id_ = 0;
  std::int64_t look_at_ = 0;
  bool draining_ = false;
};

} // namespace
} // namespace millrace::source_file

MILLRACE_MODULE("source_file", "1.0.0",
                millrace::source_plugin<millrace::source_file::FileSource>(
                    "file", "Reads files of NDJSON or CSV, plain or gzip, or standard input."));
