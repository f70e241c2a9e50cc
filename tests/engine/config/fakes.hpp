// Plugins that only declare: enough of each type of field for the tests of configuration.
#pragma once

#include <millrace/plugin.h>

#include <map>
#include <optional>
#include <string>

#include "engine/config/config.hpp"
#include "engine/config/value.hpp"

namespace millrace::config {

inline constexpr mr_field kTlsFields[] = {
    {"ca", MR_STRING, MR_PATH, nullptr, nullptr, "Whom to trust.", nullptr, 0},
    {"verify", MR_BOOL, 0, "true", nullptr, "Whether to look.", nullptr, 0},
    {"server", MR_STRING, MR_REQUIRED, nullptr, nullptr, "Which name it must have. More words.", nullptr, 0},
};
inline constexpr mr_field kPostFields[] = {
    {"listen", MR_STRING, MR_REQUIRED, nullptr, nullptr, "Address and port to listen on. IPv6 in brackets.", nullptr,
     0},
    {"tokens", MR_STRING, MR_SECRET, nullptr, nullptr, "Who may send.", nullptr, 0},
    {"max_body", MR_SIZE, 0, "1MiB", "1KiB..64MiB", "The largest body.", nullptr, 0},
    {"deadline", MR_DURATION, 0, "\"10s\"", "100ms..", "When to give up.", nullptr, 0},
    {"backlog", MR_INT, 0, "128", "1..65535", "How many wait.", nullptr, 0},
    {"share", MR_FLOAT, 0, "0.5", "0..1", "How much of it.", nullptr, 0},
    {"compressed", MR_BOOL, 0, "false", nullptr, "Whether it is.", nullptr, 0},
    {"mode", MR_STRING, 0, "\"fast\"", "fast|safe", "Which way.", nullptr, 0},
    {"hosts", MR_STRING, MR_LIST, "[\"a\", \"b\"]", nullptr, "Where else.", nullptr, 0},
    {"pin", MR_INT, MR_SECRET, nullptr, "1..9999", "A number nobody sees.", nullptr, 0},
    {"tls", MR_TABLE, 0, nullptr, nullptr, "How to be safe.", kTlsFields, 3},
    {"peers", MR_TABLE, MR_LIST, nullptr, nullptr, "Who else.", kTlsFields, 3},
    {"settings", MR_MAP, 0, nullptr, nullptr, "Passed on as they are.", nullptr, 0},
};
inline constexpr mr_field kRulesFields[] = {
    {"file", MR_STRING, MR_REQUIRED | MR_PATH, nullptr, nullptr, "The rules.", nullptr, 0},
};

inline const mr_plugin kPost{MR_SOURCE, 0,       "post",  "Takes.", kPostFields, std::size(kPostFields),
                             nullptr,   nullptr, nullptr, nullptr,  nullptr,     nullptr,
                             nullptr,   nullptr, nullptr, nullptr};
inline const mr_plugin kLog{MR_SOURCE, MR_REPLAYS, "log",   "Reads.", nullptr, 0,       nullptr, nullptr,
                            nullptr,   nullptr,    nullptr, nullptr,  nullptr, nullptr, nullptr, nullptr};
inline const mr_plugin kRules{MR_ROUTER, 0,       "rules", "Decides.", kRulesFields, std::size(kRulesFields),
                              nullptr,   nullptr, nullptr, nullptr,    nullptr,      nullptr,
                              nullptr,   nullptr, nullptr, nullptr};
inline const mr_plugin kStore{MR_SINK, MR_TAKES_ROWS, "store", "Keeps.", nullptr, 0,       nullptr, nullptr,
                              nullptr, nullptr,       nullptr, nullptr,  nullptr, nullptr, nullptr, nullptr};
inline const mr_plugin* const kFakes[] = {&kPost, &kLog, &kRules, &kStore};
inline const mr_module kFakeModule{"fakes", "1.0.0", kFakes, 4};

inline modules::Catalogue fake_catalogue() {
  modules::Catalogue catalogue;
  catalogue.add(modules::Module{{}, &kFakeModule});
  return catalogue;
}

inline Variables variables(std::map<std::string, std::string> known) {
  return [known = std::move(known)](const std::string& name) {
    const auto at = known.find(name);
    return at == known.end() ? std::nullopt : std::optional<std::string>(at->second);
  };
}

} // namespace millrace::config
