/* millrace.ruleset/1 (draft): a router says what it was made of, and what is wrong with it, in more words than an
 * mr_error holds. The engine makes reload receipts of it without knowing a rule. */
#ifndef MILLRACE_EXT_DRAFT_RULESET_H
#define MILLRACE_EXT_DRAFT_RULESET_H

#include "../../plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MR_RULESET "millrace.ruleset/1"

/* One diagnostic. rendered: the whole text with source line and carets, as `check` prints it. Valid within the call. */
typedef struct mr_diagnostic {
  uint32_t severity; /* MR_LOG_WARN or MR_LOG_ERROR */
  uint32_t line;     /* from 1, 0: none */
  uint32_t column;   /* from 1, in characters */
  uint32_t reserved;
  mr_str code;
  mr_str file;
  mr_str headline;
  mr_str rendered;
} mr_diagnostic;

typedef struct mr_host_ruleset {
  /* [any] In create: warnings also when it succeeds, errors before it returns MR_INVALID. */
  void (*diagnose)(const mr_host* host, const mr_diagnostic* diagnostic);
} mr_host_ruleset;

/* A part of a ruleset under its name, so that two rulesets can be compared: ("rule", "web.clicks", hash). */
typedef struct mr_ruleset_item {
  mr_str kind; /* "file", "rule", "topic", "table", "event" */
  mr_str name;
  mr_str hash;
} mr_ruleset_item;

typedef struct mr_router_ruleset {
  /* [any] Hash over every file it came from, lower-case hex; valid until destroy. */
  mr_str (*hash)(void* self);
  /* [any] Sorted by kind and name; valid until destroy. */
  size_t (*items)(void* self, const mr_ruleset_item** items);
  /* [any] How many tests stood in the files and were run in create; all of them passed, or create had failed. */
  size_t (*tests)(void* self);
  /* [any] A new instance for the worker of `host` with the very ruleset of `self`, whatever became of its files since.
   * As create, but nothing is read or compiled. `self` need not outlive it. */
  mr_status (*twin)(void* self, const mr_host* host, void** twin, mr_error* error);
} mr_router_ruleset;

#ifdef __cplusplus
}
#endif

#endif
