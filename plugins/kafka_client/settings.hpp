// Settings of librdkafka: those that a plugin ships, those that may not be set otherwise because the promise of
// delivery rests on them, and those that a user passes through.
#pragma once

#include "plugins/kafka_client/handles.hpp"

#include <millrace/host.hpp>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::kafka_client {

struct Shipped {
  std::string_view name;
  std::string value;
  std::string_view why; // absent: a user may set another value
};

// A setting that is not the user's at all, an alias of a shipped one, or made from a field of the plugin.
struct Refused {
  std::string_view name;
  std::string_view why;
};

using Given = std::vector<std::pair<std::string, std::string>>;

// The shipped settings, overridden by what is given. `logger` gets librdkafka's own log lines and must outlive the
// client that is made of it. Throws invalid(), which names the setting, its value and why.
Conf make_conf(std::span<const Shipped> shipped, std::span<const Refused> refused, const Given& given,
               const Host& logger);

// The name with the fewest typing mistakes between it and `name`; empty when none is near.
std::string nearest(std::string_view name, const std::vector<std::string_view>& known);

// A name that librdkafka knows and that is near to `name`; empty when none is.
std::string nearest_setting(std::string_view name);

} // namespace millrace::kafka_client
