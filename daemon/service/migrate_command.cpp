#include "service/commands.hpp"
#include "service/migrate.hpp"

#include <fmt/format.h>

namespace portfoliod::service {

int migrate_database(Config const& config, std::string const& url) {
    auto const& database = config.database;
    auto const owner = !url.empty()                  ? url
                       : !database.owner_url.empty() ? database.owner_url
                                                     : database.url;
    db::Session session{{owner, "portfoliod migrate", std::chrono::minutes{30}}};
    auto const done = migrate(session, schema_files());
    if (done.once + done.repeated == 0)
        fmt::print("the schema is up to date\n");
    else
        fmt::print("migrated: {} new, {} functions, views, triggers and rights applied\n",
                   done.once, done.repeated);
    return 0;
}

} // namespace portfoliod::service
