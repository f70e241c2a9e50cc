/* A sink in plain C: counts what it is given, and says how much when it stops. Shows what the contract asks for without
 * the SDK. */
#include <millrace/ext/metrics.h>
#include <millrace/plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct count_sink {
  const mr_host* host;
  const mr_host_metrics* metrics; /* NULL where the engine offers none */
  uint32_t metric;
  uint64_t records;
  uint64_t limit; /* refuse payloads above this size; 0: none */
};

static const mr_field count_fields[] = {
    {"max_payload", MR_SIZE, 0, "0", NULL, "Refuse messages with a larger payload; 0 takes all.", NULL, 0},
};

static mr_status count_create(const mr_host* host, const mr_value* config, void** self, mr_error* error) {
  struct count_sink* sink = calloc(1, sizeof *sink);
  if (sink == NULL) {
    snprintf(error->text, sizeof error->text, "out of memory");
    return MR_TRANSIENT;
  }
  sink->host = host;
  sink->limit = (uint64_t)config->items[0].integer;
  sink->metrics = host->extension(host, MR_METRICS);
  if (sink->metrics != NULL) {
    sink->metric =
        sink->metrics->metric(host, MR_COUNTER, "counted_total", "Records that the sink was given.", NULL, 0, NULL, 0);
  }
  *self = sink;
  return MR_OK;
}

static mr_status count_start(void* self, mr_error* error) {
  (void)self;
  (void)error;
  return MR_OK;
}

static void count_drain(void* self) { (void)self; }

static void count_stop(void* self) {
  const struct count_sink* sink = self;
  char digits[32];
  const int size = snprintf(digits, sizeof digits, "%llu", (unsigned long long)sink->records);
  const mr_pair field = {{"records", 7}, {digits, (size_t)size}};
  const mr_str text = {"counted", 7};
  sink->host->log(sink->host, MR_LOG_INFO, text, &field, 1);
}

static void count_destroy(void* self) { free(self); }
static void count_interrupt(void* self) { (void)self; }

static mr_status count_bind(void* self, uint32_t id, const mr_target* target, mr_error* error) {
  (void)self;
  (void)id;
  (void)target;
  (void)error;
  return MR_OK;
}
static void count_unbind(void* self, uint32_t id) {
  (void)self;
  (void)id;
}

static size_t payload_size(const mr_message* message) {
  return message->payload.data != NULL ? message->payload.size : message->event->payload.size;
}

/* Counts the records it takes; those above the limit are named as exceptions, all others are MR_RECORD_OK. */
static mr_status count_write(void* self, const mr_delivery* delivery, mr_error* error) {
  struct count_sink* sink = self;
  size_t records = 0;
  for (size_t p = 0; p < delivery->part_count; ++p) {
    records += delivery->parts[p].count;
  }
  mr_outcome* refused = records == 0 ? NULL : calloc(records, sizeof *refused);
  if (records != 0 && refused == NULL) {
    snprintf(error->text, sizeof error->text, "out of memory for %zu outcomes", records);
    return MR_TRANSIENT;
  }
  size_t refused_count = 0;
  for (size_t p = 0; p < delivery->part_count; ++p) {
    const mr_part* part = &delivery->parts[p];
    for (size_t i = 0; part->messages != NULL && i < part->count; ++i) {
      if (sink->limit != 0 && payload_size(part->messages[i]) > sink->limit) {
        mr_outcome* outcome = &refused[refused_count++];
        outcome->part = (uint32_t)p;
        outcome->record = (uint32_t)i;
        outcome->outcome = MR_RECORD_REJECTED;
        outcome->reason.code = (mr_str){"too-large", 9};
        outcome->reason.text = (mr_str){"the payload is larger than max_payload", 38};
      }
    }
  }
  sink->records += records - refused_count;
  if (sink->metrics != NULL) {
    sink->metrics->add(sink->host, sink->metric, (double)(records - refused_count));
  }
  sink->host->complete(sink->host, delivery->id, MR_RECORD_OK, refused, refused_count, NULL);
  free(refused);
  return MR_OK;
}

static uint32_t count_max_in_flight(void* self) {
  (void)self;
  return 4;
}

static const void* count_extension(const char* id) {
  (void)id;
  return NULL;
}

static const mr_sink count_calls = {count_bind, count_unbind, count_write, count_max_in_flight};

static const mr_plugin count_plugin = {
    .kind = MR_SINK,
    .flags = MR_TAKES_MESSAGES | MR_TAKES_ROWS,
    .name = "count",
    .doc = "Counts what it is given.",
    .fields = count_fields,
    .field_count = sizeof count_fields / sizeof count_fields[0],
    .extension = count_extension,
    .create = count_create,
    .start = count_start,
    .drain = count_drain,
    .stop = count_stop,
    .destroy = count_destroy,
    .interrupt = count_interrupt,
    .sink = &count_calls,
};
static const mr_plugin* const count_plugins[] = {&count_plugin};

MR_NOTE("sink_count 1.0.0");
extern const mr_module millrace_module_v1;
MR_EXPORT const mr_module millrace_module_v1 = {"sink_count", "1.0.0", count_plugins, 1};
