#include "engine/host/metrics.hpp"

#include <fmt/format.h>
#include <millrace/ext/metrics.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace millrace::host {
namespace {

constexpr std::string_view kPrefix = "millrace_";
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
constexpr std::string_view kDigits = "0123456789";

bool is_name(std::string_view name) {
  return !name.empty() && kLetters.find(name.front()) != std::string_view::npos &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return kLetters.find(c) != std::string_view::npos || kDigits.find(c) != std::string_view::npos;
         });
}

std::string_view kind_word(std::uint32_t kind) {
  return kind == MR_COUNTER ? "counter" : kind == MR_GAUGE ? "gauge" : "histogram";
}

std::string escaped(std::string_view text, bool quotes) {
  std::string out;
  for (const char letter : text) {
    if (letter == '\n') {
      out += "\\n";
    } else if (letter == '\\' || (quotes && letter == '"')) {
      out += '\\';
      out += letter;
    } else {
      out += letter;
    }
  }
  return out;
}

std::string number(double value) {
  if (std::isinf(value)) {
    return value > 0 ? "+Inf" : "-Inf";
  }
  return std::isnan(value) ? "NaN" : fmt::format("{}", value);
}

// {a="b",le="0.5"}; empty: nothing at all.
std::string label_text(const Labels& labels, std::string_view extra = {}) {
  std::string out;
  for (const auto& [key, value] : labels) {
    out += fmt::format("{}{}=\"{}\"", out.empty() ? "" : ",", key, escaped(value, true));
  }
  if (!extra.empty()) {
    out += fmt::format("{}{}", out.empty() ? "" : ",", extra);
  }
  return out.empty() ? out : "{" + out + "}";
}

void add_to(std::atomic<double>& sum, double value) {
  double before = sum.load(std::memory_order_relaxed);
  while (!sum.compare_exchange_weak(before, before + value, std::memory_order_relaxed)) {
  }
}

std::string refusal(std::uint32_t kind, const std::string& name, const Labels& labels, std::span<const double> bounds) {
  if (kind < MR_COUNTER || kind > MR_HISTOGRAM) {
    return fmt::format("metric '{}' has the unknown kind {}", name, kind);
  }
  if (!is_name(name)) {
    return fmt::format("'{}' is no name of a metric: letters, digits and _ only", name);
  }
  for (const auto& [key, value] : labels) {
    if (!is_name(key) || key == "le") {
      return fmt::format("metric '{}': '{}' is no name of a label", name, key);
    }
  }
  const bool ascending =
      std::adjacent_find(bounds.begin(), bounds.end(), [](double a, double b) { return !(a < b); }) == bounds.end();
  if (kind == MR_HISTOGRAM && (bounds.empty() || !ascending)) {
    return fmt::format("metric '{}': the bounds of a histogram have to be there and to ascend", name);
  }
  return {};
}

} // namespace

// A line of its own in the cache: two workers count side by side.
struct alignas(64) Metrics::Cell {
  std::uint32_t kind = 0;
  std::uint32_t holders = 0;
  std::atomic<double> value{0}; // histogram: the sum
  std::string name;
  Labels labels;
  std::vector<double> bounds;
  std::unique_ptr<std::atomic<std::uint64_t>[]> counts; // one more than bounds
};

struct Metrics::Chunk {
  std::array<Cell, kChunkCells> cells;
};

MetricsPage::Family& MetricsPage::family(std::uint32_t kind, const std::string& name, std::string_view help) {
  Family& found = families_[std::string(kPrefix) + name];
  if (found.kind == 0) {
    found.kind = kind;
    found.help = help;
  }
  return found;
}

void MetricsPage::sample(std::uint32_t kind, const std::string& name, std::string_view help, const Labels& labels,
                         double value) {
  family(kind, name, help).lines += fmt::format("{}{}{} {}\n", kPrefix, name, label_text(labels), number(value));
}

std::string MetricsPage::text() const {
  std::string out;
  for (const auto& [name, family] : families_) {
    out += fmt::format("# HELP {} {}\n# TYPE {} {}\n{}", name, escaped(family.help, false), name,
                       kind_word(family.kind), family.lines);
  }
  return out;
}

Metrics::~Metrics() {
  for (auto& chunk : chunks_) {
    delete chunk.load();
  }
}

Metrics::Cell* Metrics::cell(std::uint32_t handle) const {
  if (handle == 0 || handle > kChunks * kChunkCells) {
    return nullptr;
  }
  Chunk* const chunk = chunks_[(handle - 1) / kChunkCells].load(std::memory_order_acquire);
  return chunk == nullptr ? nullptr : &chunk->cells[(handle - 1) % kChunkCells];
}

