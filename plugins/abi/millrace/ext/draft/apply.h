/* millrace.apply/1 (draft): create what the rules declare and the outside system does not have yet.
 * Called like check/1 on an instance that was created and never started. */
#ifndef MILLRACE_EXT_DRAFT_APPLY_H
#define MILLRACE_EXT_DRAFT_APPLY_H

#include "../check.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MR_APPLY "millrace.apply/1"

/* One step that is needed, as a person would read it: the SQL statement, or "create topic …". Valid within the call. */
typedef struct mr_steps {
  void* context;
  void (*add)(void* context, size_t target, mr_str step);
} mr_steps;

typedef struct mr_plugin_apply {
  /* [serial] What is missing, in order. With run set, each step is also carried out after it was added; what already
   * fits adds none. A target that is there and differs is not changed: a finding of MR_LOG_ERROR names the difference.
   */
  mr_status (*apply)(void* self, const mr_target* targets, size_t count, uint32_t run, int64_t deadline_ns,
                     const mr_steps* steps, const mr_findings* findings, mr_error* error);
} mr_plugin_apply;

#ifdef __cplusplus
}
#endif

#endif
