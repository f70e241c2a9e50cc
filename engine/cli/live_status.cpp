#include "engine/cli/live_status.hpp"

namespace millrace::cli {

admin::Reply ask_status(const Live& live, std::chrono::nanoseconds deadline) {
  Live as_json = live;
  as_json.format = "json";
  admin::Reply reply = ask(as_json, {.path = "/pipelines"}, deadline);
  if (!reply.body.ends_with('\n')) {
    reply.body += '\n';
  }
  return reply;
}

std::optional<runtime::Status> understood(const admin::Reply& reply) {
  constexpr unsigned kOk = 200;
  return reply.status == kOk ? runtime::status_of(reply.body) : std::nullopt;
}

namespace {

dsl::Tone tone_of(runtime::Part part) {
  switch (part) {
    case runtime::Part::headline:
      return dsl::Tone::headline;
    case runtime::Part::trouble:
    case runtime::Part::warning:
      return dsl::Tone::warning;
    case runtime::Part::not_ready:
      return dsl::Tone::error;
    case runtime::Part::ready:
      return dsl::Tone::added;
  }
  return dsl::Tone::headline;
}

} // namespace

std::string text_of(const runtime::Status& status, const std::string& table, dsl::Colours colours) {
  return runtime::text_of(status, table, [colours](runtime::Part part, std::string_view text) {
    return dsl::painted(tone_of(part), text, colours);
  });
}

} // namespace millrace::cli
