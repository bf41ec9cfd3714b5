#pragma once

#include <span>
#include <string_view>

namespace portfoliod::service {

/// A file of schema/ or triggers/, compiled in, in the order of schema/install.list.
struct SchemaFile {
    int version; ///< of the migration it belongs to; 0 = applied again whenever it changed
    std::string_view path;
    std::string_view checksum;
    std::string_view sql;
};

std::span<SchemaFile const> schema_files();

} // namespace portfoliod::service
