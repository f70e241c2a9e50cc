/* The Arrow C data interface: the two frozen structs by which rows cross the boundary.
 * Layout and meaning are Arrow's own (format "C data interface"); nothing of Millrace is added here.
 * A header that already defines them (Arrow's, another project's) may be included before or after this one. */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
  const char* format; /* type, for instance "l" int64, "u" utf8, "d:12,2" decimal128, "tsu:UTC" timestamp in us */
  const char* name;
  const char* metadata; /* int32 count, then (int32 size, bytes) for each key and value; NULL: none */
  int64_t flags;        /* ARROW_FLAG_NULLABLE */
  int64_t n_children;
  struct ArrowSchema** children;
  struct ArrowSchema* dictionary;
  void (*release)(struct ArrowSchema*); /* NULL: already released or moved away */
  void* private_data;
};

struct ArrowArray {
  int64_t length;
  int64_t null_count; /* -1: not counted */
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void** buffers; /* validity bitmap first (NULL: no nulls), then as the format says */
  struct ArrowArray** children;
  struct ArrowArray* dictionary;
  void (*release)(struct ArrowArray*);
  void* private_data;
};

#ifdef __cplusplus
}
#endif

#endif
