#include "plugins/source_http/tls.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509err.h>
#include <openssl/x509v3.h>
#include <millrace/failure.hpp>

#include <algorithm>
#include <cctype>

namespace millrace::source_http {
namespace {

namespace ssl = boost::asio::ssl;

void must(const boost::system::error_code& error, const char* setting, const std::string& file) {
  if (error) {
    throw invalid(
        fmt::format("tls.{} = \"{}\" cannot be used: {}; it has to be a PEM file", setting, file, error.message()));
  }
}

} // namespace

std::unique_ptr<ssl::context> make_tls(const TlsSettings& settings) {
  if (settings.certificate.empty()) {
    return nullptr;
  }
  auto out = std::make_unique<ssl::context>(ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(out->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_options(out->native_handle(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(out->native_handle(), SSL_MODE_RELEASE_BUFFERS);
  boost::system::error_code error;
  out->use_certificate_chain_file(settings.certificate, error);
  must(error, "certificate", settings.certificate);
  out->use_private_key_file(settings.key, ssl::context::pem, error);
  if (ERR_GET_REASON(static_cast<unsigned long>(error.value())) == X509_R_KEY_VALUES_MISMATCH) {
    throw invalid(
        fmt::format("tls.key = \"{}\" is not the key of tls.certificate = \"{}\"", settings.key, settings.certificate));
  }
  must(error, "key", settings.key);
  if (!settings.client_ca.empty()) {
    out->load_verify_file(settings.client_ca, error);
    must(error, "client_ca", settings.client_ca);
    out->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
    constexpr unsigned char kSessions[] = "millrace";
    SSL_CTX_set_session_id_context(out->native_handle(), kSessions, sizeof kSessions - 1);
  }
  return out;
}

bool has_name(SSL* connection, const std::vector<std::string>& names) {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get1_peer_certificate(connection), &X509_free);
  if (certificate == nullptr) {
    return false;
  }
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  for (int i = 0; i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type != GEN_DNS && name->type != GEN_URI) {
      continue;
    }
    const ASN1_STRING* text = name->d.ia5;
    std::string lowered(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                        static_cast<std::size_t>(ASN1_STRING_length(text)));
    std::transform(lowered.begin(), lowered.end(), lowered.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (std::find(names.begin(), names.end(), lowered) != names.end()) {
      return true;
    }
  }
  return false;
}

} // namespace millrace::source_http
