#include "plugins/source_http/request_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace millrace::source_http {
namespace {

constexpr std::uint32_t kMostFields = 100;
constexpr std::size_t kLongestKey = 255;
constexpr std::uint64_t kRequestOverhead = 1024; // of a request besides its body
constexpr std::uint64_t kGrantStep = 16u << 10U;
constexpr std::uint64_t kDiscarded = 64u << 10U; // of a refused request; what is larger costs the connection

bool iequals(std::string_view a, std::string_view b) { return boost::beast::iequals(a, b); }

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string_view path_of(std::string_view target) {
  if (!target.empty() && target.front() != '/') { // absolute form, as to a proxy
    const std::size_t scheme = target.find("://");
    const std::size_t slash = scheme == std::string_view::npos ? scheme : target.find('/', scheme + 3);
    target = slash == std::string_view::npos ? std::string_view{} : target.substr(slash);
  }
  return target.substr(0, target.find('?'));
}

constexpr std::string_view kLineTypes[] = {"application/x-ndjson", "application/ndjson", "application/jsonl",
                                           "application/x-jsonlines", "application/json-lines"};
// Types that senders give to JSON without meaning them (curl's own first).
constexpr std::string_view kSniffedTypes[] = {"application/x-www-form-urlencoded", "text/plain",
                                              "application/octet-stream"};

bool among(std::string_view type, std::span<const std::string_view> types) {
  return std::any_of(types.begin(), types.end(), [&](std::string_view known) { return iequals(type, known); });
}

std::string quoted(std::string_view text) { return fmt::format("'{}'", text.substr(0, 80)); }

} // namespace

RequestParser::RequestParser(const Intake& intake, const Peer& peer, Request& request)
    : intake_(intake), peer_(peer), request_(request) {
  header_limit(static_cast<std::uint32_t>(intake.settings.limits.header_bytes));
  body_limit(boost::none); // counted here, after decompression
  eager(true);
}

void RequestParser::on_request_impl(Verb method, Text /*name*/, Text target, int version, Error& /*error*/) {
  version_ = version;
  request_.http10 = version == 10;
  request_.head_only = method == Verb::head;
  post_ = method == Verb::post;
  right_path_ = path_of({target.data(), target.size()}) == intake_.settings.path;
}

void RequestParser::on_field_impl(Field field, Text name_text, Text value_text, Error& /*error*/) {
  if (head_done_) { // of the trailer: nobody asked for it
    return;
  }
  const std::string_view name(name_text.data(), name_text.size());
  const std::string_view value(value_text.data(), value_text.size());
  ++fields_;
  folded_ = folded_ || folded(name, value);
  head_size_ = head_before_ + static_cast<std::size_t>(name.data() - window_.data()) + name.size() + value.size();
  switch (field) {
    case Field::host:
      ++hosts_;
      break;
    case Field::content_length:
      ++lengths_;
      strange_length_ = strange_length_ || value.find_first_not_of("0123456789") != std::string_view::npos;
      break;
    case Field::transfer_encoding:
      ++transfers_;
      strange_transfer_ = strange_transfer_ || !iequals(value, "chunked");
      break;
    case Field::authorization:
      read_authorization(value);
      break;
    case Field::content_type:
      read_content_type(value);
      break;
    case Field::content_encoding:
      read_content_encoding(value);
      break;
    case Field::expect:
      (iequals(value, "100-continue") ? expects_continue_ : expects_other_) = true;
      break;
    case Field::unknown:
      if (iequals(name, "idempotency-key")) {
        long_key_ = value.size() > kLongestKey;
        request_.key = value.substr(0, kLongestKey);
      }
      break;
    default:
      break;
  }
  if (!intake_.settings.headers.empty()) {
    carry(name, value);
  }
}

void RequestParser::on_header_impl(Error& error) {
  head_done_ = true;
  request_.keep_alive = keep_alive();
  check_head();
  if (request_.refusal.status == 0) {
    return;
  }
  const auto length = content_length();
  const bool small = chunked() ? false : !length || *length <= kDiscarded;
  discards_ = small && !expects_continue_ && request_.refusal.status != 400 && request_.refusal.status != 503;
  if (!discards_) {
    broken_off_ = true;
    error = make_error_code(boost::system::errc::operation_canceled);
  }
}

