// File names in the URIs by which editors speak of documents.
#pragma once

#include <string>
#include <string_view>

namespace millrace::lsp {

/// The path of a `file:` URI; any other URI is a name as it is.
std::string path_of(std::string_view uri);
std::string uri_of(std::string_view path);

} // namespace millrace::lsp
