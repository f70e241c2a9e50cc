// Events of 300 bytes through ten rules that read six fields, from bytes to messages, all of the JSON checked; beside
// simdjson's DOM parse of the same bytes. Both run in turn, several times, and the best of each counts, since other
// programs share the machine.
#include <simdjson.h>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "dsl/compile.hpp"
#include "dsl/evaluate.hpp"
#include "tests/bench/turns.hpp"

namespace millrace::dsl {
namespace {

constexpr const char* kRules = R"(
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

std::vector<std::string> make_events(std::size_t count) {
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

template <typename Each>
double events_per_second(std::size_t count, std::size_t times, Each each) {
  const double seconds = bench::seconds_of([&] {
    for (std::size_t time = 0; time < times; ++time) {
      for (std::size_t i = 0; i < count; ++i) {
        each(i);
      }
    }
  });
  return static_cast<double>(count * times) / seconds;
}

int run() {
  const Compilation compilation =
      compile("bench.rules", [](std::string_view) { return std::optional<std::string>(kRules); });
  if (!compilation.ruleset) {
    std::fputs(compilation.text().c_str(), stderr);
    return 1;
  }
  const Program& program = compilation.ruleset->program;
  Evaluator evaluator(program, *find_run(program, "device_events"));

  const std::vector<std::string> events = make_events(1000);
  const std::vector<simdjson::padded_string> padded(events.begin(), events.end());
  simdjson::dom::parser parser;
  std::size_t messages = 0;
  std::size_t parsed = 0;
  std::vector<double> values;
  std::vector<double> references;
  std::vector<double> ratios;
  constexpr int kRounds = 101;
  constexpr std::size_t kTimes = 10;
  constexpr std::size_t kBatch = 250;
  for (int round = 0; round < kRounds; ++round) {
    references.push_back(events_per_second(events.size(), kTimes, [&](std::size_t i) {
      simdjson::dom::element document;
      parsed += parser.parse(padded[i]).get(document) == simdjson::SUCCESS ? 1 : 0;
    }));
    values.push_back(events_per_second(events.size(), kTimes, [&](std::size_t i) {
      messages += evaluator.evaluate(events[i], {}).messages.size();
      if (i % kBatch == kBatch - 1) {
        evaluator.reset();
      }
    }));
    ratios.push_back(values.back() / references.back());
  }
  constexpr std::size_t kRuns = kRounds * kTimes;
  if (parsed != events.size() * kRuns || messages < events.size() * kRuns) {
    std::fputs("bench route: not every event was parsed and routed\n", stderr);
    return 1;
  }
  std::printf("bench route value=%.0f unit=events/s reference=%.0f ratio=%.2f\n", bench::median(values),
              bench::median(references), bench::median(ratios));
  return 0;
}

} // namespace
} // namespace millrace::dsl

int main() { return millrace::dsl::run(); }
