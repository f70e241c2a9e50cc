// Writes records as NDJSON to a file, for looking and for tests. Durable as a file is: a delivery is complete after
// fdatasync.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <millrace/sink.hpp>
#include <string>
#include <vector>

#include "plugins/sink_file/json.hpp"

namespace millrace::sink_file {
namespace {

constexpr mr_field kFields[] = {
    {"path", MR_STRING, MR_REQUIRED | MR_PATH, nullptr, nullptr,
     "The file to append to. `{worker}` stands for the number of the worker; with more than one worker it has to be "
     "there.",
     nullptr, 0},
    {"sync", MR_BOOL, 0, "true", nullptr, "Wait for the disk before a delivery counts as durable.", nullptr, 0},
};

struct Bound {
  std::string name;
  std::vector<Column> columns;
};

class FileSink {
 public:
  static constexpr auto& fields = kFields;
  static constexpr std::uint32_t flags = MR_BLOCKS | MR_ORDERED | MR_TAKES_MESSAGES | MR_TAKES_ROWS;

  FileSink(Host host, const Config& config) : host_(host), path_(config.text("path")), sync_(config.flag("sync")) {
    const std::string worker(host.worker());
    const std::string number = worker.substr(worker.rfind('/') + 1);
    const std::size_t place = path_.find("{worker}");
    if (place != std::string::npos) {
      path_.replace(place, 8, number);
    } else if (number != "0") {
      throw invalid("path '" + path_ + "' is the same for all workers; put `{worker}` into it or set `workers = 1`");
    }
  }
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;
  ~FileSink() { close(); }

  void start() {
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd_ < 0) {
      throw transient("file '" + path_ + "' cannot be opened for writing: " + std::strerror(errno), errno);
    }
    end_ = ::lseek(fd_, 0, SEEK_END);
  }
  void stop() { close(); }

  void bind(std::uint32_t id, const mr_target& target) {
    Bound bound{copy(target.name), {}};
    if (target.form == MR_ROWS) {
      bound.columns = columns_of(*target.schema);
    }
    bound_[id] = std::move(bound);
  }
  void unbind(std::uint32_t id) { bound_.erase(id); }

  void write(const mr_delivery& delivery) {
    lines_.clear();
    for (const mr_part& part : std::span(delivery.parts, delivery.part_count)) {
      append(part);
    }
    put();
    host_.complete(delivery.id, MR_RECORD_OK);
  }

 private:
  void append(const mr_part& part) {
    const Bound& bound = bound_.at(part.target);
    if (part.rows == nullptr) {
      for (std::size_t i = 0; i < part.count; ++i) {
        append_message(bound.name, *part.messages[i], lines_);
        lines_ += '\n';
      }
      return;
    }
    const RowView rows(*part.rows);
    for (std::size_t i = 0; i < part.count; ++i) {
      append_row(bound.name, bound.columns, rows, part.row == nullptr ? i : part.row[i], lines_);
      lines_ += '\n';
    }
  }

  // All of it or nothing: what a failed write left behind is cut off again.
  void put() {
    std::size_t done = 0;
    while (done < lines_.size()) {
      const ssize_t wrote = ::write(fd_, lines_.data() + done, lines_.size() - done);
      if (wrote < 0 && errno == EINTR) {
        continue;
      }
      if (wrote < 0) {
        give_up("written");
      }
      done += static_cast<std::size_t>(wrote);
    }
    if (sync_ && ::fdatasync(fd_) != 0 && errno != EINVAL && errno != EROFS) { // a pipe or a device has nothing to sync
      give_up("synced");
    }
    end_ += static_cast<off_t>(done);
  }
  [[noreturn]] void give_up(const char* what) {
    const int reason = errno;
    if (end_ >= 0) {
      [[maybe_unused]] const int cut = ::ftruncate(fd_, end_);
    }
    throw transient("file '" + path_ + "' cannot be " + what + ": " + std::strerror(reason), reason);
  }
  void close() {
    if (fd_ >= 0) {
      ::close(fd_);
      fd_ = -1;
    }
  }

  Host host_;
  std::string path_;
  bool sync_;
  int fd_ = -1;
  off_t end_ = 0;
  std::map<std::uint32_t, Bound> bound_;
  std::string lines_;
};

} // namespace
} // namespace millrace::sink_file

MILLRACE_MODULE("sink_file", "1.0.0",
                millrace::sink_plugin<millrace::sink_file::FileSink>(
                    "file", "Writes records as NDJSON, for looking and for tests."));
