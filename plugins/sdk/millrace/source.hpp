// A source in C++: a class with poll and settle becomes a plugin. The shortest one:
//
//   class Ones {
//    public:
//     Ones(millrace::Host host, const millrace::Config& config);
//     mr_status poll(const mr_budget& budget, mr_batch& out);  // nothing now: leave out as it is, then host.wake()
//     void settle(std::uint64_t batch, std::span<const mr_verdict> verdicts);
//   };
//   MILLRACE_MODULE("ones", "1.0.0", millrace::source_plugin<Ones>("ones", "Hands in ones."))
//
// The events of a batch, their bytes and its range must stay untouched until settle. Errors are thrown as
// millrace::Failure.
#pragma once

#include <millrace/ext/draft/sample.h>
#include <millrace/instance.hpp>
#include <millrace/module.hpp>

#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>

namespace millrace {

template <class Plugin>
concept Source = std::constructible_from<Plugin, Host, const Config&> &&
    requires(Plugin& plugin, const mr_budget& budget, mr_batch& out, std::span<const mr_verdict> verdicts) {
  { plugin.poll(budget, out) } -> std::same_as<mr_status>;
  plugin.settle(std::uint64_t{}, verdicts);
};

// Optional: claims/1.
template <class Plugin>
concept ClaimingSource = Source<Plugin> && requires(Plugin& plugin, std::string_view stream) {
  plugin.start_at(stream, std::int32_t{}, std::uint64_t{}, std::uint64_t{});
  plugin.moved(stream, std::int32_t{});
  plugin.released(stream, std::int32_t{});
};

namespace detail {

template <class Plugin>
inline constexpr mr_source kSource = {
    [](void* self, const mr_budget* budget, mr_batch* out, mr_error* error) -> mr_status {
      return guarded(error, MR_FATAL, [&] { return of<Plugin>(self).plugin.poll(*budget, *out); });
    },
    [](void* self, std::uint64_t batch, const mr_verdict* verdicts, std::size_t count) {
      guarded(of<Plugin>(self).host, [&] { of<Plugin>(self).plugin.settle(batch, std::span(verdicts, count)); });
    }};

template <class Plugin>
inline constexpr mr_source_claims kSourceClaims = {
    [](void* self, mr_str stream, std::int32_t partition, std::uint64_t position, std::uint64_t mark) {
      guarded(of<Plugin>(self).host,
              [&] { of<Plugin>(self).plugin.start_at(view(stream), partition, position, mark); });
    },
    [](void* self, mr_str stream, std::int32_t partition) {
      guarded(of<Plugin>(self).host, [&] { of<Plugin>(self).plugin.moved(view(stream), partition); });
    },
    [](void* self, mr_str stream, std::int32_t partition) {
      guarded(of<Plugin>(self).host, [&] { of<Plugin>(self).plugin.released(view(stream), partition); });
    }};

template <class Plugin>
inline constexpr mr_source_streams kSourceStreams = {
    [](void* self) { guarded(of<Plugin>(self).host, [&] { of<Plugin>(self).plugin.streams_changed(); }); }};

// void sample(std::string_view stream, std::uint64_t limit, std::int64_t patience_ns, const mr_samples&); throws
// transient() when out of reach.
template <class Plugin>
inline constexpr mr_source_sample kSourceSample = {[](void* self, mr_str stream, std::uint64_t limit,
                                                      std::int64_t patience_ns, const mr_samples* samples,
                                                      mr_error* error) -> mr_status {
  return guarded(error, MR_FATAL, [&] {
    of<Plugin>(self).plugin.sample(view(stream), limit, patience_ns, *samples);
    return MR_OK;
  });
}};

template <class Plugin>
const void* source_extension(const char* id) {
  if constexpr (requires(Plugin & plugin, const mr_samples& samples) {
                  plugin.sample(std::string_view(), std::uint64_t{}, std::int64_t{}, samples);
                }) {
    if (std::strcmp(id, MR_SAMPLE) == 0) {
      return &kSourceSample<Plugin>;
    }
  }
  if constexpr (ClaimingSource<Plugin>) {
    if (std::strcmp(id, MR_CLAIMS) == 0) {
      return &kSourceClaims<Plugin>;
    }
  }
  if constexpr (requires(Plugin & plugin) { plugin.streams_changed(); }) {
    if (std::strcmp(id, MR_STREAMS) == 0) {
      return &kSourceStreams<Plugin>;
    }
  }
  return common_extension<Plugin>(id);
}

} // namespace detail

template <Source Plugin>
constexpr mr_plugin source_plugin(const char* name, const char* doc) {
  mr_plugin table = detail::plugin_table<Plugin>(MR_SOURCE, name, doc, &detail::source_extension<Plugin>);
  table.source = &detail::kSource<Plugin>;
  return table;
}

} // namespace millrace
