// Reads one request with Beast's parser, which allocates nothing, and refuses what Beast lets pass and a proxy in front
// could read otherwise. Decides at the end of the head whether the body is read at all.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "plugins/source_http/memory.hpp"
#include "plugins/source_http/request.hpp"
#include "plugins/source_http/settings.hpp"
#include "plugins/source_http/split.hpp"

namespace millrace::source_http {

// What a request has to pass, shared by all connections of a server.
struct Intake {
  const Settings& settings;
  Memory& memory;
  bool draining = false;
};

// Who sends: known when the connection is there.
struct Peer {
  std::string address;    // bytes, to tell senders apart
  bool forbidden = false; // its certificate has none of the wanted names
};

class RequestParser final : public boost::beast::http::basic_parser<true>, private Inflater::Room {
 public:
  RequestParser(const Intake& intake, const Peer& peer, Request& request);

  // The bytes that the next put() gets, and how many of the head were taken before them: Beast's own limit counts only
  // what it gets at a time. A field whose value stands elsewhere was folded.
  void window(std::string_view bytes, std::size_t head_before) noexcept {
    window_ = bytes;
    head_before_ = head_before;
  }

  // The refusal is in the request. False: the rest of the body is still read, and thrown away, so that the connection
  // may stay.
  bool broken_off() const noexcept { return broken_off_; }
  bool wants_continue() const noexcept { return expects_continue_ && request_.refusal.status == 0; }
  BodyKind kind() const noexcept { return kind_; }
  // Which token, 0 without tokens.
  std::size_t sender() const noexcept { return sender_; }
  std::uint64_t body_bytes() const noexcept { return body_bytes_; }

 private:
  using Verb = boost::beast::http::verb;
  using Field = boost::beast::http::field;
  using Text = boost::beast::string_view;
  using Error = boost::beast::error_code;

  void on_request_impl(Verb method, Text name, Text target, int version, Error& error) override;
  void on_response_impl(int, Text, int, Error&) override {}
  void on_field_impl(Field field, Text name, Text value, Error& error) override;
  void on_header_impl(Error& error) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}
  std::size_t on_body_impl(Text bytes, Error& error) override;
  void on_chunk_header_impl(std::uint64_t, Text, Error&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text bytes, Error& error) override {
    return on_body_impl(bytes, error);
  }
  void on_finish_impl(Error&) override {}

  bool take(std::size_t bytes) override; // Inflater::Room

  void refuse(unsigned status, std::string_view error, std::string reason);
  void refuse_grant(Memory::Grant grant);
  void check_head();
  void check_framing();
  void check_sender();
  void check_what_is_asked();
  void check_content();
  void check_size();
  void read_authorization(std::string_view value);
  void read_content_type(std::string_view value);
  void read_content_encoding(std::string_view value);
  void carry(std::string_view name, std::string_view value);
  bool folded(std::string_view name, std::string_view value) const noexcept;
  bool keep(std::string_view bytes);

  const Intake& intake_;
  const Peer& peer_;
  Request& request_;
  std::string_view window_;
  std::size_t head_before_ = 0;
  std::size_t head_size_ = 0; // up to the end of the last field

  int version_ = 11;
  bool right_path_ = false;
  bool post_ = false;
  bool head_done_ = false;
  bool broken_off_ = false;
  bool discards_ = false;
  bool expects_continue_ = false;
  bool expects_other_ = false;
  bool strange_length_ = false;
  bool strange_transfer_ = false;
  bool folded_ = false;
  bool authorized_ = false;
  bool long_key_ = false;
  std::uint32_t fields_ = 0;
  std::uint32_t hosts_ = 0;
  std::uint32_t lengths_ = 0;
  std::uint32_t transfers_ = 0;
  std::uint32_t authorizations_ = 0;
  std::size_t sender_ = 0;
  Encoding encoding_ = Encoding::kNone;
  std::string wrong_encoding_;
  std::string wrong_type_;
  BodyKind kind_ = BodyKind::kSniff;
  std::uint64_t body_bytes_ = 0;   // on the wire, without chunk heads
  std::uint64_t body_granted_ = 0; // reserved for the body's buffer
};

} // namespace millrace::source_http
