// Certificates: the server's own, and what is asked of a client's.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "plugins/source_http/settings.hpp"

namespace millrace::source_http {

// Null without a certificate. Throws invalid() naming the file that cannot be used.
std::unique_ptr<boost::asio::ssl::context> make_tls(const TlsSettings& settings);

// Whether the peer's certificate has one of the names (lower case) as a subject alternative name, DNS or URI.
bool has_name(SSL* connection, const std::vector<std::string>& names);

} // namespace millrace::source_http
