// The settings of [source.http] as the engine declares, checks and documents them.
#pragma once

#include <millrace/plugin.h>

#include <iterator>

namespace millrace::source_http {

inline constexpr mr_field kTlsFields[] = {
    {"certificate", MR_STRING, MR_REQUIRED | MR_PATH, nullptr, nullptr,
     "PEM file with the server's certificate, followed by those that sign it.", nullptr, 0},
    {"key", MR_STRING, MR_REQUIRED | MR_PATH, nullptr, nullptr, "PEM file with the private key of the certificate.",
     nullptr, 0},
    {"client_ca", MR_STRING, MR_PATH, nullptr, nullptr,
     "PEM file with the authorities whose client certificates are taken. With it every sender must show one.", nullptr,
     0},
    {"client_names", MR_STRING, MR_LIST, nullptr, nullptr,
     "Names (DNS or URI) of which one must stand as a subject alternative name in the sender's certificate; without it "
     "every certificate that client_ca signed is taken.",
     nullptr, 0},
};

inline constexpr mr_field kFields[] = {
    {"listen", MR_STRING, 0, "127.0.0.1:8080", nullptr,
     "Address and port to listen at. All workers of a pipeline share the port. Port 0 takes a free one, which the log "
     "and port_file tell.",
     nullptr, 0},
    {"path", MR_STRING, 0, "/events", nullptr, "The one path that takes events; any other is answered 404.", nullptr,
     0},
    {"stream", MR_STRING, 0, "http", nullptr, "The name under which these events come into the pipeline.", nullptr, 0},
    {"tokens", MR_STRING, MR_SECRET, nullptr, nullptr,
     "Bearer tokens that are taken, one a line, lines with # do not count; usually \"${file:tokens}\". Several may "
     "hold "
     "at a time. Without it everybody may send.",
     nullptr, 0},
    {"headers", MR_STRING, MR_LIST, nullptr, nullptr,
     "Names of request headers that are handed on with each event, in lower case.", nullptr, 0},
    {"tls", MR_TABLE, 0, nullptr, nullptr, "Certificate and key for HTTPS. Without it the port speaks plain HTTP.",
     kTlsFields, std::size(kTlsFields)},
    {"deadline", MR_DURATION, 0, "10s", "100ms..", "After this a request is answered 503, its outcome unknown.",
     nullptr, 0},
    {"memory", MR_SIZE, 0, "64MiB", "1MiB..",
     "What the requests of one worker may hold until they are answered. Past it the answer is 503.", nullptr, 0},
    {"share", MR_SIZE, 0, nullptr, "1KiB..",
     "What the requests of one token, without tokens of one address, may hold of that. Past it the answer is 429.",
     nullptr, 0},
    {"max_event", MR_SIZE, 0, "1MiB", "1..", "The largest event.", nullptr, 0},
    {"max_body", MR_SIZE, 0, "8MiB", "1..1GiB", "The largest body, after decompression.", nullptr, 0},
    {"max_events", MR_INT, 0, "10000", "1..1000000", "The most events in one request.", nullptr, 0},
    {"max_header", MR_SIZE, 0, "8KiB", "256..64KiB", "The largest head of a request, request line included.", nullptr,
     0},
    {"max_ratio", MR_INT, 0, "50", "2..1000",
     "How many times larger than its compressed form a body may become, where that is more than 64 KiB.", nullptr, 0},
    {"connections", MR_INT, 0, "4096", "1..", "The most connections of one worker.", nullptr, 0},
    {"connections_per_address", MR_INT, 0, "1024", "1..",
     "The most connections that one address may have with one worker.", nullptr, 0},
    {"pipelining", MR_INT, 0, "16", "1..1024",
     "How many requests of one connection may wait for their answers at a time; more are read later.", nullptr, 0},
    {"header_timeout", MR_DURATION, 0, "10s", "100ms..", "How long the head of a request may take, TLS included.",
     nullptr, 0},
    {"body_timeout", MR_DURATION, 0, "30s", "100ms..", "How long a body may take.", nullptr, 0},
    {"min_rate", MR_SIZE, 0, "1KiB", "0..", "Bytes a second that a body must come with, after its first 5 seconds.",
     nullptr, 0},
    {"idle_timeout", MR_DURATION, 0, "75s", "100ms..",
     "How long a connection without a request stays open. Longer than that of a proxy in front, so that the proxy "
     "closes first.",
     nullptr, 0},
    {"share_port", MR_BOOL, 0, "false", nullptr,
     "Whether another process may listen at the same port, as when two engines take turns without a gap. Without it a "
     "port in use is an error.",
     nullptr, 0},
    {"port_file", MR_STRING, MR_PATH, nullptr, nullptr, "A file to write the port to once it is open, for port 0.",
     nullptr, 0},
};

} // namespace millrace::source_http
