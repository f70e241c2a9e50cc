// What the workspace speaks of, as the protocol writes it, and back.
#pragma once

#include <boost/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "dsl/editor/completion.hpp"
#include "dsl/editor/workspace.hpp"

namespace millrace::lsp {

namespace json = boost::json;
namespace editor = dsl::editor;

/// The answer to a request is an error; `code` is one of the protocol's.
struct Refused : std::runtime_error {
  Refused(int error_code, const std::string& text) : std::runtime_error(text), code(error_code) {}
  int code;
};
inline constexpr int kParseError = -32700;
inline constexpr int kInvalidRequest = -32600;
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParams = -32602;
inline constexpr int kInternalError = -32603;
inline constexpr int kNotInitialized = -32002;
inline constexpr int kRequestFailed = -32803;

/// A member of an object; refused where there is none of that kind.
const json::value& member(const json::value& object, std::string_view name);
const json::value* optional_member(const json::value& object, std::string_view name);
std::string text_member(const json::value& object, std::string_view name);

editor::Position position_from(const json::value& value);
editor::Range range_from(const json::value& value);

json::object json_of(editor::Position position);
json::object json_of(editor::Range range);
json::object json_of(const editor::TextEdit& edit);
json::object json_of(const editor::Symbol& symbol);
/// `uri_of` a file as the editor knows it.
using UriOf = std::function<std::string(const std::string& file)>;
json::object json_of(const editor::Place& place, const UriOf& uri);
json::object json_of(const editor::Finding& finding, const UriOf& uri);
json::object json_of(const editor::FileEdits& edits, const UriOf& uri);
json::object json_of(const editor::Offers& offers);

} // namespace millrace::lsp
