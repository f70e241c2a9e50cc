// A sink in C++: a class with bind, unbind and write becomes a plugin.
//
//   class Count {
//    public:
//     static constexpr std::uint32_t flags = MR_TAKES_MESSAGES;
//     Count(millrace::Host host, const millrace::Config& config);
//     void bind(std::uint32_t id, const mr_target& target);
//     void unbind(std::uint32_t id);
//     void write(const mr_delivery& delivery);  // then host.complete(delivery.id, MR_RECORD_OK) once it is durable
//   };
//
// A write that returns must be completed exactly once; one that throws must not. A sink that blocks (flags | MR_BLOCKS)
// may do the whole delivery inside write.
#pragma once

#include <millrace/ext/draft/records.h>
#include <millrace/ext/positions.h>
#include <millrace/instance.hpp>
#include <millrace/module.hpp>

#include <concepts>
#include <cstdint>
#include <string_view>

namespace millrace {

template <class Plugin>
concept Sink = std::constructible_from<Plugin, Host, const Config&> &&
    requires(Plugin& plugin, const mr_target& target, const mr_delivery& delivery) {
  plugin.bind(std::uint32_t{}, target);
  plugin.unbind(std::uint32_t{});
  plugin.write(delivery);
};

// Optional: positions/1. claim throws moved() when the session was found gone; still throws moved().
template <class Plugin>
concept PositionSink = Sink<Plugin> && requires(Plugin& plugin, std::string_view stream, const mr_position& if_new) {
  { plugin.claim(stream, std::int32_t{}, if_new) } -> std::same_as<mr_position>;
  plugin.release(stream, std::int32_t{});
  plugin.still();
};

namespace detail {

template <class Plugin>
inline constexpr mr_sink kSink = {
    [](void* self, std::uint32_t id, const mr_target* target, mr_error* error) -> mr_status {
      return guarded(error, MR_FATAL, [&] {
        of<Plugin>(self).plugin.bind(id, *target);
        return MR_OK;
      });
    },
    [](void* self, std::uint32_t id) { guarded(of<Plugin>(self).host, [&] { of<Plugin>(self).plugin.unbind(id); }); },
    [](void* self, const mr_delivery* delivery, mr_error* error) -> mr_status {
      return guarded(error, MR_FATAL, [&] {
        of<Plugin>(self).plugin.write(*delivery);
        return MR_OK;
      });
    },
    [](void* self) -> std::uint32_t {
      if constexpr (requires(Plugin & plugin) { plugin.max_in_flight(); }) {
        return of<Plugin>(self).plugin.max_in_flight();
      } else {
        return 1;
      }
    }};

template <class Plugin>
inline constexpr mr_sink_positions kSinkPositions = {
    [](void* self, mr_str stream, std::int32_t partition, const mr_position* if_new, mr_position* out,
       mr_error* error) -> mr_status {
      return guarded(error, MR_FATAL, [&] {
        *out = of<Plugin>(self).plugin.claim(view(stream), partition, *if_new);
        return MR_OK;
      });
    },
    [](void* self, mr_str stream, std::int32_t partition) {
      guarded(of<Plugin>(self).host, [&] { of<Plugin>(self).plugin.release(view(stream), partition); });
    },
    [](void* self, mr_error* error) -> mr_status {
      return guarded(error, MR_FATAL, [&] {
        of<Plugin>(self).plugin.still();
        return MR_OK;
      });
    }};

// void write_records(std::span<const mr_record>, deadline_ns); bool put_new_record(const mr_record&, deadline_ns);
// void read_records(scope, kind, key, limit, only_names, deadline_ns, reader);
// void forget_records(std::span<const mr_record_name>, deadline_ns). Each may throw transient().
template <class Plugin>
inline constexpr mr_plugin_records kSinkRecords = {
    [](void* self, const mr_record* records, std::size_t count, std::int64_t deadline_ns,
       mr_error* error) -> mr_status {
      return guarded(error, MR_FATAL, [&] {
        of<Plugin>(self).plugin.write_records(std::span(records, count), deadline_ns);
        return MR_OK;
      });
    },
    [](void* self, const mr_record* record, std::int64_t deadline_ns, mr_error* error) -> mr_status {
      return guarded(error, MR_FATAL, [&] {
        if (!of<Plugin>(self).plugin.put_new_record(*record, deadline_ns)) {
          throw Failure(MR_REJECTED, "a record of that name is there");
        }
        return MR_OK;
      });
    },
    [](void* self, mr_str scope, mr_str kind, mr_str key, std::size_t limit, std::uint32_t only_names,
       std::int64_t deadline_ns, const mr_record_reader* reader, mr_error* error) -> mr_status {
      return guarded(error, MR_FATAL, [&] {
        of<Plugin>(self).plugin.read_records(view(scope), view(kind), key, limit, only_names != 0, deadline_ns,
                                             *reader);
        return MR_OK;
      });
    },
    [](void* self, const mr_record_name* names, std::size_t count, std::int64_t deadline_ns,
       mr_error* error) -> mr_status {
      return guarded(error, MR_FATAL, [&] {
        of<Plugin>(self).plugin.forget_records(std::span(names, count), deadline_ns);
        return MR_OK;
      });
    }};

template <class Plugin>
const void* sink_extension(const char* id) {
  if constexpr (requires(Plugin & plugin, const mr_record& record) { plugin.put_new_record(record, std::int64_t()); }) {
    if (std::strcmp(id, MR_RECORDS) == 0) {
      return &kSinkRecords<Plugin>;
    }
  }
  if constexpr (PositionSink<Plugin>) {
    if (std::strcmp(id, MR_POSITIONS) == 0) {
      return &kSinkPositions<Plugin>;
    }
  }
  return common_extension<Plugin>(id);
}

} // namespace detail

template <Sink Plugin>
constexpr mr_plugin sink_plugin(const char* name, const char* doc) {
  mr_plugin table = detail::plugin_table<Plugin>(MR_SINK, name, doc, &detail::sink_extension<Plugin>);
  table.sink = &detail::kSink<Plugin>;
  return table;
}

} // namespace millrace
