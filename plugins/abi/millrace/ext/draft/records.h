/* millrace.records/2 (draft): a sink whose outside system keeps what the engine writes down of itself: receipts of
 * reloads, rulesets, which one is active, which engines there are. The engine asks an instance of its own, which was
 * created and never started, so that it waits for no running sink; a record is bytes under a name, and what is in them
 * is the engine's business. */
#ifndef MILLRACE_EXT_DRAFT_RECORDS_H
#define MILLRACE_EXT_DRAFT_RECORDS_H

#include "../../plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MR_RECORDS "millrace.records/2"

typedef struct mr_record {
  mr_str scope; /* the pipeline that it is about */
  mr_str kind;  /* "receipt", "ruleset", … */
  mr_str key;   /* unique within scope and kind */
  int64_t time_us;
  mr_str bytes;
} mr_record;

typedef struct mr_record_name {
  mr_str scope;
  mr_str kind;
  mr_str key;
} mr_record_name;

typedef struct mr_record_reader {
  void* context;
  void (*add)(void* context, const mr_record* record); /* valid within the call */
} mr_record_reader;

/* Each call may block up to deadline_ns of host->now_ns. MR_TRANSIENT: could not be reached; nothing was done, or all
 * of it. */
typedef struct mr_plugin_records {
  /* [serial] All of them or none, in one transaction, durable when it answers MR_OK; each takes the place of one with
   * the same name. No name stands there twice. */
  mr_status (*write)(void* self, const mr_record* records, size_t count, int64_t deadline_ns, mr_error* error);
  /* [serial] The same for one that is new: MR_REJECTED when there is one of that name, which stays. */
  mr_status (*put_new)(void* self, const mr_record* record, int64_t deadline_ns, mr_error* error);
  /* [serial] The latest first, at most `limit`; with a key that is not absent the one of that name. With only_names
   * their bytes are left out. */
  mr_status (*read)(void* self, mr_str scope, mr_str kind, mr_str key, size_t limit, uint32_t only_names,
                    int64_t deadline_ns, const mr_record_reader* reader, mr_error* error);
  /* [serial] No matter whether they are there. */
  mr_status (*forget)(void* self, const mr_record_name* names, size_t count, int64_t deadline_ns, mr_error* error);
} mr_plugin_records;

#ifdef __cplusplus
}
#endif

#endif
