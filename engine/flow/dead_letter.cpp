// See dead_letter.hpp.
#include "engine/flow/dead_letter.hpp"

#include <cstring>
#include <string>

namespace millrace::flow {

namespace {

mr_str copied(Arena& arena, std::string_view text) {
  char* bytes = static_cast<char*>(arena.take(text.size() + 1));
  std::memcpy(bytes, text.data(), text.size());
  return {bytes, text.size()};
}

mr_str literal(std::string_view text) { return {text.data(), text.size()}; }

std::string origin_of(const mr_event& event, std::string_view source) {
  const mr_range* origin = event.origin;
  if (!origin || origin->partition < 0) {
    return std::string(source);
  }
  return std::string(origin->stream.data, origin->stream.size) + "/" + std::to_string(origin->partition) + "/" +
         std::to_string(event.position);
}

} // namespace

mr_message dead_letter_message(Arena& arena, const mr_event& event, const mr_reason& reason, std::uint32_t target,
                               std::string_view source) {
  constexpr std::size_t kOwn = 6;
  mr_pair* headers = static_cast<mr_pair*>(arena.take((kOwn + event.header_count) * sizeof(mr_pair)));
  std::uint32_t count = 0;
  const auto add = [&](std::string_view name, const mr_str& value) {
    if (value.data) {
      headers[count++] = {literal(name), copied(arena, {value.data, value.size})};
    }
  };
  add("millrace-code", reason.code);
  add("millrace-reason", reason.text);
  add("millrace-path", reason.path);
  add("millrace-rule", reason.rule);
  add("millrace-ruleset", reason.ruleset);
  headers[count++] = {literal("millrace-source"), copied(arena, origin_of(event, source))};
  for (std::uint32_t i = 0; i < event.header_count; ++i) {
    headers[count++] = event.headers[i];
  }
  mr_message message{};
  message.event = &event;
  message.target = target;
  message.header_count = count;
  message.key = event.key;
  message.headers = headers;
  message.time_us = event.time_us;
  message.payload = event.payload; // absent stays absent: a tombstone
  return message;
}

} // namespace millrace::flow
