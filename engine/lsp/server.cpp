#include "engine/lsp/server.hpp"

#include <set>

#include "engine/lsp/protocol.hpp"
#include "engine/lsp/uri.hpp"

namespace millrace::lsp {
namespace {

constexpr int kIncrementalSync = 2;

const json::value& document_of(const json::value& params) { return member(params, "textDocument"); }

std::optional<std::int64_t> version_of(const json::value& document) {
  const json::value* const version = optional_member(document, "version");
  const std::int64_t* const number = version == nullptr ? nullptr : version->if_int64();
  return number == nullptr ? std::nullopt : std::optional(*number);
}

} // namespace

Server::Server(Services services, std::function<void(std::string_view)> send)
    : services_(std::move(services)), send_(std::move(send)), workspace_(services_.read, services_.root_of) {}

// ---- messages

void Server::send(const Object& message) const { send_(json::serialize(message)); }

void Server::reply(const Value& id, Value result) {
  send({{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}});
}

void Server::reply_error(const Value& id, int code, std::string_view text) {
  send({{"jsonrpc", "2.0"}, {"id", id}, {"error", {{"code", code}, {"message", text}}}});
}

void Server::refuse(std::string_view problem) { reply_error(nullptr, kInvalidRequest, problem); }

void Server::handle(std::string_view message) {
  json::error_code error;
  const Value request = json::parse(message, error);
  if (error) {
    return reply_error(nullptr, kParseError, "this is no JSON: " + error.message());
  }
  const Value* const id = optional_member(request, "id");
  const Value* const method = optional_member(request, "method");
  if (method == nullptr && id != nullptr && request.as_object().contains("result")) {
    return; // an answer; nothing was asked
  }
  if (method == nullptr || !method->is_string() || (id != nullptr && !id->is_string() && !id->is_number())) {
    return reply_error(nullptr, kInvalidRequest, "a message is an object with `method`, and `id` where it asks");
  }
  const std::string_view name = method->get_string();
  const Value* const given = optional_member(request, "params");
  const Value params = given == nullptr ? Value() : *given;
  try {
    if (id == nullptr) {
      notice(name, params);
    } else {
      reply(*id, answer(name, params));
    }
  } catch (const Refused& refused) {
    if (id != nullptr) { // a notification has no answer
      reply_error(*id, refused.code, refused.what());
    }
  } catch (const std::exception& failed) {
    if (id != nullptr) {
      reply_error(*id, kInternalError, failed.what());
    }
  }
}

Server::Value Server::answer(std::string_view method, const Value& params) {
  if (method == "initialize") {
    return initialize();
  }
  if (!initialized_) {
    throw Refused(kNotInitialized, "the first request is `initialize`");
  }
  if (shut_down_) {
    throw Refused(kInvalidRequest, "after `shutdown` only `exit` follows");
  }
  if (method == "shutdown") {
    shut_down_ = true;
    return nullptr;
  }
  using Answer = Value (Server::*)(const Value&);
  static constexpr std::pair<std::string_view, Answer> kAnswers[] = {
      {"textDocument/completion", &Server::completion},        {"textDocument/hover", &Server::hover},
      {"textDocument/definition", &Server::definition},        {"textDocument/references", &Server::references},
      {"textDocument/prepareRename", &Server::prepare_rename}, {"textDocument/rename", &Server::rename},
      {"textDocument/formatting", &Server::formatting},        {"textDocument/codeAction", &Server::code_actions},
      {"textDocument/documentSymbol", &Server::symbols},
  };
  for (const auto& [name, answer] : kAnswers) {
    if (name == method) {
      return (this->*answer)(params);
    }
  }
  throw Refused(kMethodNotFound, "there is no method `" + std::string(method) + "` here");
}

/// False: of no concern here, as `$/cancelRequest`, since every answer is given at once.
bool Server::notice(std::string_view method, const Value& params) {
  if (method == "exit") {
    ended_ = true;
    return true;
  }
  if (!initialized_ || shut_down_) {
    return false;
  }
  if (method == "textDocument/didOpen") {
    did_open(params);
  } else if (method == "textDocument/didChange") {
    did_change(params);
  } else if (method == "textDocument/didClose") {
    did_close(params);
  } else if (method == "textDocument/didSave" || method == "workspace/didChangeWatchedFiles") {
    workspace_.reload();
  } else {
    return false;
  }
  owes_check_ = true;
  owes_rest_ = true;
  return true;
}

Server::Value Server::initialize() {
  initialized_ = true;
  Object capabilities{
      {"positionEncoding", "utf-16"},
      {"textDocumentSync", {{"openClose", true}, {"change", kIncrementalSync}, {"save", {{"includeText", false}}}}},
      {"completionProvider", {{"triggerCharacters", {".", "\"", "{"}}}},
      {"hoverProvider", true},
      {"definitionProvider", true},
      {"referencesProvider", true},
      {"renameProvider", {{"prepareProvider", true}}},
      {"documentFormattingProvider", true},
      {"documentSymbolProvider", true},
      {"codeActionProvider", {{"codeActionKinds", json::array{"quickfix"}}}},
  };
  return Object{{"capabilities", std::move(capabilities)},
                {"serverInfo", {{"name", "millrace"}, {"version", services_.version}}}};
}

// ---- documents

std::string Server::file_of(const Value& params) {
  const std::string uri = text_member(document_of(params), "uri");
  const auto known = files_.find(uri);
  if (known != files_.end()) {
    return known->second;
  }
  const std::string path = path_of(uri);
  return path == uri ? uri : services_.canonical(path);
}

std::string Server::uri_of(const std::string& file) const {
  const auto open = documents_.find(file);
  return open != documents_.end() ? open->second.uri : lsp::uri_of(file);
}

void Server::did_open(const Value& params) {
  const Value& document = document_of(params);
  std::string text = text_member(document, "text");
  const std::string file = file_of(params);
  const std::string uri = text_member(document, "uri");
  files_[uri] = file;
  documents_[file] = {uri, version_of(document)};
  workspace_.open(file, std::move(text));
}

void Server::did_change(const Value& params) {
  const std::string file = file_of(params);
  std::vector<editor::Change> changes;
  const json::array* const list = member(params, "contentChanges").if_array();
  if (list == nullptr) {
    throw Refused(kInvalidParams, "`contentChanges` is no list");
  }
  for (const Value& each : *list) {
    const Value* const range = optional_member(each, "range");
    changes.push_back({range == nullptr ? std::nullopt : std::optional(range_from(*range)), text_member(each, "text")});
  }
  if (workspace_.change(file, changes)) {
    documents_[file].version = version_of(document_of(params));
  }
}

void Server::did_close(const Value& params) {
  const std::string file = file_of(params);
  workspace_.close(file);
  documents_.erase(file);
  files_.erase(text_member(document_of(params), "uri"));
}

// ---- findings

void Server::check() {
  owes_check_ = false;
  publish(dsl::Depth::checked);
}

void Server::rest() {
  owes_check_ = false;
  owes_rest_ = false;
  publish(dsl::Depth::complete);
}

/// Tells what is not as it was told before.
void Server::publish(dsl::Depth depth) {
  const UriOf uri = [this](const std::string& file) { return uri_of(file); };
  std::set<std::string> present;
  const auto tell = [&](const std::string& file, const json::array& findings) {
    std::string text = json::serialize(findings);
    const auto told = published_.find(file);
    if (told == published_.end() ? findings.empty() && !documents_.contains(file) : told->second == text) {
      return;
    }
    Object params{{"uri", uri_of(file)}, {"diagnostics", findings}};
    if (const auto open = documents_.find(file); open != documents_.end() && open->second.version) {
      params["version"] = *open->second.version;
    }
    published_[file] = std::move(text);
    send({{"jsonrpc", "2.0"}, {"method", "textDocument/publishDiagnostics"}, {"params", std::move(params)}});
  };
  for (const editor::FileFindings& file : workspace_.findings(depth)) {
    json::array findings;
    for (const editor::Finding& finding : file.findings) {
      findings.push_back(json_of(finding, uri));
    }
    present.insert(file.file);
    tell(file.file, findings);
  }
  for (auto told = published_.begin(); told != published_.end();) {
    if (present.contains(told->first)) {
      ++told;
      continue;
    }
    tell(told->first, {}); // nobody has it open any more, nor what brings it in
    told = published_.erase(told);
  }
}

// ---- requests

Server::Value Server::completion(const Value& params) {
  return json_of(editor::complete(workspace_, file_of(params), position_from(member(params, "position"))));
}

Server::Value Server::hover(const Value& params) {
  const auto hover = workspace_.hover(file_of(params), position_from(member(params, "position")));
  if (!hover) {
    return nullptr;
  }
  return Object{{"contents", {{"kind", "markdown"}, {"value", hover->markdown}}}, {"range", json_of(hover->range)}};
}

namespace {

json::array json_of(const std::vector<editor::Place>& places, const UriOf& uri) {
  json::array list;
  for (const editor::Place& place : places) {
    list.push_back(lsp::json_of(place, uri));
  }
  return list;
}

json::array json_of(const std::vector<editor::TextEdit>& edits) {
  json::array list;
  for (const editor::TextEdit& edit : edits) {
    list.push_back(lsp::json_of(edit));
  }
  return list;
}

} // namespace

Server::Value Server::definition(const Value& params) {
  return json_of(workspace_.definition(file_of(params), position_from(member(params, "position"))),
                 [this](const std::string& file) { return uri_of(file); });
}

Server::Value Server::references(const Value& params) {
  const Value* const context = optional_member(params, "context");
  const Value* const wanted = context == nullptr ? nullptr : optional_member(*context, "includeDeclaration");
  const bool with_declaration = wanted != nullptr && wanted->is_bool() && wanted->get_bool();
  return json_of(workspace_.references(file_of(params), position_from(member(params, "position")), with_declaration),
                 [this](const std::string& file) { return uri_of(file); });
}

Server::Value Server::prepare_rename(const Value& params) {
  const auto renamable = workspace_.renamable(file_of(params), position_from(member(params, "position")));
  return renamable ? Value(Object{{"range", json_of(renamable->range)}, {"placeholder", renamable->name}})
                   : Value(nullptr);
}

Server::Value Server::rename(const Value& params) {
  const editor::Workspace::Renamed renamed =
      workspace_.rename(file_of(params), position_from(member(params, "position")), text_member(params, "newName"));
  if (!renamed.refusal.empty()) {
    throw Refused(kRequestFailed, renamed.refusal);
  }
  return lsp::json_of(renamed.edits, [this](const std::string& file) { return uri_of(file); });
}

Server::Value Server::formatting(const Value& params) { return json_of(workspace_.format(file_of(params))); }

Server::Value Server::code_actions(const Value& params) {
  const Value* const context = optional_member(params, "context");
  const Value* const only = context == nullptr ? nullptr : optional_member(*context, "only");
  bool wanted = only == nullptr || !only->is_array();
  for (const Value& kind : wanted ? json::array() : only->get_array()) {
    wanted = wanted || kind == "quickfix" || kind == "";
  }
  json::array list;
  const UriOf uri = [this](const std::string& file) { return uri_of(file); };
  const std::string file = file_of(params);
  const editor::Range range = range_from(member(params, "range"));
  for (const editor::Action& action : wanted ? workspace_.actions(file, range) : std::vector<editor::Action>()) {
    Object made{{"title", action.title},
                {"kind", "quickfix"},
                {"diagnostics", json::array{lsp::json_of(action.finding, uri)}},
                {"edit", lsp::json_of(action.edits, uri)}};
    if (action.preferred) {
      made["isPreferred"] = true;
    }
    list.push_back(std::move(made));
  }
  return list;
}

Server::Value Server::symbols(const Value& params) {
  json::array list;
  for (const editor::Symbol& symbol : workspace_.symbols(file_of(params))) {
    list.push_back(lsp::json_of(symbol));
  }
  return list;
}

} // namespace millrace::lsp