std::size_t RequestParser::on_body_impl(Text bytes, Error& error) {
  body_bytes_ += bytes.size();
  if (!discards_ && !keep({bytes.data(), bytes.size()})) {
    broken_off_ = true;
    error = make_error_code(boost::system::errc::operation_canceled);
  }
  return bytes.size();
}

bool RequestParser::keep(std::string_view bytes) {
  const Limits& limits = intake_.settings.limits;
  if (request_.inflater == nullptr) {
    if (request_.body.size() + bytes.size() > limits.body_bytes) {
      refuse(413, "too_large", fmt::format("the body is larger than {} bytes (max_body)", limits.body_bytes));
      return false;
    }
    const std::uint64_t wanted = request_.body.size() + bytes.size();
    if (wanted > body_granted_ && !take(std::max(kGrantStep, wanted - body_granted_))) {
      return false;
    }
    request_.body.append(bytes);
    return true;
  }
  switch (request_.inflater->put(bytes, {limits.body_bytes, limits.ratio}, request_.body, *this)) {
    case Inflater::Result::kOk:
      return true;
    case Inflater::Result::kBroken:
      refuse(400, "broken_encoding", "the compressed body cannot be unpacked");
      return false;
    case Inflater::Result::kTooLarge:
      refuse(413, "too_large", fmt::format("the body unpacks to more than {} bytes (max_body)", limits.body_bytes));
      return false;
    case Inflater::Result::kTooDense:
      refuse(413, "too_dense",
             fmt::format("the body unpacks to more than {} times its size (max_ratio)", limits.ratio));
      return false;
    case Inflater::Result::kNoMemory:
      return false; // take() said why
  }
  return false;
}

bool RequestParser::take(std::size_t bytes) {
  const Memory::Grant grant = intake_.memory.reserve(request_, bytes);
  if (grant == Memory::Grant::kYes) {
    body_granted_ += bytes;
    return true;
  }
  refuse_grant(grant);
  return false;
}

void RequestParser::refuse(unsigned status, std::string_view error, std::string reason) {
  request_.refusal = {status, error, std::move(reason)};
}

void RequestParser::refuse_grant(Memory::Grant grant) {
  if (grant == Memory::Grant::kOverShare) {
    refuse(429, "over_share", "requests of this sender hold its share of the memory already; send the next ones later");
  } else {
    refuse(503, "memory_full", "the requests that wait for their answers hold all the memory; send it again later");
  }
}

void RequestParser::check_head() {
  using Check = void (RequestParser::*)();
  constexpr Check kChecks[] = {&RequestParser::check_framing, &RequestParser::check_sender,
                               &RequestParser::check_what_is_asked, &RequestParser::check_content,
                               &RequestParser::check_size};
  for (const Check check : kChecks) {
    (this->*check)();
    if (request_.refusal.status != 0) {
      return;
    }
  }
}

void RequestParser::check_framing() {
  if (folded_) {
    refuse(400, "bad_request", "a header goes on in the next line, which HTTP/1.1 no longer allows");
  } else if (head_size_ > intake_.settings.limits.header_bytes) {
    refuse(431, "header_too_large",
           fmt::format("the head of the request is larger than {} bytes (max_header)",
                       intake_.settings.limits.header_bytes));
  } else if (fields_ > kMostFields) {
    refuse(431, "header_too_large", fmt::format("there are more than {} headers", kMostFields));
  } else if (hosts_ > 1 || (hosts_ == 0 && version_ == 11)) {
    refuse(400, "bad_request", "HTTP/1.1 needs exactly one Host header");
  } else if (lengths_ > 1 || strange_length_) {
    refuse(400, "bad_request", "Content-Length has to be one number, given once");
  } else if (transfers_ > 1 || strange_transfer_ || (transfers_ == 1 && version_ == 10)) {
    refuse(400, "bad_request", "Transfer-Encoding has to be 'chunked', given once, in HTTP/1.1");
  } else if (authorizations_ > 1) {
    refuse(400, "bad_request", "there is more than one Authorization header");
  }
}

void RequestParser::check_sender() {
  if (peer_.forbidden) {
    refuse(403, "forbidden", "none of the names in the client's certificate is one of tls.client_names");
  } else if (intake_.settings.tokens.required() && !authorized_) {
    refuse(401, "unauthorized",
           authorizations_ == 0 ? "a header 'Authorization: Bearer TOKEN' is needed" : "this is no valid bearer token");
  }
}

