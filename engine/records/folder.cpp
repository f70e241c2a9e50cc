#include "engine/records/folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>

namespace millrace::records {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
constexpr std::string_view kUnfinished = ".unfinished";

// A name as that of a file: everything that is no letter, digit, _ or - is written as %HEX. So none begins with a dot.
std::string file_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    out += kPlain.find(c) == std::string_view::npos ? fmt::format("%{:02x}", static_cast<unsigned char>(c))
                                                    : std::string(1, c);
  }
  return out;
}

std::optional<std::string> name_of(std::string_view file) {
  std::string out;
  for (std::size_t i = 0; i < file.size(); ++i) {
    if (kPlain.find(file[i]) != std::string_view::npos) {
      out += file[i];
      continue;
    }
    unsigned char byte = 0;
    const bool escape = file[i] == '%' && i + 2 < file.size();
    if (!escape || std::from_chars(file.data() + i + 1, file.data() + i + 3, byte, 16).ptr != file.data() + i + 3) {
      return std::nullopt; // none of ours
    }
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

[[noreturn]] void unavailable(const fs::path& path, std::string_view what, int error) {
  throw Unavailable(fmt::format("{} cannot be {}: {}", path.string(), what, std::strerror(error)));
}

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags) : path_(path), fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {
    if (fd_ < 0) {
      unavailable(path_, "opened", errno);
    }
  }
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno != EINTR) {
        unavailable(path_, "written", errno);
      }
      bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
  }
  void sync() {
    if (::fsync(fd_) != 0) {
      unavailable(path_, "written", errno);
    }
  }

 private:
  const fs::path& path_;
  int fd_;
};

void make_folder(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) {
    unavailable(folder, "made", failed.value());
  }
}

// Nothing: it is not there, or is none of ours.
std::optional<Record> read(const fs::path& path, std::string_view scope, std::string_view kind, std::string_view key,
                           bool whole) {
  std::ifstream in(path, std::ios::binary);
  if (!in.is_open()) {
    return std::nullopt;
  }
  Record out{std::string(scope), std::string(kind), std::string(key), 0, {}};
  std::string time;
  std::getline(in, time);
  const auto [end, error] = std::from_chars(time.data(), time.data() + time.size(), out.time_us);
  if (error != std::errc() || end != time.data() + time.size()) {
    return std::nullopt;
  }
  if (whole) {
    out.bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  return out;
}

} // namespace

Folder::Folder(fs::path folder) : folder_(std::move(folder)) {
  make_folder(folder_);
  if (::access(folder_.c_str(), W_OK | X_OK) != 0) {
    unavailable(folder_, "written", errno);
  }
}

// The name changes from nothing, or from the whole old, to the whole new.
bool Folder::put(const Record& record, bool only_new) {
  static std::atomic<unsigned> number = 0;
  const fs::path folder = folder_ / file_name(record.scope) / file_name(record.kind);
  make_folder(folder);
  const fs::path path = folder / file_name(record.key);
  const fs::path unfinished = folder / fmt::format("{}.{}.{}", kUnfinished, ::getpid(), number++);
  {
    Descriptor file(unfinished, O_WRONLY | O_CREAT | O_TRUNC);
    file.write(fmt::format("{}\n", record.time_us));
    file.write(record.bytes);
    file.sync();
  }
  bool put = true;
  if (only_new) {
    put = ::link(unfinished.c_str(), path.c_str()) == 0;
    const int error = errno;
    ::unlink(unfinished.c_str());
    if (!put && error != EEXIST) {
      unavailable(path, "written", error);
    }
  } else if (::rename(unfinished.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(unfinished.c_str());
    unavailable(path, "written", error);
  }
  Descriptor(folder, O_RDONLY | O_DIRECTORY).sync();
  return put;
}

std::vector<Record> Folder::newest(std::string_view scope, std::string_view kind, std::size_t limit) {
  return list(scope, kind, limit, Part::whole);
}

std::vector<Record> Folder::names(std::string_view scope, std::string_view kind, std::size_t limit) {
  return list(scope, kind, limit, Part::name);
}

std::vector<Record> Folder::list(std::string_view scope, std::string_view kind, std::size_t limit, Part part) const {
  std::vector<Record> out;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder_ / file_name(scope) / file_name(kind), failed)) {
    const std::optional<std::string> key = name_of(entry.path().filename().string());
    if (std::optional<Record> record =
            key ? read(entry.path(), scope, kind, *key, part == Part::whole) : std::nullopt) {
      out.push_back(std::move(*record));
    }
  }
  keep_newest(out, limit);
  return out;
}

std::optional<Record> Folder::get(std::string_view scope, std::string_view kind, std::string_view key) {
  return read(folder_ / file_name(scope) / file_name(kind) / file_name(key), scope, kind, key, true);
}

void Folder::forget(std::string_view scope, std::string_view kind, std::string_view key) {
  const fs::path path = folder_ / file_name(scope) / file_name(kind) / file_name(key);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) {
    unavailable(path, "removed", errno);
  }
}

} // namespace millrace::records
