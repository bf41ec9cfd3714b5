# Run with -P: reads ${SCHEMA_DIR}/install.list, writes ${OUT}. A line is `once N path`, `repeat path`, a comment or nothing.
file(STRINGS ${SCHEMA_DIR}/install.list lines ENCODING UTF-8)
set(body "")
foreach(line IN LISTS lines)
  if(line MATCHES "^[ \t]*(#|$)")
    continue()
  elseif(line MATCHES "^once +([0-9]+) +([^ ]+)[ \t]*$")
    set(version ${CMAKE_MATCH_1})
    set(path ${CMAKE_MATCH_2})
  elseif(line MATCHES "^repeat +([^ ]+)[ \t]*$")
    set(version 0)
    set(path ${CMAKE_MATCH_1})
  else()
    message(FATAL_ERROR "schema/install.list: cannot read: ${line}")
  endif()
  file(SHA256 ${SCHEMA_DIR}/${path} checksum)
  file(READ ${SCHEMA_DIR}/${path} text)
  string(REGEX REPLACE "^\\.\\./" "" name ${path})
  string(APPEND body "    {${version}, \"${name}\", \"${checksum}\", R\"sql_file(${text})sql_file\"},\n")
endforeach()
file(WRITE ${OUT} "// Made from schema/install.list at build time.
#include \"service/schema_files.hpp\"

namespace portfoliod::service {

namespace {
constexpr SchemaFile files[] = {
${body}};
} // namespace

std::span<SchemaFile const> schema_files() { return files; }

} // namespace portfoliod::service
")