void RequestParser::check_what_is_asked() {
  if (!right_path_) {
    refuse(404, "not_found", fmt::format("events are taken at {} only", intake_.settings.path));
  } else if (!post_) {
    refuse(405, "method", "events are sent with POST");
  } else if (intake_.draining) {
    refuse(503, "draining", "this server is about to end; send it again later");
  } else if (expects_other_) {
    refuse(417, "expectation", "the only expectation that can be met is 100-continue");
  } else if (long_key_) {
    refuse(400, "bad_request", fmt::format("the Idempotency-Key is longer than {} characters", kLongestKey));
  }
}

void RequestParser::check_content() {
  if (!wrong_encoding_.empty()) {
    refuse(415, "encoding",
           fmt::format("Content-Encoding {} is not known; gzip and zstd are, one at a time", quoted(wrong_encoding_)));
  } else if (!wrong_type_.empty()) {
    refuse(415, "content_type",
           fmt::format("Content-Type {} is not known; send application/json or application/x-ndjson",
                       quoted(wrong_type_)));
  }
}

void RequestParser::check_size() {
  const auto length = content_length();
  const std::uint64_t known = length ? *length : 0;
  if (known > intake_.settings.limits.body_bytes) {
    refuse(413, "too_large",
           fmt::format("the body has {} bytes; at most {} are taken (max_body)", known,
                       intake_.settings.limits.body_bytes));
    return;
  }
  intake_.memory.assign(request_, intake_.settings.tokens.required() ? std::to_string(sender_) : peer_.address);
  const bool plain = encoding_ == Encoding::kNone;
  const Memory::Grant grant = intake_.memory.reserve(request_, kRequestOverhead + (plain ? known : 0));
  if (grant != Memory::Grant::kYes) {
    refuse_grant(grant);
    return;
  }
  if (plain) {
    body_granted_ = known;
    request_.body.make_room(known);
  } else {
    request_.inflater = make_inflater(encoding_);
  }
}

void RequestParser::read_authorization(std::string_view value) {
  ++authorizations_;
  constexpr std::string_view kScheme = "Bearer ";
  if (value.size() > kScheme.size() && iequals(value.substr(0, kScheme.size()), kScheme)) {
    const auto found = intake_.settings.tokens.find(trim(value.substr(kScheme.size())));
    authorized_ = found.has_value();
    sender_ = found.value_or(0);
  }
}

void RequestParser::read_content_type(std::string_view value) {
  const std::string_view type = trim(value.substr(0, value.find(';')));
  if (iequals(type, "application/json") || (type.size() > 5 && iequals(type.substr(type.size() - 5), "+json"))) {
    kind_ = BodyKind::kJson;
  } else if (among(type, kLineTypes)) {
    kind_ = BodyKind::kLines;
  } else if (type.empty() || among(type, kSniffedTypes)) {
    kind_ = BodyKind::kSniff;
  } else {
    wrong_type_ = type;
  }
}

void RequestParser::read_content_encoding(std::string_view value) {
  if (iequals(value, "identity") || value.empty()) {
    return;
  }
  if (encoding_ != Encoding::kNone) {
    wrong_encoding_ = value;
  } else if (iequals(value, "gzip") || iequals(value, "x-gzip")) {
    encoding_ = Encoding::kGzip;
  } else if (iequals(value, "zstd")) {
    encoding_ = Encoding::kZstd;
  } else {
    wrong_encoding_ = value;
  }
}

void RequestParser::carry(std::string_view name, std::string_view value) {
  const std::vector<std::string>& wanted = intake_.settings.headers;
  for (std::uint32_t i = 0; i < wanted.size(); ++i) {
    if (iequals(name, wanted[i])) {
      request_.carried.push_back(
          {i, static_cast<std::uint32_t>(request_.text.size()), static_cast<std::uint32_t>(value.size())});
      request_.text += value;
      return;
    }
  }
}

// A value over several lines stands in the parser's own memory, or behind a line feed.
bool RequestParser::folded(std::string_view name, std::string_view value) const noexcept {
  const char* const end = window_.data() + window_.size();
  if (value.data() < name.data() || value.data() > end) {
    return true;
  }
  const char* const behind = name.data() + name.size();
  return std::memchr(behind, '\n', static_cast<std::size_t>(value.data() - behind)) != nullptr;
}

} // namespace millrace::source_http
