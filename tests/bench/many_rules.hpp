// A rules file of as many rules as wanted, of mixed kinds, as the tools are measured with.
#pragma once

#include <cstddef>
#include <string>

namespace millrace::bench {

/// Rule N of every fifth is `device == "d-N"`.
inline std::string many_rules(std::size_t count) {
  std::string text = R"(edition 1
event e {
  type: one of "a", "b", "c" or other
  country: string  device: string  path: string  load: int  battery?: float
}
topic "t" { event e }
topic "other" { event e }
topic "dlq" { }
router r for e {
  match first
  dead_letter "dlq"
)";
  for (std::size_t i = 0; i < count; ++i) {
    const std::string number = std::to_string(i);
    const std::string conditions[] = {
        "device == \"d-" + number + "\"",
        "type == \"a\" and country == \"C" + std::to_string(i % 200) + "\" and device == \"x-" + number + "\"",
        "path starts with \"/shop/" + number + "/\"",
        "load >= " + number + "0 and load < " + number + "9",
        "country in (\"DE\", \"FR\", \"C" + number + "\") and not (type == \"b\")",
    };
    text += "  route r" + number + " when " + conditions[i % 5] + "\n    to topic \"t\" { key device }\n";
  }
  return text + "  otherwise to topic \"other\"\n}\n";
}

} // namespace millrace::bench
