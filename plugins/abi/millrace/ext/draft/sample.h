/* millrace.sample/1 (draft): a source hands over what its outside system holds now, for tools that look at events. It
 * leaves no trace there: nothing is committed, claimed or joined. Called like check/1 on an instance that was created
 * and never started. */
#ifndef MILLRACE_EXT_DRAFT_SAMPLE_H
#define MILLRACE_EXT_DRAFT_SAMPLE_H

#include "../../plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MR_SAMPLE "millrace.sample/1"

/* Where events go. The event and all that it points to are valid within the call. 0: no more of them, please. */
typedef struct mr_samples {
  void* context;
  uint32_t (*add)(void* context, const mr_event* event);
} mr_samples;

typedef struct mr_source_sample {
  /* [serial] Of the stream what is there when the call begins, partition by partition, each from its first position on;
   * what comes meanwhile is left out. limit: the newest so many, spread evenly over the partitions; 0: all. Blocks, and
   * gives up when nothing has come for patience_ns: MR_TRANSIENT, the text says how it was tried. MR_REJECTED: there is
   * no such stream, the text names the nearest that there is. */
  mr_status (*sample)(void* self, mr_str stream, uint64_t limit, int64_t patience_ns, const mr_samples* samples,
                      mr_error* error);
} mr_source_sample;

#ifdef __cplusplus
}
#endif

#endif
