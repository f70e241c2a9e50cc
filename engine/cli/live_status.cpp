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

std::string text_of(const runtime::Status& status, const std::string& table, dsl::Colours colours) {
  const std::size_t headline = table.find('\n');
  std::string out = painted(dsl::Tone::headline, table.substr(0, headline), colours) + table.substr(headline);
  for (const std::string& trouble : troubles_of(status)) {
    out += painted(dsl::Tone::warning, trouble, colours) + "\n";
  }
  for (const std::string& reason : status.not_ready) {
    out += painted(dsl::Tone::error, "not ready", colours) + ": " + reason + "\n";
  }
  return out + (status.not_ready.empty() ? painted(dsl::Tone::added, "ready", colours) + "\n" : "");
}

} // namespace millrace::cli
