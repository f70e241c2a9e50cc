/* millrace.positions/1: a sink that stores the positions of what it wrote in the same transaction as what it wrote.
 * This is what makes a pipeline exactly once. Needs MR_BLOCKS. */
#ifndef MILLRACE_EXT_POSITIONS_H
#define MILLRACE_EXT_POSITIONS_H

#include "../plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MR_POSITIONS "millrace.positions/1"

typedef struct mr_position {
  uint64_t next; /* first position that is not covered yet */
  uint64_t mark; /* of the range that ended there, 0: none */
} mr_position;

typedef struct mr_sink_positions {
  /* [serial] Take the partition over on this instance's own session: whoever held it before can write it no more.
   * if_new: stored and answered when nothing is known of it. MR_MOVED: the session was found gone while other claims
   * existed. */
  mr_status (*claim)(void* self, mr_str stream, int32_t partition, const mr_position* if_new, mr_position* out,
                     mr_error* error);
  /* [serial] It is given back; no delivery will name it until the next claim. */
  void (*release)(void* self, mr_str stream, int32_t partition);
  /* [serial] Called when idle: touch the session. MR_MOVED if it is not the one that claimed. */
  mr_status (*still)(void* self, mr_error* error);
} mr_sink_positions;

#ifdef __cplusplus
}
#endif

#endif
