#include "base/error.hpp"
#include "db/session.hpp"
#include "performance/snapshots.hpp"
#include "service/commands.hpp"
#include "service/migrate.hpp"
#include "service/schema_files.hpp"

#include <fmt/format.h>

namespace portfoliod::service {

namespace {

using namespace std::chrono_literals;

// Before every day a trade can have.
constexpr auto beginning = Day{1900y / 1 / 1};

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

template <class Work>
auto in_transaction(db::Session& session, Work const& work) {
    auto transaction = session.begin();
    auto done = work(transaction);
    transaction.commit();
    return done;
}

} // namespace

int snapshot(Config const& config, Snapshot const& snapshot) {
    auto const today = SystemClock{}.today();
    auto const range = range_of(snapshot, today);
    db::Session session{{config.database.url, "portfoliod snapshot",
                         config.database.statement_time_max, config.database.answer_time_max}};
    auto const marked = in_transaction(session, [&](db::Transaction& transaction) {
        require_schema(transaction, schema_files());
        require_portfolio(transaction, snapshot.portfolio);
        return performance::mark_snapshots_since(transaction, snapshot.portfolio, range.since,
                                                 range.until);
    });
    auto const batch = [today](db::Transaction& transaction) {
        return performance::compute_due_snapshots(transaction, today);
    };
    performance::SnapshotsWritten all;
    for (;;) {
        auto const written = in_transaction(session, batch);
        if (written.portfolios == 0) break;
        all += written;
    }
    auto const figures = [today](db::Transaction& transaction) {
        return performance::refresh_due_figures(transaction, today);
    };
    while (in_transaction(session, figures).portfolios > 0) {
    }
    fmt::print("{} portfolios: {} days written, {} of them with another value than before\n",
               marked, all.days, all.restated);
    if (all.failed == 0) return 0;
    fmt::print(stderr,
               "portfoliod: {} portfolios cannot be valued; TABLE portfolio_problems says why\n",
               all.failed);
    return 1;
}

} // namespace portfoliod::service
