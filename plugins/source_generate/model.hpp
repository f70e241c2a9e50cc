// The model case as a pure function: event number n of a seed is always the same bytes. A company with millions of
// Android devices: few kinds of event make up most of the stream, few devices make up much of it, some events are late,
// some come twice.
#pragma once

#include <cstdint>
#include <string>

namespace millrace::source_generate {

struct Model {
  std::uint64_t seed = 1;
  std::uint64_t devices = 5'000'000;
  double late = 0.02;                            // share of events that happened up to three days before they came
  double duplicates = 0.01;                      // share of events that are an earlier one once more, byte for byte
  std::int64_t start_us = 1'718'000'000'000'000; // when event 0 came, UTC
  std::int64_t step_us = 12;                     // between two events: 5 M devices at one a minute
};

// When event n came: start + n * step.
std::int64_t arrival_us(const Model& model, std::uint64_t n);

// The number of the event whose bytes event n carries: n itself, or a smaller one when it is a duplicate.
std::uint64_t original_of(const Model& model, std::uint64_t n);

// Appends the JSON of event n.
void append_event(const Model& model, std::uint64_t n, std::string& out);

// The key that its device would use; appended likewise.
void append_device_id(const Model& model, std::uint64_t n, std::string& out);

} // namespace millrace::source_generate
