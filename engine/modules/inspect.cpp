#include "engine/modules/inspect.hpp"

#include <elf.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <millrace/plugin.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engine/modules/module.hpp"

namespace millrace::modules {
namespace {

constexpr std::string_view kSymbolStem = "millrace_module_v";
constexpr std::string_view kNoteSection = ".note.millrace";
constexpr std::string_view kNoteName = "millrace";
constexpr std::size_t kShownExports = 5;

// A bounds-checked look into the file: a damaged one gives an absent value, never a read outside of it. Only what is
// looked at is read, since a plugin may be megabytes of code and is looked at in every reload.
class Image {
 public:
  // Throws ModuleError.
  explicit Image(const std::filesystem::path& file) : in_(file, std::ios::binary) {
    in_.seekg(0, std::ios::end);
    if (!in_.good()) {
      throw ModuleError(file, "cannot be read; check its permissions");
    }
    size_ = static_cast<std::uint64_t>(in_.tellg());
  }

  template <class T>
  std::optional<T> at(std::uint64_t offset) {
    T value;
    return read(offset, &value, sizeof(T)) ? std::optional(value) : std::nullopt;
  }

  // Valid as long as the image.
  std::optional<std::string_view> slice(std::uint64_t offset, std::uint64_t size) {
    if (!is_inside(offset, size)) {
      return std::nullopt;
    }
    const auto [found, added] = read_.try_emplace({offset, size});
    if (added) {
      found->second.resize(size);
      if (!read(offset, found->second.data(), size)) {
        found->second.clear();
      }
    }
    return found->second.size() == size ? std::optional<std::string_view>(found->second) : std::nullopt;
  }

  // A terminated text inside the string table `table`.
  std::string text(const Elf64_Shdr& table, std::uint64_t offset) {
    const auto part = slice(table.sh_offset, table.sh_size);
    if (!part || offset >= part->size()) {
      return {};
    }
    const auto rest = part->substr(offset);
    return std::string(rest.substr(0, rest.find('\0')));
  }

 private:
  bool is_inside(std::uint64_t offset, std::uint64_t size) const { return offset <= size_ && size <= size_ - offset; }
  bool read(std::uint64_t offset, void* to, std::uint64_t size) {
    in_.clear(); // somebody may have cut it off meanwhile
    return is_inside(offset, size) && in_.seekg(static_cast<std::streamoff>(offset)) &&
           in_.read(static_cast<char*>(to), static_cast<std::streamsize>(size));
  }