std::uint32_t Metrics::metric(std::uint32_t kind, const std::string& name, std::string_view help, Labels labels,
                              std::span<const double> bounds, std::string* why) {
  const auto refuse = [&](std::string text) {
    if (why != nullptr) {
      *why = std::move(text);
    }
    return 0U;
  };
  if (std::string text = refusal(kind, name, labels, bounds); !text.empty()) {
    return refuse(std::move(text));
  }
  std::sort(labels.begin(), labels.end());
  const auto twice =
      std::adjacent_find(labels.begin(), labels.end(), [](const auto& a, const auto& b) { return a.first == b.first; });
  if (twice != labels.end()) {
    return refuse(fmt::format("metric '{}' has the label '{}' twice; pipeline, worker and instance are the engine's",
                              name, twice->first));
  }
  const std::string key = name + label_text(labels);
  const std::lock_guard lock(mutex_);
  const auto& [known_kind, known_help] = families_.try_emplace(name, kind, std::string(help)).first->second;
  if (known_kind != kind) {
    return refuse(fmt::format("metric '{}' is a {} elsewhere and cannot be a {} too; give it another name", name,
                              kind_word(known_kind), kind_word(kind)));
  }
  if (const auto found = by_key_.find(key); found != by_key_.end()) {
    ++cell(found->second)->holders;
    return found->second;
  }
  if (count_ == kChunks * kChunkCells) {
    return refuse(fmt::format("metric '{}': there are {} metrics already; use fewer values of labels", name, count_));
  }
  std::atomic<Chunk*>& chunk = chunks_[count_ / kChunkCells];
  if (chunk.load() == nullptr) {
    chunk.store(new Chunk, std::memory_order_release);
  }
  Cell& made = chunk.load()->cells[count_ % kChunkCells];
  made.kind = kind;
  made.holders = 1;
  made.name = name;
  made.labels = std::move(labels);
  made.bounds.assign(bounds.begin(), bounds.end());
  if (kind == MR_HISTOGRAM) {
    made.counts = std::make_unique<std::atomic<std::uint64_t>[]>(bounds.size() + 1);
  }
  return by_key_.emplace(key, ++count_).first->second;
}

void Metrics::release(std::uint32_t handle) {
  const std::lock_guard lock(mutex_);
  Cell* const found = cell(handle);
  if (found != nullptr && --found->holders == 0 && found->kind == MR_GAUGE) {
    found->value.store(0, std::memory_order_relaxed);
  }
}

void Metrics::add(std::uint32_t handle, double value) {
  Cell* const found = cell(handle);
  if (found == nullptr || std::isnan(value) || (found->kind == MR_COUNTER && value < 0)) {
    return;
  }
  if (found->kind == MR_HISTOGRAM) {
    const auto at = std::lower_bound(found->bounds.begin(), found->bounds.end(), value) - found->bounds.begin();
    found->counts[static_cast<std::size_t>(at)].fetch_add(1, std::memory_order_relaxed);
  }
  add_to(found->value, value);
}

void Metrics::set(std::uint32_t handle, double value) {
  Cell* const found = cell(handle);
  if (found != nullptr && found->kind == MR_GAUGE) {
    found->value.store(value, std::memory_order_relaxed);
  }
}

std::shared_ptr<void> Metrics::collect(Collector collector) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t id = next_collector_++;
  collectors_.emplace(id, std::move(collector));
  // Shared only to be told when the caller lets go of it.
  return {nullptr, [this, id](void*) {
            const std::lock_guard inner(mutex_);
            collectors_.erase(id);
          }};
}

std::optional<double> Metrics::sum(std::string_view ending, const std::pair<std::string, std::string>& label) const {
  std::optional<double> out;
  const std::lock_guard lock(mutex_);
  for (std::uint32_t handle = 1; handle <= count_; ++handle) {
    const Cell& found = *cell(handle);
    const bool counts = found.holders > 0 && found.kind == MR_GAUGE && found.name.ends_with(ending) &&
                        std::ranges::find(found.labels, label) != found.labels.end();
    if (counts) {
      out = out.value_or(0) + found.value.load(std::memory_order_relaxed);
    }
  }
  return out;
}

std::string Metrics::page() const {
  MetricsPage page;
  const std::lock_guard lock(mutex_);
  for (std::uint32_t handle = 1; handle <= count_; ++handle) {
    const Cell& found = *cell(handle);
    if (found.holders == 0) {
      continue;
    }
    const std::string& help = families_.at(found.name).second;
    const double value = found.value.load(std::memory_order_relaxed);
    if (found.kind != MR_HISTOGRAM) {
      page.sample(found.kind, found.name, help, found.labels, value);
      continue;
    }
    std::string& lines = page.family(MR_HISTOGRAM, found.name, help).lines;
    std::uint64_t so_far = 0;
    for (std::size_t i = 0; i <= found.bounds.size(); ++i) {
      so_far += found.counts[i].load(std::memory_order_relaxed);
      const double bound = i < found.bounds.size() ? found.bounds[i] : std::numeric_limits<double>::infinity();
      lines += fmt::format("{}{}_bucket{} {}\n", kPrefix, found.name,
                           label_text(found.labels, fmt::format("le=\"{}\"", number(bound))), so_far);
    }
    lines += fmt::format("{}{}_sum{} {}\n", kPrefix, found.name, label_text(found.labels), number(value));
    lines += fmt::format("{}{}_count{} {}\n", kPrefix, found.name, label_text(found.labels), so_far);
  }
  for (const auto& [id, collector] : collectors_) {
    collector(page);
  }
  return page.text();
}

} // namespace millrace::host
