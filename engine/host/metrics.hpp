// Counters, gauges and histograms by handle, and the page that Prometheus reads. What the metrics mean is told where
// they are counted.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::host {

using Labels = std::vector<std::pair<std::string, std::string>>;

// The page while it is put together; for numbers that are kept elsewhere and only read when somebody asks.
class MetricsPage {
 public:
  // kind: MR_COUNTER or MR_GAUGE. A name always comes with the same kind and help.
  void sample(std::uint32_t kind, const std::string& name, std::string_view help, const Labels& labels, double value);

 private:
  friend class Metrics;
  struct Family {
    std::uint32_t kind = 0;
    std::string help;
    std::string lines;
  };

  Family& family(std::uint32_t kind, const std::string& name, std::string_view help);
  std::string text() const;

  std::map<std::string, Family> families_;
};

// Every name gets the prefix "millrace_". add and set take no lock and may be called from any thread.
class Metrics {
 public:
  using Collector = std::function<void(MetricsPage&)>;

  Metrics() = default;
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The same kind, name and labels give the same handle. 0: refused; `why` says so in words when it is given. Who asked
  // for a handle gives it back with release, as often as it asked: what nobody has any more leaves the page. A counter
  // goes on from where it was when somebody asks for it again, a gauge begins with 0.
  std::uint32_t metric(std::uint32_t kind, const std::string& name, std::string_view help, Labels labels,
                       std::span<const double> bounds, std::string* why = nullptr);
  void release(std::uint32_t handle);
  void add(std::uint32_t handle, double value);
  void set(std::uint32_t handle, double value);

  // Asked at each page, on the thread that asks for it, until the answered object is destroyed, which has to be
  // before this one is. A collector registers and removes none.
  std::shared_ptr<void> collect(Collector collector);

  // Of the gauges whose name ends so and that have this label; nothing where there is none.
  std::optional<double> sum(std::string_view ending, const std::pair<std::string, std::string>& label) const;

  std::string page() const;

 private:
  struct Cell;
  struct Chunk;
  static constexpr std::size_t kChunkCells = 256;
  static constexpr std::size_t kChunks = 256;

  Cell* cell(std::uint32_t handle) const;

  std::array<std::atomic<Chunk*>, kChunks> chunks_{};
  mutable std::mutex mutex_; // of everything below
  std::uint32_t count_ = 0;
  std::map<std::string, std::uint32_t> by_key_;
  std::map<std::string, std::pair<std::uint32_t, std::string>> families_; // kind and help
  std::map<std::uint64_t, Collector> collectors_;
  std::uint64_t next_collector_ = 0;
};

} // namespace millrace::host
