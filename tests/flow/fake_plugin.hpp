// Plugins that a test writes as classes, seen by the flow through the same C tables as any other. No shared object, no
// SDK.
#pragma once

#include <millrace/ext/claims.h>
#include <millrace/ext/positions.h>
#include <millrace/plugin.h>

#include <cstdint>
#include <cstdio>
#include <string_view>

namespace millrace::fake {

inline mr_str str(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view view(const mr_str& text) { return {text.data ? text.data : "", text.size}; }

inline mr_status failure(mr_error* error, mr_status status, std::string_view text) {
  std::snprintf(error->text, sizeof(error->text), "%.*s", static_cast<int>(text.size()), text.data());
  return status;
}

class Plugin {
 public:
  Plugin() = default;
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;
  virtual ~Plugin() = default;
  virtual mr_status start(mr_error*) { return MR_OK; }
  virtual void drain() {}
  virtual void stop() {}
  virtual void destroy() {}
  virtual void interrupt() {}
};

class Source : public Plugin {
 public:
  virtual mr_status poll(const mr_budget& budget, mr_batch& out, mr_error* error) = 0;
  virtual void settle(std::uint64_t batch, const mr_verdict* verdicts, std::size_t count) = 0;
  virtual void start_at(std::string_view, std::int32_t, std::uint64_t, std::uint64_t) {}
  virtual void moved(std::string_view, std::int32_t) {}
  virtual void released(std::string_view, std::int32_t) {}
};

class Router : public Plugin {
 public:
  virtual mr_status route(const mr_event* const* events, std::size_t count, const mr_emit& emit, mr_error* error) = 0;
};

class Sink : public Plugin {
 public:
  virtual mr_status bind(std::uint32_t, const mr_target&, mr_error*) { return MR_OK; }
  virtual void unbind(std::uint32_t) {}
  virtual mr_status write(const mr_delivery& delivery, mr_error* error) = 0;
  virtual std::uint32_t max_in_flight() { return 1; }
  virtual mr_status claim(std::string_view, std::int32_t, const mr_position& if_new, mr_position& out, mr_error*) {
    out = if_new;
    return MR_OK;
  }
  virtual void release(std::string_view, std::int32_t) {}
  virtual mr_status still(mr_error*) { return MR_OK; }
};

namespace table {

template <class Kind>
Kind& as(void* self) {
  return *static_cast<Kind*>(self);
}

template <class Kind>
mr_status start(void* self, mr_error* error) {
  return as<Kind>(self).start(error);
}
template <class Kind>
void drain(void* self) {
  as<Kind>(self).drain();
}
template <class Kind>
void stop(void* self) {
  as<Kind>(self).stop();
}
template <class Kind>
void destroy(void* self) {
  as<Kind>(self).destroy();
}
template <class Kind>
void interrupt(void* self) {
  as<Kind>(self).interrupt();
}

inline const mr_source kSource = {[](void* self, const mr_budget* budget, mr_batch* out, mr_error* error) {
                                    return as<Source>(self).poll(*budget, *out, error);
                                  },
                                  [](void* self, std::uint64_t batch, const mr_verdict* verdicts, std::size_t count) {
                                    as<Source>(self).settle(batch, verdicts, count);
                                  }};

inline const mr_source_claims kClaims = {
    [](void* self, mr_str stream, std::int32_t partition, std::uint64_t position, std::uint64_t mark) {
      as<Source>(self).start_at(view(stream), partition, position, mark);
    },
    [](void* self, mr_str stream, std::int32_t partition) { as<Source>(self).moved(view(stream), partition); },
    [](void* self, mr_str stream, std::int32_t partition) { as<Source>(self).released(view(stream), partition); }};

inline const mr_router kRouter = {[](void* self, const mr_event* const* events, std::size_t count, const mr_emit* emit,
                                     mr_error* error) { return as<Router>(self).route(events, count, *emit, error); }};

inline const mr_sink kSink = {
    [](void* self, std::uint32_t id, const mr_target* target, mr_error* error) {
      return as<Sink>(self).bind(id, *target, error);
    },
    [](void* self, std::uint32_t id) { as<Sink>(self).unbind(id); },
    [](void* self, const mr_delivery* delivery, mr_error* error) { return as<Sink>(self).write(*delivery, error); },
    [](void* self) { return as<Sink>(self).max_in_flight(); }};

inline const mr_sink_positions kPositions = {
    [](void* self, mr_str stream, std::int32_t partition, const mr_position* if_new, mr_position* out,
       mr_error* error) { return as<Sink>(self).claim(view(stream), partition, *if_new, *out, error); },
    [](void* self, mr_str stream, std::int32_t partition) { as<Sink>(self).release(view(stream), partition); },
    [](void* self, mr_error* error) { return as<Sink>(self).still(error); }};

inline const void* with_claims(const char* id) { return std::string_view(id) == MR_CLAIMS ? &kClaims : nullptr; }
inline const void* with_positions(const char* id) {
  return std::string_view(id) == MR_POSITIONS ? &kPositions : nullptr;
}
inline const void* without(const char*) { return nullptr; }

template <class Kind>
mr_plugin plugin(std::uint32_t kind, std::uint32_t flags, const char* name, const void* (*extension)(const char*)) {
  mr_plugin out{};
  out.kind = kind;
  out.flags = flags;
  out.name = name;
  out.doc = "A fake.";
  out.extension = extension;
  out.start = &start<Kind>;
  out.drain = &drain<Kind>;
  out.stop = &stop<Kind>;
  out.destroy = &destroy<Kind>;
  out.interrupt = &interrupt<Kind>;
  return out;
}

} // namespace table

// The tables live for good.
inline const mr_plugin* source_plugin(bool claims) {
  static const auto make = [](bool with) {
    mr_plugin out = table::plugin<Source>(MR_SOURCE, with ? std::uint32_t{MR_REPLAYS} : 0, "fake_source",
                                          with ? &table::with_claims : &table::without);
    out.source = &table::kSource;
    return out;
  };
  static const mr_plugin kWith = make(true);
  static const mr_plugin kWithout = make(false);
  return claims ? &kWith : &kWithout;
}

inline const mr_plugin* router_plugin() {
  static const mr_plugin kPlugin = [] {
    mr_plugin out = table::plugin<Router>(MR_ROUTER, 0, "fake_router", &table::without);
    out.router = &table::kRouter;
    return out;
  }();
  return &kPlugin;
}

inline const mr_plugin* sink_plugin(bool positions, bool ordered) {
  static const auto make = [](bool stores, bool in_order) {
    constexpr std::uint32_t kTakes = MR_TAKES_MESSAGES | MR_TAKES_ROWS;
    const std::uint32_t flags =
        kTakes + (stores ? std::uint32_t{MR_BLOCKS} : 0) + (in_order ? std::uint32_t{MR_ORDERED} : 0);
    mr_plugin out = table::plugin<Sink>(MR_SINK, flags, "fake_sink", stores ? &table::with_positions : &table::without);
    out.sink = &table::kSink;
    return out;
  };
  static const mr_plugin kPlugins[] = {make(false, false), make(false, true), make(true, false), make(true, true)};
  return &kPlugins[(positions ? 2 : 0) + (ordered ? 1 : 0)];
}

} // namespace millrace::fake
