// A router in C++: a class with route becomes a plugin. `emit` is valid within the call; what is passed to it stays
// readable until the events are settled (see mr_emit).
#pragma once

#include <millrace/ext/draft/explain.h>
#include <millrace/ext/draft/places.h>
#include <millrace/ext/draft/rules_files.h>
#include <millrace/instance.hpp>
#include <millrace/module.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace millrace {

class Emit {
 public:
  explicit Emit(const mr_emit* emit) : emit_(emit) {}

  // Throws transient() past the ceiling: the engine drops what this call emitted and tries again.
  char* alloc(std::size_t bytes) const {
    void* memory = emit_->alloc(emit_->context, bytes);
    if (memory == nullptr) {
      throw transient("the memory ceiling is reached");
    }
    return static_cast<char*>(memory);
  }
  std::string_view copy(std::string_view text) const {
    if (text.empty()) {
      return {"", 0};
    }
    char* memory = alloc(text.size());
    text.copy(memory, text.size());
    return {memory, text.size()};
  }
  void messages(std::span<const mr_message> messages) const {
    check(emit_->messages(emit_->context, messages.data(), messages.size()), "messages");
  }
  // Takes the array over.
  void rows(std::uint32_t target, ArrowArray& array, std::span<const mr_event* const> event_of_row,
            std::size_t bytes) const {
    check(emit_->rows(emit_->context, target, &array, event_of_row.data(), event_of_row.size(), bytes), "rows");
  }
  void reject(const mr_event* event, std::uint32_t dead_letter, const mr_reason& reason) const {
    check(emit_->reject(emit_->context, event, dead_letter, &reason), "reject");
  }

 private:
  static void check(mr_status status, const char* what) {
    if (status != MR_OK) {
      throw Failure(status, std::string("the engine refused the router's ") + what);
    }
  }
  const mr_emit* emit_;
};

template <class Plugin>
concept Router = std::constructible_from<Plugin, Host, const Config&> &&
    requires(Plugin& plugin, std::span<const mr_event* const> events, const Emit& emit) {
  plugin.route(events, emit);
};

