#include "engine/runtime/folder_watch.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "engine/runtime/lane_thread.hpp"

namespace millrace::runtime {
namespace {

constexpr std::uint32_t kWhat =
    IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_ONLYDIR;
constexpr int kForever = -1;

// Hidden files (but for the link by which Kubernetes swaps a whole folder), backups, and what vim and emacs write to
// see whether they may.
bool is_beside(std::string_view name) {
  return name.empty() || (name.front() == '.' && name != "..data") || name.front() == '#' || name.ends_with('~') ||
         name.ends_with(".swp") || name.ends_with(".swx") || name.ends_with(".tmp") || name == "4913";
}

} // namespace

FolderWatch::FolderWatch(const std::vector<std::filesystem::path>& folders, std::chrono::milliseconds quiet,
                         std::function<void(const std::string& file)> changed)
    : quiet_(quiet),
      changed_(std::move(changed)),
      events_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
  try {
    if (events_ < 0 || stop_ < 0) {
      throw CannotWatch(fmt::format("folders cannot be watched: {}", std::strerror(errno)));
    }
    for (const std::filesystem::path& folder : folders) {
      add(folder, true);
    }
  } catch (...) {
    ::close(events_);
    ::close(stop_);
    throw;
  }
  thread_ = std::thread([this] {
    name_thread("watch");
    run();
  });
}

FolderWatch::~FolderWatch() {
  ::eventfd_write(stop_, 1);
  thread_.join();
  ::close(events_);
  ::close(stop_);
}

// With everything below it. One that goes while it is looked at is none to watch.
void FolderWatch::add(const std::filesystem::path& folder, bool must) {
  const int watch = ::inotify_add_watch(events_, folder.c_str(), kWhat);
  if (watch < 0) {
    if (must || errno == ENOSPC) {
      throw CannotWatch(fmt::format("{} cannot be watched: {}", folder.string(), std::strerror(errno)));
    }
    return;
  }
  folders_[watch] = folder;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    if (entry.is_directory(failed) && !is_beside(entry.path().filename().string())) {
      add(entry.path(), false);
    }
  }
}

void FolderWatch::run() {
  std::string file; // that changed and nobody was told of
  for (;;) {
    std::array<pollfd, 2> waits{{{stop_, POLLIN, 0}, {events_, POLLIN, 0}}};
    const int ready = ::poll(waits.data(), waits.size(), file.empty() ? kForever : static_cast<int>(quiet_.count()));
    if ((waits[0].revents & POLLIN) != 0) {
      return;
    }
    if (ready > 0) {
      const std::string found = read_events();
      file = found.empty() ? file : found;
    } else if (ready == 0) {
      changed_(std::exchange(file, {}));
    }
  }
}

// The last file that counts; empty: there was none.
std::string FolderWatch::read_events() {
  alignas(inotify_event) std::array<char, 16'384> bytes;
  std::string out;
  for (;;) {
    const ssize_t size = ::read(events_, bytes.data(), bytes.size());
    if (size <= 0) {
      return out;
    }
    for (ssize_t at = 0; at < size;) {
      inotify_event event{};
      std::memcpy(&event, bytes.data() + at, sizeof event);
      const std::string name(event.len == 0 ? "" : bytes.data() + at + sizeof event);
      at += static_cast<ssize_t>(sizeof event + event.len);
      const auto folder = folders_.find(event.wd);
      if (folder == folders_.end() || is_beside(name)) {
        continue;
      }
      const std::filesystem::path path = folder->second / name;
      const bool made = (event.mask & (IN_CREATE | IN_MOVED_TO)) != 0;
      if (made && (event.mask & IN_ISDIR) != 0) {
        try {
          add(path, false);
        } catch (const CannotWatch&) { // the limit of the system; what is watched goes on
        }
      }
      if ((event.mask & IN_CREATE) == 0 || (event.mask & IN_ISDIR) != 0) { // a file that was made is written next
        out = path.string();
      }
    }
  }
}

} // namespace millrace::runtime
