#include "plugins/source_http/settings.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

namespace millrace::source_http {
namespace {

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
};

bool is_address(const std::string& host) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, host.c_str(), bytes) == 1 || inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty() ? std::optional(port) : std::nullopt;
}

Endpoint parse_listen(std::string_view listen) {
  const Failure wrong = invalid("listen = \"" + std::string(listen) +
                                "\" is no address with a port; write it like \"0.0.0.0:8080\", \"127.0.0.1:8080\" or "
                                "\"[::]:8080\"");
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string_view::npos) {
    throw wrong;
  }
  std::string_view host = listen.substr(0, colon);
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  Endpoint out{std::string(host == "localhost" ? "127.0.0.1" : host), 0};
  const std::optional<std::uint16_t> port = parse_port(listen.substr(colon + 1));
  if (!port || !is_address(out.host)) {
    throw wrong;
  }
  out.port = *port;
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::vector<std::string> parse_headers(const std::vector<std::string_view>& names) {
  std::vector<std::string> out;
  for (const std::string_view name : names) {
    const bool token = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
      return std::isalnum(c) != 0 ||
             std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
    });
    if (!token) {
      throw invalid("headers: \"" + std::string(name) + "\" cannot be the name of an HTTP header");
    }
    std::string lowered = lower(name);
    if (lowered == "authorization" || lowered == "event-id") {
      throw invalid("headers: '" + lowered + "' cannot be handed on; " +
                    (lowered == "event-id" ? "each event has a header of that name already" : "it is a secret"));
    }
    out.push_back(std::move(lowered));
  }
  return out;
}

TlsSettings parse_tls(const Config& config) {
  TlsSettings out;
  if (!config.has("tls")) {
    return out;
  }
  const Config tls = config.table("tls");
  out.certificate = tls.text("certificate");
  out.key = tls.text("key");
  if (tls.has("client_ca")) {
    out.client_ca = tls.text("client_ca");
  }
  for (const std::string_view name : tls.texts("client_names")) {
    out.client_names.push_back(lower(name));
  }
  if (out.client_ca.empty() && !out.client_names.empty()) {
    throw invalid("tls.client_names needs tls.client_ca: names of certificates that nobody checked say nothing");
  }
  return out;
}

std::uint64_t count(const Config& config, std::string_view name) {
  return static_cast<std::uint64_t>(config.integer(name));
}

} // namespace

Settings::Settings(const Config& config)
    : path(config.text("path")),
      stream(config.text("stream")),
      share_port(config.flag("share_port")),
      headers(parse_headers(config.texts("headers"))),
      tls(parse_tls(config)) {
  Endpoint endpoint = parse_listen(config.text("listen"));
  host = std::move(endpoint.host);
  port = endpoint.port;
  if (path.empty() || path.front() != '/' || path.find_first_of("?# ") != std::string::npos) {
    throw invalid("path = \"" + path + "\" must begin with / and have no ?, # or space");
  }
  if (config.has("port_file")) {
    port_file = config.text("port_file");
  }
  if (config.has("tokens")) {
    tokens = Tokens(config.text("tokens"));
    if (!tokens.required()) {
      throw invalid("tokens: there is no token in it; write one a line, or leave tokens out to let everybody send");
    }
  }
  limits.event_bytes = config.bytes("max_event");
  limits.body_bytes = config.bytes("max_body");
  limits.events = count(config, "max_events");
  limits.header_bytes = config.bytes("max_header");
  limits.ratio = count(config, "max_ratio");
  limits.memory_bytes = config.bytes("memory");
  limits.share_bytes = config.has("share") ? config.bytes("share") : 0;
  limits.connections = count(config, "connections");
  limits.connections_per_address = count(config, "connections_per_address");
  limits.pipelined = count(config, "pipelining");
  limits.min_rate = config.bytes("min_rate");
  waits.answer = config.duration("deadline");
  waits.header = config.duration("header_timeout");
  waits.body = config.duration("body_timeout");
  waits.idle = config.duration("idle_timeout");
  if (limits.memory_bytes < limits.body_bytes) {
    throw invalid(
        "memory is smaller than max_body: a body of that size could never be taken; raise memory or lower max_body");
  }
}

} // namespace millrace::source_http
