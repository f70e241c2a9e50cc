// The one exported symbol of source_http.
#include "plugins/source_http/source.hpp"

MILLRACE_MODULE("source_http", "0.1.0",
                millrace::source_plugin<millrace::source_http::HttpSource>(
                    "http", "Takes JSON events that are posted over HTTP and answers when they are safe."));
