#include "base/error.hpp"
#include "db/session.hpp"
#include "performance/snapshots.hpp"
#include "service/commands.hpp"
#include "service/migrate.hpp"
#include "service/schema_files.hpp"

#include <fmt/format.h>

namespace portfoliod::service {

namespace {

using performance::beginning;

std::optional<Day> day_of(char const* option, std::string const& text) {
    if (text.empty()) return std::nullopt;
    auto const day = parse_day(text);
    if (!day) throw ConfigError{fmt::format("{} '{}' is no day; write YYYY-MM-DD", option, text)};
    return day;
}

struct Range {
    Day since = beginning;
    std::optional<Day> until;
};

Range range_of(Snapshot const& snapshot, Day today) {
    Range const range{day_of("--from", snapshot.from).value_or(beginning),
                      day_of("--to", snapshot.to)};
    if (range.until && *range.until < range.since)
        throw ConfigError{"--to lies before --from: no day is between them"};
    if (range.since >= today)
        throw ConfigError{fmt::format("--from {}: that day is not over in UTC, so it has no "
                                      "snapshot yet",
                                      to_text(range.since))};
    return range;
}

void require_portfolio(db::Transaction& transaction, int portfolio) {
    if (portfolio == 0) return;
    if (transaction.execute("SELECT FROM portfolios WHERE id = $1", {portfolio}).empty())
        throw Failure{fmt::format("there is no portfolio {}", portfolio)};
}

} // namespace

int snapshot(Config const& config, Snapshot const& snapshot) {
    auto const today = SystemClock{}.today();
    auto const range = range_of(snapshot, today);
    db::Session session{{config.database.url, "portfoliod snapshot",
                         config.database.statement_time_max, config.database.answer_time_max}};
    auto transaction = session.begin();
    require_schema(transaction, schema_files());
    require_portfolio(transaction, snapshot.portfolio);
    auto const marked = performance::mark_snapshots_since(transaction, snapshot.portfolio,
                                                          range.since, range.until);
    transaction.commit();
    auto const all = performance::compute_all_due(session, SystemClock{});
    fmt::print("{} portfolio{}: {}\n", marked, marked == 1 ? "" : "s", all.days_text());
    // Whoever computed them: a daemon beside us may have been first.
    auto asking = session.begin();
    auto const owed =
        asking
            .execute("SELECT count(*) FROM portfoliod.valuation_problems WHERE figures "
                     "= 'snapshots' AND $1 IN (0, portfolio_id)",
                     {snapshot.portfolio})
            .one()
            .integer(0);
    asking.commit();
    if (owed == 0) return 0;
    fmt::print(stderr,
               "portfoliod: {} portfolio{} cannot be valued; TABLE portfolio_problems says why\n",
               owed, owed == 1 ? "" : "s");
    return 1;
}

} // namespace portfoliod::service
