/* The contract between the engine and a plugin: a shared object with one exported constant, `millrace_module_v1`.
 * C11 and libc only. Abilities that not every plugin has live in ext/, one file each, found by id at run time.
 *
 * For every declaration here:
 * - Growth: a released struct, constant or signature never changes; what is new is an extension
 *   "millrace.<name>/<revision>".
 * - Zero is never success by accident: what acknowledges is never 0 in a field that the other side fills.
 * - Absent and empty differ: data == NULL is absent, size == 0 with data set is empty.
 * - Memory: who allocates, frees. A pointer argument is valid until the call returns, unless its comment says longer.
 * - Threads: [serial] calls into one instance never overlap and each sees the effects of the one before, but they need
 *   not come from one thread. [any] may come from any thread, also from inside a plugin's own call; it never blocks and
 *   never calls back before it returns. A plugin whose [serial] calls may block sets MR_BLOCKS.
 * - Errors: a status is returned, the text goes into the caller's mr_error. No exception, longjmp or panic crosses. */
#ifndef MILLRACE_PLUGIN_H
#define MILLRACE_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#include "arrow.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MR_ABI_MAJOR 1
#define MR_MODULE_SYMBOL "millrace_module_v1"

/* Text, errors, status */

typedef struct mr_str {
  const char* data; /* NULL: absent. Not terminated. */
  size_t size;      /* bytes */
} mr_str;

typedef struct mr_pair {
  mr_str key;
  mr_str value; /* data NULL: a header without a value */
} mr_pair;

/* Allocated by the caller; the callee fills it when it returns anything but MR_OK or MR_END. */
typedef struct mr_error {
  int32_t detail; /* the outside system's own number, 0 if none */
  char text[508]; /* terminated; names the thing, the value and the way out */
} mr_error;

/* Why one event was refused. Text, so that each side keeps its own codes: E0412, 22P05. */
typedef struct mr_reason {
  mr_str code;
  mr_str text;
  mr_str rule;    /* absent: no rule was to blame */
  mr_str path;    /* the field or column, absent: the whole event */
  mr_str ruleset; /* hash of the ruleset that decided, absent: none had a part in it */
} mr_reason;

typedef int32_t mr_status;
enum {
  MR_OK = 0,
  MR_END = 1,       /* source: exhausted, or drained */
  MR_TRANSIENT = 2, /* the same call may succeed later */
  MR_REJECTED = 3,  /* this data never will */
  MR_INVALID = 4,   /* the configuration is wrong */
  MR_FATAL = 5,     /* the instance is broken; the engine replaces it or stops the pipeline */
  MR_MOVED = 6      /* positions/1: every claim of this sink instance is void (fenced, session lost, COMMIT unknown) */
};

/* Configuration */

enum {
  MR_BOOL = 1,
  MR_INT = 2,
  MR_FLOAT = 3,
  MR_STRING = 4,
  MR_SIZE = 5,     /* "64MiB" or a number of bytes */
  MR_DURATION = 6, /* "250ms", "5s", "2m", "1h", "7d" */
  MR_TABLE = 7,    /* named values, declared by `fields` */
  MR_MAP = 8       /* any names, values are strings: settings that are passed through */
};
enum {
  MR_REQUIRED = 1,
  MR_SECRET = 2, /* never logged, printed or put in an error text */
  MR_LIST = 4,   /* a list of values of `type` */
  MR_PATH = 8    /* a file or folder; a relative one is resolved against the folder of the configuration file */
};

typedef struct mr_field {
  const char* name;
  uint32_t type;
  uint32_t flags;
  const char* default_text;      /* as it would stand in the file, NULL: none */
  const char* constraint;        /* "1..65535", "100ms..", "a|b|c" or NULL */
  const char* doc;               /* a sentence or two for the reference page */
  const struct mr_field* fields; /* MR_TABLE: what it holds */
  size_t field_count;
} mr_field;

/* A validated value. A plugin gets one of type MR_TABLE whose items stand in the order of its declared fields. */
typedef struct mr_value {
  uint32_t type;                /* 0: not given, and there is no default */
  uint32_t flags;               /* MR_LIST: items are the elements */
  int64_t integer;              /* MR_BOOL 0 or 1, MR_INT, MR_SIZE in bytes, MR_DURATION in nanoseconds */
  double number;                /* MR_FLOAT */
  mr_str text;                  /* MR_STRING; its bytes are followed by a 0 that size does not count */
  const struct mr_value* items; /* MR_LIST elements, MR_TABLE fields */
  size_t item_count;
  const mr_pair* pairs; /* MR_MAP */
  size_t pair_count;
} mr_value;

