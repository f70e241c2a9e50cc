/* millrace.explain/1 (draft): a router says what becomes of an event and why, without routing it; and what another
 * ruleset would make of the same events. What an operator looks at while the router runs. */
#ifndef MILLRACE_EXT_DRAFT_EXPLAIN_H
#define MILLRACE_EXT_DRAFT_EXPLAIN_H

#include "../../plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MR_EXPLAIN "millrace.explain/1"

enum {
  MR_EXPLAIN_TEXT = 1, /* lines for a person */
  MR_EXPLAIN_JSON = 2  /* one object */
};

/* Takes what is said, in pieces; each valid within the call. */
typedef struct mr_listener {
  void* context;
  void (*say)(void* context, mr_str text);
} mr_listener;

typedef struct mr_comparison_count {
  uint64_t events;
  uint64_t changed; /* of them, whose way or rows would be others */
} mr_comparison_count;

typedef struct mr_router_explain {
  /* [any] The way of one event under the ruleset of `self`, also while that routes: nothing is emitted, counted or
   * named. An event that the rules refuse is explained as well. The JSON object has the members "outcome", "rules" and
   * "to" with a "topic" each, "rows" with a "table" each. */
  mr_status (*explain)(void* self, const mr_event* event, uint32_t form, const mr_listener* listener, mr_error* error);

  /* [any] Begins to compare what becomes of events under `self` and under `other`, an instance of the same plugin. Both
   * live longer than the comparison. */
  mr_status (*compare)(void* self, void* other, void** comparison, mr_error* error);
  /* [serial] of one comparison. */
  void (*compare_event)(void* comparison, const mr_event* event);
  mr_comparison_count (*compare_count)(void* comparison);
  void (*compare_tell)(void* comparison, uint32_t form, const mr_listener* listener);
  void (*compare_end)(void* comparison);
} mr_router_explain;

#ifdef __cplusplus
}
#endif

#endif
