/* millrace.check/1: can the outside system be reached, and are the targets there as the rules want them?
 * Called on an instance of its own that was created and never started, so that a check waits for no running sink. */
#ifndef MILLRACE_EXT_CHECK_H
#define MILLRACE_EXT_CHECK_H

#include "../plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MR_CHECK "millrace.check/1"

#define MR_NO_TARGET SIZE_MAX

/* Where findings go. severity is one of MR_LOG_INFO (as wanted), MR_LOG_WARN, MR_LOG_ERROR; target is an index into the
 * targets of the call or MR_NO_TARGET; item is a column, a property of the target, a stream or a setting, absent if it
 * is about the whole. The first line of text says what is there, further lines what to do about it. */
typedef struct mr_findings {
  void* context;
  void (*add)(void* context, uint32_t severity, size_t target, mr_str item, mr_str text);
} mr_findings;

typedef struct mr_plugin_check {
  /* [serial] The engine may come back to the same instance, for about a minute: what was opened may stay open. May
   * block up to deadline_ns of host->now_ns. MR_TRANSIENT: could not be reached, the text says how it was tried. */
  mr_status (*check)(void* self, const mr_target* targets, size_t count, int64_t deadline_ns,
                     const mr_findings* findings, mr_error* error);
} mr_plugin_check;

#ifdef __cplusplus
}
#endif

#endif