/* What a source hands in */

/* Where a batch comes from: one partition of one stream, positions [first, next). partition -1: no log behind it
 * (HTTP), nothing to go back to, and first and next are 0. */
typedef struct mr_range {
  mr_str stream;
  int32_t partition;
  uint32_t reserved;
  uint64_t first;
  uint64_t next;
  uint64_t mark; /* fingerprint of the record before `next`, 0: none; given back at claim, so that a log that was
                    deleted and made anew under the same name is noticed */
} mr_range;

#define MR_PADDING 64
enum { MR_PADDED = 1 /* at least MR_PADDING readable bytes follow the payload */ };

typedef struct mr_event {
  const mr_range* origin; /* the `covers` of its batch */
  mr_str key;
  mr_str payload; /* absent: a tombstone */
  const mr_pair* headers;
  uint32_t header_count;
  uint32_t flags;
  uint64_t position; /* within origin, ascending within a batch */
  int64_t time_us;   /* UTC microseconds: when the source received it, or what its log says */
} mr_event;

/* Settled as a whole, once. The events, their bytes and `covers` stay as they are until settle. */
typedef struct mr_batch {
  uint64_t id; /* chosen by the source, unique within the instance and not 0; 0: there is nothing now */
  const mr_range* covers;
  const mr_event* events;
  size_t count; /* 0 with an id: progress only, the range holds no event (compacted, control records) */
} mr_batch;

typedef struct mr_budget {
  uint64_t events; /* at least 1 */
  uint64_t bytes;  /* the first event of a batch may exceed it, or it would never come */
} mr_budget;

/* With several branches the worst decides, by max(). 0 is no verdict, and a violation. */
enum {
  MR_FILTERED = 1,       /* a rule dropped it */
  MR_DELIVERED = 2,      /* durable at every target */
  MR_DEAD_LETTERED = 3,  /* durable in the dead letter */
  MR_REJECTED_EVENT = 4, /* refused, and there is no dead letter */
  MR_ABANDONED = 5,      /* not known here and not the event's fault (stop, revoke, rewind): it will be read again */
  MR_FAILED = 6          /* the engine gave up; a source that can replay stops there and never passes it */
};

typedef struct mr_verdict {
  uint32_t outcome;
  uint32_t reserved;
  const mr_reason* reason; /* NULL, or valid until settle returns */
} mr_verdict;

/* What a router makes of it */

enum { MR_MESSAGES = 1, MR_ROWS = 2 };

/* A destination inside a sink: a topic, a table, a file. The same sink, name, form, properties and schema give the same
 * id, also across versions of a router; a changed schema is a new id, and both stay bound while both are in use. */
typedef struct mr_target {
  mr_str sink; /* name of the sink in the pipeline; absent: the only one that takes this form */
  mr_str name;
  uint32_t form;             /* MR_MESSAGES or MR_ROWS */
  uint32_t flags;            /* MR_DEAD_LETTER */
  const mr_pair* properties; /* sorted by key; the names in use stand in docs/plugins/targets.md */
  size_t property_count;
  const struct ArrowSchema* schema; /* MR_ROWS: a struct of columns; stays the caller's */
} mr_target;
enum { MR_DEAD_LETTER = 1 /* refused events go here, with headers that say why */ };

typedef struct mr_message {
  const mr_event* event; /* that it came from */
  uint32_t target;
  uint32_t header_count;
  mr_str key;          /* absent: no key */
  mr_str partition_by; /* absent: the key decides the partition */
  const mr_pair* headers;
  int64_t time_us; /* UTC */
  mr_str payload;  /* absent: the event's own */
} mr_message;

/* Handed to route(); valid within that call. Everything a router passes on (keys, headers, payloads, reasons) stays
 * readable until the event is settled: bytes of the event, memory from alloc, or the router's own, as the engine keeps
 * a router alive until its last batch is settled. An event for which nothing is emitted is MR_FILTERED. */
typedef struct mr_emit {
  void* context;
  /* Memory that lives until settle, aligned to 16; NULL: past the ceiling (return MR_TRANSIENT from route). */
  void* (*alloc)(void* context, size_t bytes);
  /* Copies the structs, not what they point to. */
  mr_status (*messages)(void* context, const mr_message* messages, size_t count);
  /* Takes over the array (moves it out, `release` becomes NULL). Row i came from *event_of_row[i]; rows stand in event
   * order. bytes: what the array's buffers hold, for the memory ceiling. */
  mr_status (*rows)(void* context, uint32_t target, struct ArrowArray* array, const mr_event* const* event_of_row,
                    size_t count, size_t bytes);
  /* Not for an event that was emitted as well. dead_letter 0: the pipeline's own choice. The first reason wins. */
  mr_status (*reject)(void* context, const mr_event* event, uint32_t dead_letter, const mr_reason* reason);
} mr_emit;

