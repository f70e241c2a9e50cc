/* A sink that keeps the contract and does nothing. A fixture includes it after changing one thing with a macro. */
#ifndef FIXTURE_WHOLE_H
#define FIXTURE_WHOLE_H

#include <millrace/ext/positions.h>
#include <millrace/plugin.h>

#ifndef FIXTURE_VERSION
#define FIXTURE_VERSION "1.0.0"
#endif
#ifndef FIXTURE_NOTE
#define FIXTURE_NOTE "fixture 1.0.0"
#endif
#ifndef FIXTURE_SYMBOL
#define FIXTURE_SYMBOL millrace_module_v1
#endif
#ifndef FIXTURE_KIND
#define FIXTURE_KIND MR_SINK
#endif
#ifndef FIXTURE_FLAGS
#define FIXTURE_FLAGS MR_TAKES_MESSAGES
#endif
#ifndef FIXTURE_EXTENSION
#define FIXTURE_EXTENSION(id_) ((void)(id_), NULL)
#endif
#ifndef FIXTURE_CREATE
#define FIXTURE_CREATE (*self = &instance, MR_OK)
#endif
#ifndef FIXTURE_START
#define FIXTURE_START MR_OK
#endif
#ifndef FIXTURE_STOP
#define FIXTURE_STOP stop
#endif

static int instance;
static const void* extension(const char* id) { return FIXTURE_EXTENSION(id); }
static mr_status create(const mr_host* host, const mr_value* config, void** self, mr_error* error) {
  (void)host, (void)config, (void)self, (void)error, (void)instance;
  return FIXTURE_CREATE;
}
static mr_status start(void* self, mr_error* error) {
  (void)self, (void)error;
  return FIXTURE_START;
}
static void nothing(void* self) { (void)self; }
__attribute__((unused)) static void stop(void* self) { (void)self; }
static mr_status bind(void* self, uint32_t id, const mr_target* target, mr_error* error) {
  (void)self, (void)id, (void)target, (void)error;
  return MR_OK;
}
static void unbind(void* self, uint32_t id) { (void)self, (void)id; }
static mr_status write(void* self, const mr_delivery* delivery, mr_error* error) {
  (void)self, (void)delivery, (void)error;
  return MR_TRANSIENT;
}
static uint32_t max_in_flight(void* self) {
  (void)self;
  return 1;
}
static const mr_sink sink = {bind, unbind, write, max_in_flight};
static const mr_plugin plugin = {
    .kind = FIXTURE_KIND,
    .flags = FIXTURE_FLAGS,
    .name = "fixture",
    .doc = "Does nothing.",
    .extension = extension,
    .create = create,
    .start = start,
    .drain = nothing,
    .stop = FIXTURE_STOP,
    .destroy = nothing,
    .interrupt = nothing,
    .sink = &sink,
};
static const mr_plugin* const plugins[] = {&plugin};
MR_EXPORT const mr_module FIXTURE_SYMBOL = {"fixture", FIXTURE_VERSION, plugins, 1};
#ifndef FIXTURE_NO_NOTE
MR_NOTE(FIXTURE_NOTE);
#endif

#endif
