#pragma once

#include "db/session.hpp"
#include "service/schema_files.hpp"

#include <span>

namespace portfoliod::service {

struct Migrated {
    int once = 0;     ///< files of new migrations applied
    int repeated = 0; ///< functions, views, triggers, rights applied again
};

/// Brings the database to these files, in one transaction under an advisory lock: safe to repeat
/// and to run twice at once. Refuses, with a Failure that says what to do, a migration that was
/// changed after it was applied and a database that is newer than these files.
Migrated migrate(db::Session& session, std::span<SchemaFile const> files);

/// Throws Failure unless the database is exactly at these files.
void require_schema(db::Transaction& transaction, std::span<SchemaFile const> files);

} // namespace portfoliod::service