namespace detail {

template <class Plugin>
inline constexpr mr_router kRouter = {[](void* self, const mr_event* const* events, std::size_t count,
                                         const mr_emit* emit, mr_error* error) -> mr_status {
  return guarded(error, MR_FATAL, [&] {
    of<Plugin>(self).plugin.route(std::span(events, count), Emit(emit));
    return MR_OK;
  });
}};

// mr_str hash(); std::span<const mr_ruleset_item> items(); std::size_t tests(); and a constructor
// (Host, const Plugin& model), called from any thread, which makes one more instance with the ruleset of `model`.
template <class Plugin>
inline constexpr mr_router_ruleset kRouterRuleset = {
    [](void* self) -> mr_str { return of<Plugin>(self).plugin.hash(); },
    [](void* self, const mr_ruleset_item** items) -> std::size_t {
      const std::span<const mr_ruleset_item> all = of<Plugin>(self).plugin.items();
      *items = all.data();
      return all.size();
    },
    [](void* self) -> std::size_t { return of<Plugin>(self).plugin.tests(); },
    [](void* self, const mr_host* host, void** twin, mr_error* error) -> mr_status {
      return guarded(error, MR_INVALID, [&] {
        const Plugin& model = of<Plugin>(self).plugin;
        *twin = std::make_unique<Instance<Plugin>>(host, model).release();
        return MR_OK;
      });
    }};

// std::span<const mr_rules_file> files(); std::span<const mr_rules_step> steps(); and a constructor
// (Host, const Config&, std::span<const mr_rules_file>) that reads these and nothing on disk.
template <class Plugin>
inline constexpr mr_router_rules_files kRouterRulesFiles = {
    [](void* self, const mr_rules_file** files) -> std::size_t {
      const std::span<const mr_rules_file> all = of<Plugin>(self).plugin.files();
      *files = all.data();
      return all.size();
    },
    [](void* self, const mr_rules_step** steps) -> std::size_t {
      const std::span<const mr_rules_step> all = of<Plugin>(self).plugin.steps();
      *steps = all.data();
      return all.size();
    },
    [](const mr_host* host, const mr_value* config, const mr_rules_file* files, std::size_t count, void** self,
       mr_error* error) -> mr_status {
      return guarded(error, MR_INVALID, [&] {
        const std::span<const mr_rules_file> all(files, count);
        *self = std::make_unique<Instance<Plugin>>(host, Config(config, fields_of<Plugin>()), all).release();
        return MR_OK;
      });
    }};

// void explain(const mr_event&, form, const mr_listener&) const, and compare(const Plugin& other) const, a unique_ptr
// of what has add(event), count() and tell(form, listener). All but those of one comparison are called from any thread.
template <class Plugin>
using RouterComparison =
    typename decltype(std::declval<const Plugin&>().compare(std::declval<const Plugin&>()))::element_type;

template <class Plugin>
inline constexpr mr_router_explain kRouterExplain = {
    [](void* self, const mr_event* event, std::uint32_t form, const mr_listener* listener,
       mr_error* error) -> mr_status {
      return guarded(error, MR_FATAL, [&] {
        of<Plugin>(self).plugin.explain(*event, form, *listener);
        return MR_OK;
      });
    },
    [](void* self, void* other, void** comparison, mr_error* error) -> mr_status {
      return guarded(error, MR_FATAL, [&] {
        *comparison = of<Plugin>(self).plugin.compare(of<Plugin>(other).plugin).release();
        return MR_OK;
      });
    },
    [](void* comparison, const mr_event* event) { static_cast<RouterComparison<Plugin>*>(comparison)->add(*event); },
    [](void* comparison) -> mr_comparison_count { return static_cast<RouterComparison<Plugin>*>(comparison)->count(); },
    [](void* comparison, std::uint32_t form, const mr_listener* listener) {
      static_cast<RouterComparison<Plugin>*>(comparison)->tell(form, *listener);
    },
    [](void* comparison) { delete static_cast<RouterComparison<Plugin>*>(comparison); }};

// std::optional<mr_place> place(const mr_target* target, std::string_view item); an empty item is the whole.
template <class Plugin>
inline constexpr mr_router_places kRouterPlaces = {
    [](void* self, const mr_target* target, mr_str item, mr_place* place) -> std::uint32_t {
      std::uint32_t found = 0;
      guarded(of<Plugin>(self).host, [&] {
        if (const std::optional<mr_place> answer = of<Plugin>(self).plugin.place(target, view(item))) {
          *place = *answer;
          found = 1;
        }
      });
      return found;
    }};

template <class Plugin>
const void* router_extension(const char* id) {
  if constexpr (requires(Plugin & plugin, const mr_target* target) { plugin.place(target, std::string_view()); }) {
    if (std::strcmp(id, MR_PLACES) == 0) {
      return &kRouterPlaces<Plugin>;
    }
  }
  if constexpr (requires(Plugin & plugin, const Plugin& model, Host host) {
                  Plugin(host, model);
                  plugin.hash();
                  plugin.items();
                  plugin.tests();
                }) {
    if (std::strcmp(id, MR_RULESET) == 0) {
      return &kRouterRuleset<Plugin>;
    }
  }
  if constexpr (requires(Plugin & plugin, const Config& config, Host host, std::span<const mr_rules_file> files) {
                  Plugin(host, config, files);
                  plugin.files();
                  plugin.steps();
                }) {
    if (std::strcmp(id, MR_RULES_FILES) == 0) {
      return &kRouterRulesFiles<Plugin>;
    }
  }
  if constexpr (requires(const Plugin& plugin, const mr_event& event, const mr_listener& listener) {
                  plugin.explain(event, std::uint32_t(), listener);
                  plugin.compare(plugin);
                }) {
    if (std::strcmp(id, MR_EXPLAIN) == 0) {
      return &kRouterExplain<Plugin>;
    }
  }
  return common_extension<Plugin>(id);
}

} // namespace detail

template <Router Plugin>
constexpr mr_plugin router_plugin(const char* name, const char* doc) {
  mr_plugin table = detail::plugin_table<Plugin>(MR_ROUTER, name, doc, &detail::router_extension<Plugin>);
  table.router = &detail::kRouter<Plugin>;
  return table;
}

} // namespace millrace
