/* millrace.claims/1: a source whose streams have partitions asks where to start, and hears when it has to go back.
 * The claim may block and belongs to the sink's thread, so it is asked for here and answered later. */
#ifndef MILLRACE_EXT_CLAIMS_H
#define MILLRACE_EXT_CLAIMS_H

#include "../plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MR_CLAIMS "millrace.claims/1"

typedef struct mr_host_claims {
  /* [any] I hold this partition and want to know where to start. `own` and `own_mark`: the source's own idea, used when
   * no sink stores positions or it has none. Answered by start_at; only the answer to the latest claim of a partition
   * counts. */
  void (*claim)(const mr_host* host, mr_str stream, int32_t partition, uint64_t own, uint64_t own_mark);
  /* [any] I have to give it back. lost 0: finish what is under way up to the deadline; lost 1: it is already somebody
   * else's, abandon at once. Answered by released, after everything of it is settled. No batch of it may be handed in
   * after this. */
  void (*release)(const mr_host* host, mr_str stream, int32_t partition, uint32_t lost);
} mr_host_claims;

typedef struct mr_source_claims {
  /* [serial] Hand out from `position` on. mark: what the range said whose `next` this is, 0: none. */
  void (*start_at)(void* self, mr_str stream, int32_t partition, uint64_t position, uint64_t mark);
  /* [serial] Everything unsettled of it was abandoned and its claim is void: if the partition is still yours, claim
   * again. */
  void (*moved)(void* self, mr_str stream, int32_t partition);
  /* [serial] Nothing of it is under way any more: give it back. */
  void (*released)(void* self, mr_str stream, int32_t partition);
} mr_source_claims;

#ifdef __cplusplus
}
#endif

#endif
