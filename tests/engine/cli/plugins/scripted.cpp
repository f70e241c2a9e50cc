// A source, a router and a sink whose settings say how they answer: what `check` and `apply` are shown against.
#include <millrace/ext/check.h>
#include <millrace/ext/draft/apply.h>
#include <millrace/ext/draft/places.h>
#include <millrace/ext/draft/ruleset.h>
#include <millrace/plugin.h>

#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <mutex>
#include <new>
#include <string>
#include <string_view>

namespace {

struct Instance {
  const mr_host* host = nullptr;
  std::string answer;
  std::string warns;
  std::string rules;
  std::mutex mutex;
  std::condition_variable called;
  bool interrupted = false;
};

Instance& of(void* self) { return *static_cast<Instance*>(self); }
mr_str str(const char* text) { return {text, std::strlen(text)}; }
mr_status say(mr_error* error, mr_status status, const std::string& text) {
  std::snprintf(error->text, sizeof error->text, "%s", text.c_str());
  return status;
}

constexpr mr_field kFields[] = {
    {"answer", MR_STRING, 0, "\"ok\"", nullptr, "How it answers.", nullptr, 0},
    {"password", MR_STRING, MR_SECRET, nullptr, nullptr, "What nobody sees.", nullptr, 0},
    {"targets", MR_STRING, MR_LIST, nullptr, nullptr, "What the router names.", nullptr, 0},
    {"warns", MR_STRING, 0, "\"never\"", "never|created|asked", "When it logs a warning.", nullptr, 0},
    {"rules", MR_STRING, MR_PATH, nullptr, nullptr, "The file whose words are the places of targets.", nullptr, 0},
};

const mr_host_ruleset* rules(const mr_host* host) {
  return static_cast<const mr_host_ruleset*>(host->extension(host, MR_RULESET));
}

mr_status name_targets(const mr_host* host, const mr_value& targets, mr_error* error) {
  for (std::size_t i = 0; i < targets.item_count; ++i) {
    mr_target target{};
    target.name = targets.items[i].text;
    target.form = MR_MESSAGES;
    if (host->target(host, &target, error) == 0) {
      return MR_INVALID;
    }
  }
  return MR_OK;
}

void warn_when(bool so, const mr_host* host) {
  if (so) {
    host->log(host, MR_LOG_WARN, str("a bolt is missing"), nullptr, 0);
  }
}

mr_status create(const mr_host* host, const mr_value* config, void** self, mr_error* error) {
  const std::string answer(config->items[0].text.data, config->items[0].text.size);
  const std::string warns(config->items[3].text.data, config->items[3].text.size);
  warn_when(warns == "created", host);
  if (answer == "refuses") {
    const mr_str secret = config->items[1].text;
    return say(error, MR_INVALID, "cannot use '" + std::string(secret.data, secret.size) + "'; write another one");
  }
  if (answer == "alone" && !std::string_view(host->worker.data, host->worker.size).ends_with("/0")) {
    return say(error, MR_INVALID, "there is room for one worker");
  }
  if (answer == "fails") {
    return say(error, MR_FATAL, "out of paper");
  }
  if (answer == "bad rules" || answer == "odd rules") {
    const bool error_found = answer == "bad rules";
    const mr_diagnostic diagnostic{
        error_found ? static_cast<std::uint32_t>(MR_LOG_ERROR) : static_cast<std::uint32_t>(MR_LOG_WARN),
        3,
        7,
        0,
        str("E0201"),
        str("main.rules"),
        str("no field 'totl'"),
        str("main.rules:3:7: no field 'totl'\n  | totl == 1\n")};
    rules(host)->diagnose(host, &diagnostic);
    if (error_found) {
      return say(error, MR_INVALID, "1 error in main.rules");
    }
  }
  if (const mr_status status = name_targets(host, config->items[2], error); status != MR_OK) {
    return status;
  }
  const mr_str file = config->items[4].text;
  *self =
      new Instance{host, answer, warns, file.data == nullptr ? "" : std::string(file.data, file.size), {}, {}, false};
  return MR_OK;
}

mr_status start(void*, mr_error*) { return MR_OK; }
void nothing(void*) {}
void destroy(void* self) { delete static_cast<Instance*>(self); }
void interrupt(void* self) {
  const std::lock_guard lock(of(self).mutex);
  of(self).interrupted = true;
  of(self).called.notify_all();
}

mr_status check(void* self, const mr_target* targets, size_t count, int64_t, const mr_findings* findings,
                mr_error* error) {
  Instance& me = of(self);
  warn_when(me.warns == "asked", me.host);
  if (me.answer == "unreachable") {
    return say(error, MR_TRANSIENT, "nobody answers at shelf:1");
  }
  if (me.answer == "hangs") {
    std::unique_lock lock(me.mutex);
    me.called.wait(lock, [&] { return me.interrupted; });
    return say(error, MR_TRANSIENT, "interrupted");
  }
  if (me.answer == "falls silent") {
    findings->add(findings->context, MR_LOG_WARN, 0, str(""), str("is dusty"));
    return say(error, MR_TRANSIENT, "nobody answers any more at shelf:1");
  }
  if (me.answer == "lacks") {
    findings->add(findings->context, MR_LOG_WARN, MR_NO_TARGET, str("lamp"), str("the lamp is off\nswitch it on"));
    for (size_t i = 0; i < count; ++i) {
      const std::string text =
          "shelf " + std::string(targets[i].name.data, targets[i].name.size) + " has no board 'totl'\nadd one\nor two";
      findings->add(findings->context, MR_LOG_ERROR, i, str("totl"), str(text.c_str()));
      findings->add(findings->context, MR_LOG_WARN, i, str("nowhere"), str("is narrow"));
    }
    return MR_OK;
  }
  for (size_t i = 0; i < count; ++i) {
    const bool differs = me.answer == "differs";
    findings->add(findings->context, differs ? MR_LOG_ERROR : MR_LOG_INFO, i, str("width"),
                  differs ? str("is 4, but the rules want 6") : str("as wanted"));
  }
  static_cast<void>(targets);
  return MR_OK;
}

mr_status apply(void* self, const mr_target* targets, size_t count, uint32_t run, int64_t, const mr_steps* steps,
                const mr_findings* findings, mr_error* error) {
  const std::string& answer = of(self).answer;
  warn_when(of(self).warns == "asked", of(self).host);
  if (answer == "unreachable") {
    return say(error, MR_TRANSIENT, "nobody answers at shelf:1");
  }
  for (size_t i = 0; i < count && answer != "complete"; ++i) {
    const std::string step = "create shelf " + std::string(targets[i].name.data, targets[i].name.size);
    steps->add(steps->context, i, str(step.c_str()));
    if (run != 0 && answer == "breaks" && i == 1) {
      return say(error, MR_TRANSIENT, "the shelf fell down");
    }
  }
  if (answer == "differs") {
    findings->add(findings->context, MR_LOG_ERROR, 0, str("width"),
                  str("is 4, but the rules want 6; it is not changed"));
  }
  return MR_OK;
}

mr_str hash(void*) { return str("cafe"); }
size_t items(void*, const mr_ruleset_item** out) {
  *out = nullptr;
  return 0;
}
size_t tests(void*) { return 4; }
mr_status twin(void*, const mr_host*, void**, mr_error* error) { return say(error, MR_FATAL, "there is only one"); }

// Where the item's word, else the target's, comes first in the file.
uint32_t find(void* self, const mr_target* target, mr_str item, mr_place* place) {
  const std::string& file = of(self).rules;
  if (file.empty() || target == nullptr) {
    return 0;
  }
  std::ifstream in(file, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  for (const mr_str word : {item, target->name}) {
    const std::size_t at = word.size == 0 ? std::string::npos : text.find(std::string_view(word.data, word.size));
    if (at != std::string::npos) {
      *place = {{file.data(), file.size()}, at, at + word.size};
      return 1;
    }
  }
  return 0;
}

const void* sink_extension(const char* id) {
  static constexpr mr_plugin_check kCheck{check};
  static constexpr mr_plugin_apply kApply{apply};
  return std::strcmp(id, MR_CHECK) == 0   ? static_cast<const void*>(&kCheck)
         : std::strcmp(id, MR_APPLY) == 0 ? static_cast<const void*>(&kApply)
                                          : nullptr;
}
const void* router_extension(const char* id) {
  static constexpr mr_router_ruleset kRuleset{hash, items, tests, twin};
  static constexpr mr_router_places kPlaces{find};
  return std::strcmp(id, MR_RULESET) == 0  ? static_cast<const void*>(&kRuleset)
         : std::strcmp(id, MR_PLACES) == 0 ? static_cast<const void*>(&kPlaces)
                                           : nullptr;
}
const void* no_extension(const char*) { return nullptr; }

mr_status poll(void*, const mr_budget*, mr_batch*, mr_error*) { return MR_END; }
void settle(void*, uint64_t, const mr_verdict*, size_t) {}
mr_status route(void*, const mr_event* const*, size_t, const mr_emit*, mr_error*) { return MR_OK; }
mr_status bind(void*, uint32_t, const mr_target*, mr_error*) { return MR_OK; }
void unbind(void*, uint32_t) {}
mr_status write(void* self, const mr_delivery* delivery, mr_error*) {
  const mr_host* const host = of(self).host;
  host->complete(host, delivery->id, MR_RECORD_OK, nullptr, 0, nullptr);
  return MR_OK;
}
uint32_t max_in_flight(void*) { return 1; }

constexpr mr_source kSource{poll, settle};
constexpr mr_router kRouter{route};
constexpr mr_sink kSink{bind, unbind, write, max_in_flight};

constexpr mr_plugin plugin(std::uint32_t kind, std::uint32_t flags, const char* name,
                           const void* (*extension)(const char*)) {
  return {kind,
          flags,
          name,
          "Answers as it is told.",
          kFields,
          sizeof kFields / sizeof kFields[0],
          extension,
          create,
          start,
          nothing,
          nothing,
          destroy,
          interrupt,
          kind == MR_SOURCE ? &kSource : nullptr,
          kind == MR_ROUTER ? &kRouter : nullptr,
          kind == MR_SINK ? &kSink : nullptr};
}

constexpr mr_plugin kSourcePlugin = plugin(MR_SOURCE, 0, "told", no_extension);
constexpr mr_plugin kRouterPlugin = plugin(MR_ROUTER, 0, "told", router_extension);
constexpr mr_plugin kSinkPlugin = plugin(MR_SINK, MR_TAKES_MESSAGES | MR_BLOCKS, "shelf", sink_extension);
constexpr mr_plugin kPlainPlugin = plugin(MR_SINK, MR_TAKES_ROWS, "plain", no_extension);
constexpr const mr_plugin* kPlugins[] = {&kSourcePlugin, &kRouterPlugin, &kSinkPlugin, &kPlainPlugin};

} // namespace

extern "C" {
MR_EXPORT extern const mr_module millrace_module_v1;
const mr_module millrace_module_v1 = {"scripted", "2.1.0", kPlugins, 4};
}
MR_NOTE("scripted 2.1.0");
