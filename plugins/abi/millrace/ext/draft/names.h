/* millrace.names/1 (draft): a sink says which names there are in its outside system already. Targets may come in
 * families, `at most N of pattern` (docs/plugins/targets.md); what is there counts among the N. */
#ifndef MILLRACE_EXT_DRAFT_NAMES_H
#define MILLRACE_EXT_DRAFT_NAMES_H

#include "../../plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MR_NAMES "millrace.names/1"

typedef struct mr_host_names {
  /* [any] sinks: before start returns MR_OK, and whenever they have looked again. Adds to what was said before. */
  void (*there)(const mr_host* host, const mr_str* names, size_t count);
} mr_host_names;

#ifdef __cplusplus
}
#endif

#endif
