#include "service/migrate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace portfoliod::service {

namespace {

struct Applied {
    int version;
    std::string checksum;
};

using History = std::map<std::string, Applied, std::less<>>;

History read_history(db::Transaction& transaction) {
    History history;
    if (transaction.execute("SELECT to_regclass('portfoliod.schema_migrations') IS NULL")
            .one()
            .boolean(0))
        return history;
    for (auto const row : transaction.execute(
             "SELECT file, coalesce(version, 0), checksum FROM portfoliod.schema_migrations"))
        history[row.string(0)] = {row.integer(1), row.string(2)};
    return history;
}

int newest(std::span<SchemaFile const> files) {
    auto version = 0;
    for (auto const& file : files) version = std::max(version, file.version);
    return version;
}

void refuse_newer(History const& history, std::span<SchemaFile const> files) {
    for (auto const& [file, applied] : history)
        if (applied.version > newest(files))
            throw Failure{fmt::format("the database is at migration {}, this portfoliod knows {}; "
                                      "install the newer portfoliod",
                                      applied.version, newest(files))};
}

bool is_applied(History const& history, SchemaFile const& file) {
    auto const found = history.find(file.path);
    if (found == history.end()) return false;
    auto const same = found->second.checksum == file.checksum;
    if (!same && file.version > 0)
        throw Failure{
            fmt::format("migration {} ({}) was changed after it was applied to this "
                        "database; restore the file and put the change in a new migration",
                        file.version, file.path)};
    return same;
}

/// Rights, and settings of the database: what a dump may leave behind although its records say that they were applied.
bool may_be_lost(SchemaFile const& file) {
    return file.path.ends_with("roles.sql") || file.path.ends_with("timezone.sql");
}

bool is_owner(db::Transaction& transaction) {
    return transaction
        .execute("SELECT coalesce(pg_has_role((SELECT nspowner FROM pg_namespace WHERE nspname = "
                 "'portfoliod'), 'USAGE'), true)")
        .one()
        .boolean(0);
}

void apply(db::Transaction& transaction, SchemaFile const& file) {
    try {
        transaction.execute_script(file.sql);
    } catch (db::Error const& e) {
        throw db::Error{fmt::format("{}: {}", file.path, e.what()), e.sqlstate, e.connection_lost};
    }
    transaction.execute("INSERT INTO portfoliod.schema_migrations (file, version, checksum) "
                        "VALUES ($1, nullif($2::int, 0), $3) ON CONFLICT (file) DO UPDATE "
                        "SET checksum = excluded.checksum, applied_at = now() AT TIME ZONE 'UTC'",
                        {file.path, file.version, file.checksum});
}

} // namespace

Migrated migrate(db::Session& session, std::span<SchemaFile const> files) {
    auto transaction = session.begin();
    // Two at once: the second waits here and then finds everything done.
    transaction.execute("SELECT pg_advisory_xact_lock(7001, 3)");
    auto const history = read_history(transaction);
    refuse_newer(history, files);
    Migrated done;
    auto const owner = is_owner(transaction);
    for (auto const& file : files) {
        // Rights last and always: they cover whatever was made before them. Whoever is no owner has nothing to give.
        auto const applied = is_applied(history, file);
        if (applied && !(owner && may_be_lost(file))) continue;
        apply(transaction, file);
        if (!applied) ++(file.version > 0 ? done.once : done.repeated);
    }
    transaction.commit();
    return done;
}

void require_schema(db::Transaction& transaction, std::span<SchemaFile const> files) {
    auto const history = read_history(transaction);
    refuse_newer(history, files);
    for (auto const& file : files)
        if (!is_applied(history, file))
            throw Failure{
                fmt::format("the database lacks {} of this version; run: portfoliod migrate",
                            history.empty() ? "the schema" : file.path)};
}

} // namespace portfoliod::service
