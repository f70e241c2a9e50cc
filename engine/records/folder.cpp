#include "engine/records/folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>

#include "engine/host/failpoint.hpp"
#include "engine/records/descriptor.hpp"

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

void make_folder(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) {
    unavailable(folder, "made", failed.value());
  }
}

fs::path made_folder(fs::path folder) {
  make_folder(folder);
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    unavailable(folder, "written", errno);
  }
  return folder;
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

Folder::Folder(fs::path folder, std::size_t journal_bytes)
    : folder_(made_folder(std::move(folder))),
      journal_(folder_, journal_bytes, [this](const Record& record) { put_again(record); }) {}

void Folder::write(std::span<const Record> records) {
  if (records.size() < 2) {
    for (const Record& record : records) {
      put_file(record, false, Sync::yes);
    }
    return;
  }
  const std::lock_guard lock(mutex_);
  journal_.append(records);
  host::failpoint("journal");
  for (const Record& record : records) {
    put_file(record, false, Sync::no);
    host::failpoint("spread");
  }
}

bool Folder::put_new(const Record& record) { return put_file(record, true, Sync::yes); }

// What another process has written since stays.
void Folder::put_again(const Record& record) {
  const std::optional<Record> there = get(record.scope, record.kind, record.key);
  if (!there || there->time_us <= record.time_us) {
    put_file(record, false, Sync::no);
  }
}

// The name changes from nothing, or from the whole old, to the whole new.
bool Folder::put_file(const Record& record, bool only_new, Sync sync) {
  static std::atomic<unsigned> number = 0;
  const fs::path folder = folder_ / file_name(record.scope) / file_name(record.kind);
  make_folder(folder);
  const fs::path path = folder / file_name(record.key);
  const fs::path unfinished = folder / fmt::format("{}.{}.{}", kUnfinished, ::getpid(), number++);
  {
    Descriptor file(unfinished, O_WRONLY | O_CREAT | O_TRUNC);
    file.write(fmt::format("{}\n", record.time_us));
    file.write(record.bytes);
    if (sync == Sync::yes) {
      file.sync();
    }
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
  if (sync == Sync::yes) {
    Descriptor(folder, O_RDONLY | O_DIRECTORY).sync();
  }
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

void Folder::forget(std::span<const Name> names) {
  for (const Name& name : names) {
    const fs::path path = folder_ / file_name(name.scope) / file_name(name.kind) / file_name(name.key);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) {
      unavailable(path, "removed", errno);
    }
  }
}

} // namespace millrace::records
