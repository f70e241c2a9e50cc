/* millrace.places/1 (draft): a router says where in its own files a target comes from, so that what a sink's check
 * finds is told at the line that it is about. */
#ifndef MILLRACE_EXT_DRAFT_PLACES_H
#define MILLRACE_EXT_DRAFT_PLACES_H

#include "../../plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MR_PLACES "millrace.places/1"

/* Bytes [begin, end) of a file, as the router has read it. */
typedef struct mr_place {
  mr_str file; /* as diagnostics name it; valid until the next call */
  uint64_t begin;
  uint64_t end;
} mr_place;

typedef struct mr_router_places {
  /* [serial] item: a column, or a property by its name; absent: the whole. What says nothing of it is not looked for:
   * the answer is then the target's own place. target NULL: item is a stream that the router has declared. 1: `place`
   * is filled; 0: not known. */
  uint32_t (*find)(void* self, const mr_target* target, mr_str item, mr_place* place);
} mr_router_places;

#ifdef __cplusplus
}
#endif

#endif
