/* millrace.metrics/1: counters, gauges and histograms by handle. The engine adds the labels pipeline, worker and
 * instance. */
#ifndef MILLRACE_EXT_METRICS_H
#define MILLRACE_EXT_METRICS_H

#include "../plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MR_METRICS "millrace.metrics/1"

enum { MR_COUNTER = 1, MR_GAUGE = 2, MR_HISTOGRAM = 3 };

typedef struct mr_host_metrics {
  /* [any] The same kind, name and labels give the same handle; 0: refused (a name that is no Prometheus name, another
   * kind under the same name, too many). Names carry their unit: "acked_total", "commit_seconds". bounds: of a
   * histogram, ascending. They leave the page when the last instance that asked for them is destroyed. */
  uint32_t (*metric)(const mr_host* host, uint32_t kind, const char* name, const char* help, const mr_pair* labels,
                     size_t label_count, const double* bounds, size_t bound_count);
  /* [any] Counter: add. Gauge: add, value may be negative. Histogram: observe. A handle 0 is ignored. */
  void (*add)(const mr_host* host, uint32_t handle, double value);
  /* [any] Gauge: set. */
  void (*set)(const mr_host* host, uint32_t handle, double value);
} mr_host_metrics;

#ifdef __cplusplus
}
#endif

#endif
