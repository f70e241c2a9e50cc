/* millrace.reload/1: take new configuration values in place, without a new instance. */
#ifndef MILLRACE_EXT_RELOAD_H
#define MILLRACE_EXT_RELOAD_H

#include "../plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MR_RELOAD "millrace.reload/1"

typedef struct mr_plugin_reload {
  /* [serial] All of it or nothing. MR_REJECTED: these values need a new instance, which the engine then makes. */
  mr_status (*reload)(void* self, const mr_value* config, mr_error* error);
} mr_plugin_reload;

#ifdef __cplusplus
}
#endif

#endif
