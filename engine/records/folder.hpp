// Records as files: FOLDER/scope/kind/key, each with its time in the first line. Several processes may share a folder.
#pragma once

#include <filesystem>

#include "engine/records/records.hpp"

namespace millrace::records {

class Folder final : public Records {
 public:
  // Makes the folder if it is not there. Throws Unavailable when it cannot be written.
  explicit Folder(std::filesystem::path folder);

  bool put(const Record& record, bool only_new) override;
  std::vector<Record> newest(std::string_view scope, std::string_view kind, std::size_t limit) override;
  std::vector<Record> names(std::string_view scope, std::string_view kind, std::size_t limit) override;
  std::optional<Record> get(std::string_view scope, std::string_view kind, std::string_view key) override;
  void forget(std::string_view scope, std::string_view kind, std::string_view key) override;

 private:
  enum class Part { whole, name };
  std::vector<Record> list(std::string_view scope, std::string_view kind, std::size_t limit, Part part) const;

  std::filesystem::path folder_;
};

} // namespace millrace::records
