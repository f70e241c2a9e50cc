// HTTPS, and certificates that are asked for. The certificates are made here.
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/plugins/source_http/running.hpp"

namespace millrace::source_http {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

struct Identity {
  Key key{EVP_EC_gen("P-256"), &EVP_PKEY_free};
  Certificate certificate{X509_new(), &X509_free};
};

// Signed by `by`, or by itself.
Identity make_identity(const std::string& name, const Identity* by, const std::string& alternative) {
  Identity out;
  X509* made = out.certificate.get();
  X509_set_version(made, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made), static_cast<long>(std::hash<std::string>{}(name) % 1'000'000));
  X509_gmtime_adj(X509_getm_notBefore(made), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made), 3600);
  X509_set_pubkey(made, out.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(made, X509_get_subject_name(by == nullptr ? made : by->certificate.get()));
  X509V3_CTX context;
  X509V3_set_ctx(&context, by == nullptr ? made : by->certificate.get(), made, nullptr, nullptr, 0);
  const auto extend = [&](int what, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
    X509_add_ext(made, extension, -1);
    X509_EXTENSION_free(extension);
  };
  if (by == nullptr) {
    extend(NID_basic_constraints, "critical,CA:TRUE");
  }
  extend(NID_subject_alt_name, alternative);
  X509_sign(made, by == nullptr ? out.key.get() : by->key.get(), EVP_sha256());
  return out;
}

class Tls : public ::testing::Test {
 protected:
  Tls() {
    std::filesystem::create_directories(folder_);
    write("server", server_);
    write("ca", ca_);
  }
  ~Tls() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name) const { return folder_ + "/" + name; }
  void write(const std::string& name, const Identity& identity) const {
    FILE* out = std::fopen(file(name + ".pem").c_str(), "w");
    PEM_write_X509(out, identity.certificate.get());
    std::fclose(out);
    out = std::fopen(file(name + ".key").c_str(), "w");
    PEM_write_PrivateKey(out, identity.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(out);
  }

  const std::string folder_ = ::testing::TempDir() + "tls-" + std::to_string(::getpid());
  const Identity ca_ = make_identity("authority", nullptr, "DNS:authority");
  const Identity server_ = make_identity("server", &ca_, "DNS:localhost");
};

// Speaks TLS over a socket of its own; empty when the handshake or the connection failed.
std::string ask(std::uint16_t port, const std::string& request, const Identity* identity) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  if (identity != nullptr) {
    SSL_CTX_use_certificate(context.get(), identity->certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), identity->key.get());
  }
  const std::string address = "127.0.0.1:" + std::to_string(port);
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> connection(BIO_new_ssl_connect(context.get()), &BIO_free_all);
  BIO_set_conn_hostname(connection.get(), address.c_str());
  std::string out;
  if (BIO_do_connect(connection.get()) != 1 ||
      BIO_write(connection.get(), request.data(), static_cast<int>(request.size())) <= 0) {
    return out;
  }
  char buffer[4096];
  for (int got = 0; (got = BIO_read(connection.get(), buffer, sizeof buffer)) > 0;) {
    out.append(buffer, static_cast<std::size_t>(got));
  }
  return out;
}

const std::string kRequest = "POST /events HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";
// Needs no engine for its answer, so that one thread can ask and wait.
const std::string kLost = "POST /lost HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";

TEST_F(Tls, EventsComeThroughIt) {
  Running running{{"tls.certificate", file("server.pem")}, {"tls.key", file("server.key")}};
  std::string answer;
  std::thread client([&] { answer = ask(running.port(), kRequest, nullptr); });
  EXPECT_EQ(running.serve(), std::vector<std::string>{"{}"});
  client.join();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
}

TEST_F(Tls, PlainHttpIsNotSpokenThere) {
  Running running{{"tls.certificate", file("server.pem")}, {"tls.key", file("server.key")}};
  Client client = running.connect();
  client.post("{}");
  EXPECT_THROW(client.read(), std::runtime_error);
}

TEST_F(Tls, WithAnAuthorityOnlyItsClientsAreTaken) {
  Running running{
      {"tls.certificate", file("server.pem")}, {"tls.key", file("server.key")}, {"tls.client_ca", file("ca.pem")}};
  const Identity known = make_identity("phone", &ca_, "DNS:phone.example.com");
  const Identity stranger = make_identity("phone", nullptr, "DNS:phone.example.com");
  EXPECT_TRUE(ask(running.port(), kLost, &known).starts_with("HTTP/1.1 404"));
  EXPECT_EQ(ask(running.port(), kLost, &stranger), "");
  EXPECT_EQ(ask(running.port(), kLost, nullptr), "");
}

TEST_F(Tls, WithNamesOnlyCertificatesThatHaveOneMaySend) {
  Running running{{"tls.certificate", file("server.pem")},
                  {"tls.key", file("server.key")},
                  {"tls.client_ca", file("ca.pem")},
                  {"tls.client_names", std::vector<std::string>{"Phone.example.com", "urn:fleet:7"}}};
  const Identity by_dns = make_identity("a", &ca_, "DNS:phone.EXAMPLE.com");
  const Identity by_uri = make_identity("b", &ca_, "URI:urn:fleet:7");
  const Identity other = make_identity("phone.example.com", &ca_, "DNS:other.example.com"); // its CN does not count
  EXPECT_TRUE(ask(running.port(), kLost, &by_dns).starts_with("HTTP/1.1 404"));
  EXPECT_TRUE(ask(running.port(), kLost, &by_uri).starts_with("HTTP/1.1 404"));
  EXPECT_TRUE(ask(running.port(), kLost, &other).starts_with("HTTP/1.1 403"));
}

TEST_F(Tls, FilesThatCannotBeUsedAreNamedWhenTheInstanceIsMade) {
  const auto error_of = [](const std::vector<testing::Setting>& settings) -> std::string {
    try {
      const testing::Source source(plugin(), settings);
    } catch (const testing::CallFailed& failed) {
      EXPECT_EQ(failed.status(), MR_INVALID);
      return failed.text();
    }
    return "";
  };
  EXPECT_NE(error_of({{"tls.certificate", file("none.pem")}, {"tls.key", file("server.key")}}).find(file("none.pem")),
            std::string::npos);
  EXPECT_NE(error_of({{"tls.certificate", file("server.pem")}, {"tls.key", file("server.pem")}}).find("tls.key"),
            std::string::npos);
  EXPECT_NE(error_of({{"tls.certificate", file("server.pem")}, {"tls.key", file("ca.key")}}).find("not the key of"),
            std::string::npos);
}

} // namespace
} // namespace millrace::source_http
