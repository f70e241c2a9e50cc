/* millrace.streams/1 (draft): a router says which streams it reads, a source that was given none in its configuration
 * asks. */
#ifndef MILLRACE_EXT_DRAFT_STREAMS_H
#define MILLRACE_EXT_DRAFT_STREAMS_H

#include "../../plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MR_STREAMS "millrace.streams/1"

typedef struct mr_host_streams {
  /* [any] routers, in create: the streams that this instance reads. A `*` stands for one or more characters but no dot.
   */
  void (*declare)(const mr_host* host, const mr_str* streams, size_t count);
  /* [any] sources, from start on: what the active router declared. Fills at most `max`, answers how many there are. The
   * texts stay valid until the next `changed` returns. */
  size_t (*list)(const mr_host* host, mr_str* streams, size_t max);
} mr_host_streams;

typedef struct mr_source_streams {
  /* [serial] The list is another one now. */
  void (*changed)(void* self);
} mr_source_streams;

#ifdef __cplusplus
}
#endif

#endif
