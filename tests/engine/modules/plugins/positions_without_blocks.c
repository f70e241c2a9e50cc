/* Stores positions, but its claim would wait on the worker's own thread; and `still` is missing. */
#define FIXTURE_EXTENSION(id_) (strcmp(id_, MR_POSITIONS) == 0 ? &positions : NULL)
#include <millrace/ext/positions.h>
#include <string.h>
static mr_status claim(void* self, mr_str stream, int32_t partition, const mr_position* if_new, mr_position* out,
                       mr_error* error) {
  (void)self, (void)stream, (void)partition, (void)error;
  *out = *if_new;
  return MR_OK;
}
static void release(void* self, mr_str stream, int32_t partition) { (void)self, (void)stream, (void)partition; }
static const mr_sink_positions positions = {claim, release, NULL};
#include "whole.h"
