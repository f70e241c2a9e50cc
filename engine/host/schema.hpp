// A copy of an ArrowSchema that is our own, and a text that is the same for the same schema.
#pragma once

#include <millrace/arrow.h>

#include <memory>
#include <string>

namespace millrace::host {

struct SchemaRelease {
  void operator()(ArrowSchema* schema) const;
};
using OwnSchema = std::unique_ptr<ArrowSchema, SchemaRelease>;

// Deep: formats, names, metadata, children, dictionary. Throws std::invalid_argument when the schema was released.
OwnSchema copy(const ArrowSchema& schema);

// Every part with its length before it: two schemas give the same text only when all of it is the same.
std::string fingerprint(const ArrowSchema& schema);

} // namespace millrace::host
