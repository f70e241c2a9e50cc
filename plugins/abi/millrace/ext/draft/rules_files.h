/* millrace.rules_files/1 (draft): the files that a router's ruleset was read from, as they were, and how to make the
 * very ruleset again of them. The engine keeps them, so that a ruleset can be shown and made active again when the
 * files on disk have long become others. */
#ifndef MILLRACE_EXT_DRAFT_RULES_FILES_H
#define MILLRACE_EXT_DRAFT_RULES_FILES_H

#include "../../plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MR_RULES_FILES "millrace.rules_files/1"

typedef struct mr_rules_file {
  mr_str name;  /* as it was opened */
  mr_str bytes; /* all of it */
} mr_rules_file;

/* What create spent its time on: ("compile", nanoseconds). */
typedef struct mr_rules_step {
  mr_str name;
  int64_t ns;
} mr_rules_step;

typedef struct mr_router_rules_files {
  /* [any] Every file that was read, the root first; the files of lookups and tests too. Valid until destroy. */
  size_t (*files)(void* self, const mr_rules_file** files);
  /* [any] In the order in which they were done; what a ruleset did not need is left out. Valid until destroy. */
  size_t (*steps)(void* self, const mr_rules_step** steps);
  /* As create, but these are read and nothing on disk; the first is the root, whatever `config` names. The bytes are
   * copied. */
  mr_status (*create_from)(const mr_host* host, const mr_value* config, const mr_rules_file* files, size_t count,
                           void** self, mr_error* error);
} mr_router_rules_files;

#ifdef __cplusplus
}
#endif

#endif
