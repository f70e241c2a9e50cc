#include "engine/host/schema.hpp"

#include <fmt/format.h>

#include <cstring>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace millrace::host {
namespace {

// Metadata is a count and then sized texts; its own length stands nowhere.
std::string_view metadata(const ArrowSchema& schema) {
  if (schema.metadata == nullptr) {
    return {};
  }
  const char* at = schema.metadata;
  const auto next = [&at] {
    std::int32_t number = 0;
    std::memcpy(&number, at, sizeof number);
    at += sizeof number;
    return number;
  };
  const std::int32_t pairs = next();
  for (std::int32_t i = 0; i < pairs * 2; ++i) {
    const std::int32_t size = next();
    at += size;
  }
  return {schema.metadata, static_cast<std::size_t>(at - schema.metadata)};
}

std::span<ArrowSchema* const> children(const ArrowSchema& schema) {
  return {schema.children, static_cast<std::size_t>(schema.n_children)};
}

// What a copy points to.
struct Body {
  std::string format;
  std::string name;
  std::string metadata;
  std::vector<OwnSchema> children;
  std::vector<ArrowSchema*> child_pointers;
  OwnSchema dictionary;
};

void release(ArrowSchema* schema) {
  delete static_cast<Body*>(schema->private_data);
  schema->release = nullptr;
}

void append(std::string& out, std::string_view part) { out += fmt::format("{}:{}", part.size(), part); }

std::string_view text(const char* chars) { return chars == nullptr ? std::string_view{} : chars; }

} // namespace

void SchemaRelease::operator()(ArrowSchema* schema) const {
  if (schema->release != nullptr) {
    schema->release(schema);
  }
  delete schema;
}

OwnSchema copy(const ArrowSchema& schema) {
  if (schema.release == nullptr) {
    throw std::invalid_argument("the schema of the target was released already");
  }
  auto body = std::make_unique<Body>();
  body->format = text(schema.format);
  body->name = text(schema.name);
  body->metadata = metadata(schema);
  for (const ArrowSchema* child : children(schema)) {
    body->children.push_back(copy(*child));
    body->child_pointers.push_back(body->children.back().get());
  }
  if (schema.dictionary != nullptr) {
    body->dictionary = copy(*schema.dictionary);
  }
  OwnSchema out(new ArrowSchema{});
  out->format = body->format.c_str();
  out->name = schema.name == nullptr ? nullptr : body->name.c_str();
  out->metadata = schema.metadata == nullptr ? nullptr : body->metadata.data();
  out->flags = schema.flags;
  out->n_children = schema.n_children;
  out->children = body->child_pointers.data();
  out->dictionary = body->dictionary.get();
  out->release = release;
  out->private_data = body.release();
  return out;
}

std::string fingerprint(const ArrowSchema& schema) {
  std::string out;
  append(out, text(schema.format));
  append(out, text(schema.name));
  append(out, metadata(schema));
  out += fmt::format("{};{}(", schema.flags, schema.n_children);
  for (const ArrowSchema* child : children(schema)) {
    append(out, fingerprint(*child));
  }
  out += ")";
  if (schema.dictionary != nullptr) {
    append(out, fingerprint(*schema.dictionary));
  }
  return out;
}

} // namespace millrace::host
