// What check and apply say, and short words for asking them.
#pragma once

#include <gtest/gtest.h>
#include <millrace/ext/check.h>
#include <millrace/ext/draft/apply.h>
#include <millrace/testing/sink.hpp>

#include <string>
#include <vector>

namespace millrace::sink_postgres {

struct Heard {
  std::vector<std::string> steps;
  std::vector<std::string> findings; // "4 0 column: text"

  mr_steps as_steps() {
    return {this, [](void* self, std::size_t, mr_str step) { static_cast<Heard*>(self)->steps.push_back(copy(step)); }};
  }
  mr_findings as_findings() {
    return {this, [](void* self, std::uint32_t severity, std::size_t target, mr_str item, mr_str text) {
              static_cast<Heard*>(self)->findings.push_back(std::to_string(severity) + " " +
                                                            (target == MR_NO_TARGET ? "-" : std::to_string(target)) +
                                                            " " + copy(item) + ": " + copy(text));
            }};
  }
};

inline Heard apply(testing::Sink& sink, std::vector<mr_target> targets, bool run) {
  Heard heard;
  const mr_steps steps = heard.as_steps();
  const mr_findings findings = heard.as_findings();
  mr_error error{};
  const auto* calls = sink.extension<mr_plugin_apply>(MR_APPLY);
  const mr_status status = calls->apply(sink.self(), targets.data(), targets.size(), run ? 1 : 0,
                                        sink.host().now_ns() + 20'000'000'000, &steps, &findings, &error);
  EXPECT_EQ(status, MR_OK) << error.text;
  return heard;
}

inline Heard check(testing::Sink& sink, std::vector<mr_target> targets) {
  Heard heard;
  const mr_findings findings = heard.as_findings();
  mr_error error{};
  const auto* calls = sink.extension<mr_plugin_check>(MR_CHECK);
  const mr_status status = calls->check(sink.self(), targets.data(), targets.size(),
                                        sink.host().now_ns() + 20'000'000'000, &findings, &error);
  EXPECT_EQ(status, MR_OK) << error.text;
  return heard;
}

} // namespace millrace::sink_postgres