/* What a sink is asked to make durable */

/* Records of one target, in event order. Each rows() call of a router is a part of its own; parts of one target lie
 * together. */
typedef struct mr_part {
  uint32_t target;
  uint32_t reserved;
  const mr_message* const* messages; /* MR_MESSAGES: record i is *messages[i]; else NULL */
  const struct ArrowArray* rows;     /* MR_ROWS: only read, never released or moved; else NULL */
  const uint32_t* row;               /* MR_ROWS: record i is row row[i]; NULL: record i is row i */
  const mr_event* const* events;     /* record i came from *events[i] */
  size_t count;
} mr_part;

/* An event that was refused before this sink: store it as a dead letter in the same transaction (positions/1 sinks
 * only). */
typedef struct mr_dead {
  const mr_event* event;
  const mr_reason* reason;
} mr_dead;

/* Whole batches, consecutive per partition. Everything in it stays readable until its `complete`. */
typedef struct mr_delivery {
  uint64_t id;       /* new for every attempt */
  uint64_t first_id; /* of the first attempt with these records */
  uint32_t attempt;  /* from 1; from 5 on a sink writes record by record */
  uint32_t reserved;
  const mr_part* parts;
  size_t part_count;
  const mr_range* ranges; /* positions/1: what it covers, one per partition, sorted by stream and partition */
  size_t range_count;
  const mr_dead* dead;
  size_t dead_count;
} mr_delivery;

/* What became of a record. 0 is none, and a violation. */
enum {
  MR_RECORD_OK = 1,          /* durable */
  MR_RECORD_TRANSIENT = 2,   /* not durable; may succeed later */
  MR_RECORD_REJECTED = 3,    /* never will; the engine dead-letters it */
  MR_RECORD_STORED_DEAD = 4, /* durable as a dead letter of this delivery */
  MR_RECORD_MOVED = 5        /* only for the whole delivery: see MR_MOVED */
};

typedef struct mr_outcome {
  uint32_t part;
  uint32_t record;
  uint32_t outcome;
  uint32_t reserved;
  mr_reason reason;
} mr_outcome;

/* The engine's side */

enum { MR_LOG_DEBUG = 1, MR_LOG_INFO = 2, MR_LOG_WARN = 3, MR_LOG_ERROR = 4 };

/* What one instance gets from the engine; valid from create until destroy returns. */
typedef struct mr_host {
  void* context;
  mr_str pipeline; /* as configured */
  mr_str instance; /* "source.http", "sink.events" */
  mr_str worker;   /* "ingest/0" */
  mr_str owner;    /* unique for this process and worker: who holds a claim */
  /* [any] NULL: not supported here. The answer is valid as long as the host. */
  const void* (*extension)(const struct mr_host* host, const char* id);
  /* [any] An event sentence plus fields; the engine adds pipeline and instance, and limits the rate. */
  void (*log)(const struct mr_host* host, uint32_t level, mr_str text, const mr_pair* fields, size_t count);
  /* [any] Monotonic nanoseconds. Under a test it may stand still. */
  int64_t (*now_ns)(const struct mr_host* host);
  /* [any] UTC microseconds. */
  int64_t (*time_us)(const struct mr_host* host);
  /* [any] sources: poll me at `at_ns` of now_ns (a past one: as soon as there is budget). The earliest wish wins. */
  void (*wake)(const struct mr_host* host, int64_t at_ns);
  /* [any] routers: the id of a target; 0: not granted (the limit of `at most N topics`), or refused with an error text.
   */
  uint32_t (*target)(const struct mr_host* host, const mr_target* target, mr_error* error);
  /* [any] The instance is broken and says so outside of a call. */
  void (*failed)(const struct mr_host* host, const mr_error* error);
  /* [any] sinks: exactly once for each write that returned MR_OK. `rest` holds for every record that is not among the
   * outcomes (exceptions only). It is only queued: it may come before write returns, and nothing is called back from
   * it. */
  void (*complete)(const struct mr_host* host, uint64_t delivery, uint32_t rest, const mr_outcome* outcomes,
                   size_t count, const mr_error* error);
} mr_host;

/* The plugin's side */

