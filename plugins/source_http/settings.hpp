// What [source.http] may say, and its values checked and copied. No sockets here.
#pragma once

#include <millrace/config.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "plugins/source_http/tokens.hpp"

namespace millrace::source_http {

struct TlsSettings {
  std::string certificate;               // PEM file with the chain
  std::string key;                       // PEM file
  std::string client_ca;                 // PEM file; not empty: clients must show a certificate that it signed
  std::vector<std::string> client_names; // not empty: one of them must stand in the client's certificate
};

struct Limits {
  std::uint64_t event_bytes = 0;
  std::uint64_t body_bytes = 0; // after decompression
  std::uint64_t events = 0;     // in one request
  std::uint64_t header_bytes = 0;
  std::uint64_t ratio = 0; // decompressed to compressed
  std::uint64_t memory_bytes = 0;
  std::uint64_t share_bytes = 0; // of one token or address; 0: no share
  std::uint64_t connections = 0;
  std::uint64_t connections_per_address = 0;
  std::uint64_t pipelined = 0; // requests of one connection that wait for their answers
  std::uint64_t min_rate = 0;  // bytes a second of a body, after kRateGrace
};

struct Waits {
  std::chrono::nanoseconds answer{};
  std::chrono::nanoseconds header{};
  std::chrono::nanoseconds body{};
  std::chrono::nanoseconds idle{};
};

inline constexpr std::chrono::seconds kRateGrace{5};

struct Settings {
  explicit Settings(const Config& config);

  std::string host; // an IP address, without brackets
  std::uint16_t port = 0;
  std::string path;
  std::string stream;
  std::string port_file;
  bool share_port = false;
  Tokens tokens;
  std::vector<std::string> headers; // in lower case: handed on with each event
  Limits limits;
  Waits waits;
  TlsSettings tls; // certificate empty: plain HTTP
};

} // namespace millrace::source_http
