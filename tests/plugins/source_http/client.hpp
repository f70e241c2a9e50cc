// A sender for tests: a blocking socket on which raw bytes are written and whole answers are read.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace millrace::source_http {

struct Reply {
  int status = 0;
  std::map<std::string, std::string> headers; // names in lower case
  std::string body;
};

class Client {
 public:
  explicit Client(std::uint16_t port, int receive_buffer = 0) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval limit{20, 0}; // a safety net, not a pace
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (receive_buffer > 0) {
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
      ::close(fd_);
      throw std::runtime_error("cannot connect");
    }
  }
  Client(Client&& other) noexcept : fd_(std::exchange(other.fd_, -1)), rest_(std::move(other.rest_)) {}
  Client& operator=(Client&&) = delete;
  ~Client() { close(); }

  Client& send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        throw std::runtime_error("the server took no more bytes");
      }
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return *this;
  }
  // True when the server stopped taking bytes before all were sent.
  bool send_until_refused(std::string_view bytes) {
    try {
      send(bytes);
    } catch (const std::runtime_error&) {
      return true;
    }
    return false;
  }
  Client& post(std::string_view body, std::string_view headers = "") {
    return send("POST /events HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
                std::string(headers) + "\r\n" + std::string(body));
  }
  void end_of_sending() { ::shutdown(fd_, SHUT_WR); }
  void close() {
    if (fd_ >= 0) {
      ::close(std::exchange(fd_, -1));
    }
  }

  // The next answer; throws when the connection ends before it.
  Reply read(bool with_body = true) {
    while (rest_.find("\r\n\r\n") == std::string::npos) {
      must_receive();
    }
    Reply out;
    const std::size_t end = rest_.find("\r\n\r\n");
    std::string_view head = std::string_view(rest_).substr(0, end + 2);
    out.status = std::atoi(std::string(head.substr(9, 3)).c_str());
    head.remove_prefix(head.find("\r\n") + 2);
    while (!head.empty()) {
      const std::string_view line = head.substr(0, head.find("\r\n"));
      const std::size_t colon = line.find(": ");
      std::string name(line.substr(0, colon));
      for (char& c : name) {
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      }
      out.headers[name] = line.substr(colon + 2);
      head.remove_prefix(line.size() + 2);
    }
    rest_.erase(0, end + 4);
    const auto length = out.headers.find("content-length");
    const std::size_t size =
        with_body && length != out.headers.end() ? std::strtoul(length->second.c_str(), nullptr, 10) : 0;
    while (rest_.size() < size) {
      must_receive();
    }
    out.body = rest_.substr(0, size);
    rest_.erase(0, size);
    return out;
  }
  // True when nothing has come from the server so far.
  bool nothing_yet() {
    char byte = 0;
    return rest_.empty() && ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
  }
  // None when the server ended the connection without one.
  std::optional<Reply> read_or_end() { return !rest_.empty() || receive() ? std::optional(read()) : std::nullopt; }
  // True when the server ended the connection and sent nothing before.
  bool ended() { return rest_.empty() && !receive(); }

 private:
  void must_receive() {
    if (!receive()) {
      throw std::runtime_error("the connection ended before the answer: '" + rest_ + "'");
    }
  }
  bool receive() {
    char buffer[65536];
    const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      throw std::runtime_error("nothing came from the server in 20 seconds");
    }
    if (got <= 0) {
      return false;
    }
    rest_.append(buffer, static_cast<std::size_t>(got));
    return true;
  }

  int fd_;
  std::string rest_;
};

} // namespace millrace::source_http