  std::ifstream in_;
  std::uint64_t size_ = 0;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> read_; // by offset and size
};

constexpr Elf64_Half machine() {
#if defined(__x86_64__)
  return EM_X86_64;
#elif defined(__aarch64__)
  return EM_AARCH64;
#else
#error "which ELF machine is this?"
#endif
}

std::vector<Elf64_Shdr> sections(const std::filesystem::path& file, Image& image) {
  const auto ident = image.slice(0, EI_NIDENT);
  if (!ident || ident->substr(0, SELFMAG) != std::string_view(ELFMAG, SELFMAG)) {
    throw ModuleError(
        file, "is no shared object (no ELF header); build it as a shared library, or take it out of the folder");
  }
  const auto header = image.at<Elf64_Ehdr>(0);
  if ((*ident)[EI_CLASS] != ELFCLASS64 || (*ident)[EI_DATA] != ELFDATA2LSB || !header ||
      header->e_machine != machine()) {
    throw ModuleError(file, "is built for another kind of machine; build it for this one");
  }
  if (header->e_type != ET_DYN) {
    throw ModuleError(file, "is no shared object but another kind of ELF file; link it with -shared");
  }
  std::vector<Elf64_Shdr> found;
  for (std::uint64_t i = 0; i < header->e_shnum; ++i) {
    const auto section = image.at<Elf64_Shdr>(header->e_shoff + i * sizeof(Elf64_Shdr));
    if (!section) {
      throw ModuleError(file, "is cut off: its section table lies past its end; copy it again");
    }
    found.push_back(*section);
  }
  return found;
}

std::vector<std::string> exported(Image& image, std::span<const Elf64_Shdr> all) {
  std::vector<std::string> names;
  for (const Elf64_Shdr& section : all) {
    if (section.sh_type != SHT_DYNSYM || section.sh_link >= all.size()) {
      continue;
    }
    const std::string_view symbols = image.slice(section.sh_offset, section.sh_size).value_or("");
    for (std::size_t at = 0; at + sizeof(Elf64_Sym) <= symbols.size(); at += sizeof(Elf64_Sym)) {
      Elf64_Sym symbol;
      std::memcpy(&symbol, symbols.data() + at, sizeof(symbol));
      const bool defined = symbol.st_shndx != SHN_UNDEF && ELF64_ST_BIND(symbol.st_info) != STB_LOCAL;
      const auto visibility = ELF64_ST_VISIBILITY(symbol.st_other);
      if (defined && (visibility == STV_DEFAULT || visibility == STV_PROTECTED)) {
        names.push_back(image.text(all[section.sh_link], symbol.st_name));
      }
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

// The text of the note: "name version". Empty: there is none, or it is not one of ours.
std::string note(Image& image, std::span<const Elf64_Shdr> all, std::size_t names_index) {
  if (names_index >= all.size()) {
    return {};
  }
  for (const Elf64_Shdr& section : all) {
    if (image.text(all[names_index], section.sh_name) != kNoteSection) {
      continue;
    }
    const auto head = image.at<Elf64_Nhdr>(section.sh_offset);
    const auto owner = image.slice(section.sh_offset + sizeof(Elf64_Nhdr), kNoteName.size());
    if (!head || owner != kNoteName) {
      continue;
    }
    const std::uint64_t padded = (std::uint64_t{head->n_namesz} + 3) / 4 * 4;
    const auto text = image.slice(section.sh_offset + sizeof(Elf64_Nhdr) + padded, head->n_descsz);
    if (text) {
      return std::string(text->substr(0, text->find('\0')));
    }
  }
  return {};
}

std::string listed(std::span<const std::string> names) {
  const auto shown = names.first(std::min(names.size(), kShownExports));
  return fmt::format("{}{}", fmt::join(shown, ", "), names.size() > kShownExports ? ", …" : "");
}

} // namespace

Manifest read_manifest(const std::filesystem::path& file) {
  Image image(file);
  const std::vector<Elf64_Shdr> all = sections(file, image);
  Manifest manifest;
  manifest.exports = exported(image, all);
  const std::string text = note(image, all, image.at<Elf64_Ehdr>(0)->e_shstrndx);
  const std::size_t space = text.find(' ');
  if (space != std::string::npos) {
    manifest.name = text.substr(0, space);
    manifest.version = text.substr(space + 1);
  }
  return manifest;
}

Manifest inspect(const std::filesystem::path& file) {
  Manifest manifest = read_manifest(file);
  std::vector<std::string> majors;
  std::vector<std::string> others;
  for (const std::string& name : manifest.exports) {
    (name.starts_with(kSymbolStem) ? majors : others).push_back(name);
  }
  if (majors.empty()) {
    throw ModuleError(
        file, fmt::format("does not export {}, so it is no Millrace plugin ({}); take it out of the folder, or export "
                          "the module as the plugin contract says",
                          MR_MODULE_SYMBOL,
                          others.empty() ? std::string("it exports nothing") : "it exports " + listed(others)));
  }
  if (std::find(majors.begin(), majors.end(), MR_MODULE_SYMBOL) == majors.end()) {
    throw ModuleError(
        file, fmt::format("is written for another major version of the plugin contract: it exports {}, and this engine "
                          "speaks {}; install a build of the plugin for this engine, or the engine for that plugin",
                          listed(majors), MR_MODULE_SYMBOL));
  }
  if (!others.empty()) {
    throw ModuleError(
        file, fmt::format("exports more than {}: {}; hide the rest with a version script (plugins/abi/module.map)",
                          MR_MODULE_SYMBOL, listed(others)));
  }
  return manifest;
}

} // namespace millrace::modules