typedef struct mr_source {
  /* [serial] Nothing now: MR_OK and id 0, then host->wake when there is. MR_END with an empty batch: no more will come.
   */
  mr_status (*poll)(void* self, const mr_budget* budget, mr_batch* out, mr_error* error);
  /* [serial] Once per batch, in any order; acknowledgement and release in one. verdicts[i] is for events[i]. */
  void (*settle)(void* self, uint64_t batch, const mr_verdict* verdicts, size_t count);
} mr_source;

typedef struct mr_router {
  /* [serial] Whole batches; pointers, since many small batches come in one call. Not MR_OK: everything emitted in this
   * call is dropped; MR_TRANSIENT is tried again, MR_FATAL stops the pipeline; a batch is never dead-lettered for it.
   */
  mr_status (*route)(void* self, const mr_event* const* events, size_t count, const mr_emit* emit, mr_error* error);
} mr_router;

typedef struct mr_sink {
  /* [serial] Before the first write that names it, and again on a new instance. `target` is valid until unbind.
   * MR_TRANSIENT holds the target's deliveries, MR_INVALID holds them and alarms; neither dead-letters. */
  mr_status (*bind)(void* self, uint32_t id, const mr_target* target, mr_error* error);
  /* [serial] No delivery names it any more. */
  void (*unbind)(void* self, uint32_t id);
  /* [serial] MR_OK: exactly one complete follows. Anything else: none does, and nothing of it was done. */
  mr_status (*write)(void* self, const mr_delivery* delivery, mr_error* error);
  /* [any] How many deliveries it wants open at a time, at least 1. */
  uint32_t (*max_in_flight)(void* self);
} mr_sink;

enum { MR_SOURCE = 1, MR_ROUTER = 2, MR_SINK = 3 };
enum {
  MR_BLOCKS = 1,         /* its [serial] calls may block: it gets a thread of its own for all of them */
  MR_ORDERED = 2,        /* sink: promises order, gets one open delivery per partition */
  MR_TAKES_MESSAGES = 4, /* sink */
  MR_TAKES_ROWS = 8,     /* sink */
  MR_REPLAYS = 16        /* source: what is abandoned can be read again from its position */
};

/* Life of an instance: create, start, calls, drain, stop, destroy. create may be followed by destroy at once (`check`
 * does so). */
typedef struct mr_plugin {
  uint32_t kind;
  uint32_t flags;
  const char* name; /* as configuration says it: the `kafka` of [sink.kafka] */
  const char* doc;  /* one sentence */
  const mr_field* fields;
  size_t field_count;
  /* [any] The plugin's half of an extension, static: needs no instance. NULL: not supported. */
  const void* (*extension)(const char* id);
  /* [any] Several at once, on any thread. Reads local files that its configuration names, but reaches no outside
   * system. MR_INVALID: the text says what is wrong with the configuration. `host` stays valid until destroy returns.
   */
  mr_status (*create)(const mr_host* host, const mr_value* config, void** self, mr_error* error);
  /* [serial] Opens what it needs. MR_TRANSIENT: tried again with backoff, health says not ready meanwhile. */
  mr_status (*start)(void* self, mr_error* error);
  /* [serial] Announces the end and does not block. A source takes nothing new in and answers MR_END once it handed all
   * out. */
  void (*drain)(void* self);
  /* [serial] Returns when every accepted delivery is completed, its threads are joined and no lent byte will be read
   * again. */
  void (*stop)(void* self);
  /* [serial] */
  void (*destroy)(void* self);
  /* [any] Make the running call return soon. Repeated until it does, as one sent just before the call would be lost. */
  void (*interrupt)(void* self);
  const mr_source* source; /* the one of `kind` is set, the others are NULL */
  const mr_router* router;
  const mr_sink* sink;
} mr_plugin;

/* The one exported symbol: `const mr_module millrace_module_v1 = {...};` Data, so that it can be seen without running a
 * line. */
typedef struct mr_module {
  const char* name;
  const char* version; /* of the plugin, semantic */
  const mr_plugin* const* plugins;
  size_t plugin_count;
} mr_module;

/* Name and version also stand in an ELF note, to be read without loading. Once per module: MR_NOTE("lines 1.0.0"); */
#define MR_NOTE(text_)                                                               \
  __attribute__((section(".note.millrace"), used, aligned(4))) static const struct { \
    uint32_t name_size, text_size, type;                                             \
    char name[12];                                                                   \
    char text[sizeof(text_)];                                                        \
  } mr_note_ = {9, sizeof(text_), MR_ABI_MAJOR, "millrace", text_}

#if defined(__GNUC__)
#define MR_EXPORT __attribute__((visibility("default")))
#else
#define MR_EXPORT
#endif

#ifdef __cplusplus
}
#endif

#endif
