// The language server for rules: messages in, messages out. Waits for nothing and reads no input itself:
//
//   Server server(services, send);
//   server.handle(message);                       // each that has come
//   if (server.owes_check()) { server.check(); }  // when no other waits: what is wrong with each rule
//   if (server.owes_rest()) { server.rest(); }    // when it has been quiet: what is wrong with all of them together
//
// One thread at a time.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "dsl/editor/workspace.hpp"

namespace millrace::lsp {

struct Services {
  dsl::Loader read;
  dsl::editor::RootOf root_of;
  std::function<std::string(const std::string&)> canonical; // one name for a file that has several
  std::string version;
};

class Server {
 public:
  /// `send` gets messages without their frame.
  Server(Services services, std::function<void(std::string_view)> send);

  void handle(std::string_view message);
  /// Of a message that could not be read at all.
  void refuse(std::string_view problem);

  bool owes_check() const { return owes_check_; }
  void check();
  bool owes_rest() const { return owes_rest_; }
  void rest();

  bool ended() const { return ended_; }
  bool ended_well() const { return ended_ && shut_down_; }

 private:
  using Value = boost::json::value;
  using Object = boost::json::object;

  Value answer(std::string_view method, const Value& params);
  bool notice(std::string_view method, const Value& params);
  void reply(const Value& id, Value result);
  void reply_error(const Value& id, int code, std::string_view text);
  void send(const Object& message) const;

  Value initialize();
  void did_open(const Value& params);
  void did_change(const Value& params);
  void did_close(const Value& params);
  void publish(dsl::Depth depth);

  Value completion(const Value& params);
  Value hover(const Value& params);
  Value definition(const Value& params);
  Value references(const Value& params);
  Value prepare_rename(const Value& params);
  Value rename(const Value& params);
  Value formatting(const Value& params);
  Value code_actions(const Value& params);
  Value symbols(const Value& params);

  struct Document {
    std::string uri;
    std::optional<std::int64_t> version;
  };
  std::string file_of(const Value& params);
  std::string uri_of(const std::string& file) const;

  Services services_;
  std::function<void(std::string_view)> send_;
  dsl::editor::Workspace workspace_;
  std::map<std::string, Document> documents_;    // open ones, by file
  std::map<std::string, std::string> files_;     // by URI, since asking for the canonical name takes time
  std::map<std::string, std::string> published_; // what the editor was told last, by file
  bool initialized_ = false;
  bool shut_down_ = false;
  bool ended_ = false;
  bool owes_check_ = false;
  bool owes_rest_ = false;
};

} // namespace millrace::lsp
