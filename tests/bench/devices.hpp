// What devices post, 300 bytes an event, and ten rules for it that read six fields: what `route` and `diff` are
// measured with.
#pragma once

#include <array>
#include <cstdio>
#include <string>
#include <vector>

namespace millrace::bench {

inline constexpr const char* kDeviceRules = R"(
edition 1
event device_event {
  type:     one of "heartbeat", "purchase", "refund", "crash", "ad_impression", "ad_click" or other
  device    { id: string  os: one of "android", "ios" or other }
  country?: string
  battery?: float
  test?:    bool
}
topic "low_battery" { event device_event }
topic "purchases"   { event device_event }
topic "refunds"     { event device_event }
topic "crashes"     { event device_event }
topic "ads"         { event device_event }
topic "germany"     { event device_event }
topic "france"      { event device_event }
topic "lab"         { event device_event }
topic "heartbeats"  { event device_event }
topic "other"       { event device_event }
topic "dlq"         { }

router device_events for device_event {
  match first
  dead_letter "dlq"
  drop  test_traffic when test ?? false
  tap   low_battery  when battery < 5.0                             to topic "low_battery" { key device.id }
  route purchase     when type == "purchase"                        to topic "purchases"   { key device.id }
  route refund       when type == "refund"                          to topic "refunds"     { key device.id }
  route crash        when type == "crash"                           to topic "crashes"     { key device.id }
  route ad           when type in ("ad_impression", "ad_click")     to topic "ads"         { key device.id }
  route germany      when country == "DE" and device.os == "ios"    to topic "germany"     { key device.id }
  route france       when country == "FR" and device.os == "ios"    to topic "france"      { key device.id }
  route lab          when device.id starts with "lab-"              to topic "lab"         { key device.id }
  route heartbeat    when type == "heartbeat"                       to topic "heartbeats"  { key device.id }
  otherwise to topic "other"
}
)";

inline std::vector<std::string> device_events(std::size_t count) {
  constexpr std::array kTypes{"heartbeat", "purchase", "crash", "ad_click", "heartbeat", "heartbeat", "heartbeat"};
  std::vector<std::string> events;
  for (std::size_t i = 0; i < count; ++i) {
    std::array<char, 512> text{};
    std::snprintf(text.data(), text.size(),
                  R"({"id":"7b0c2f7e-92f1-4d0a-9d53-0d8b1c1f%04zx","type":"%s","ts":17180000%05zu,)"
                  R"("device":{"id":"d-%zu","os":"%s","model":"Pixel 7 Pro","locale":"de_DE"},)"
                  R"("app":{"id":"maps","version":"7.12.0","build":48211},"country":"%s","battery":%zu.5,"test":false,)"
                  R"("session":"s-%08zx","net":"wifi","uptime_s":%zu})",
                  i % 65536, kTypes[i % kTypes.size()], i % 100'000, i * 37, i % 2 == 0 ? "android" : "ios",
                  i % 3 == 0 ? "DE" : "US", i % 100, i * 7919, i * 13);
    events.emplace_back(text.data());
  }
  return events;
}

} // namespace millrace::bench
