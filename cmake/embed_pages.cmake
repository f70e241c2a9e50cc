# Writes a source file that holds the pages of docs/rules/codes: cmake -DFOLDER=… -DOUTPUT=… -P embed_pages.cmake
file(GLOB pages "${FOLDER}/[EW]*.md")
list(SORT pages)
file(WRITE "${OUTPUT}.new" "// Made from docs/rules/codes.
#include \"dsl/diagnostic/code_pages.hpp\"

namespace millrace::dsl {
namespace {

constexpr CodePage kPages[] = {
")
foreach(page IN LISTS pages)
  get_filename_component(name "${page}" NAME_WE)
  file(READ "${page}" text)
  file(APPEND "${OUTPUT}.new" "    {\"${name}\", R\"page(${text})page\"},\n")
endforeach()
file(APPEND "${OUTPUT}.new" "};

} // namespace

std::span<const CodePage> code_pages() { return kPages; }

} // namespace millrace::dsl
")
file(RENAME "${OUTPUT}.new" "${OUTPUT}")
