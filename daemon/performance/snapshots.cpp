#include "performance/snapshots.hpp"

#include "base/log.hpp"
#include "performance/daily_inputs.hpp"
#include "performance/performance.hpp"
#include "performance/restatements.hpp"
#include "performance/snapshot_rows.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace portfoliod::performance {

namespace {

// Together so many at most are computed in one transaction, unless a single portfolio has more days.
constexpr int portfolios_max = 300;
constexpr int days_max = 20'000;
// Portfolios whose figures are refreshed in one transaction: their rows are locked so long.
constexpr int figures_max = 100;

template <class Subject, class Value>
void split_up(std::vector<Touched::Since<Subject>> const& touched, Day today,
              std::vector<Value>& subjects, std::vector<std::string>& days) {
    for (auto const& [subject, day] : touched) {
        if (day >= today) continue;
        subjects.push_back(subject);
        days.push_back(to_text(day));
    }
}

std::vector<DuePortfolio> take(db::Transaction& transaction, Day today) {
    std::vector<DuePortfolio> due;
    for (auto const row : transaction.execute(
             "SELECT portfolio_id, first_day, last_day, has_day_before, value_before, index_before "
             "FROM portfoliod.take_due_snapshots($1, $2, $3)",
             {portfolios_max, days_max, today})) {
        DuePortfolio portfolio;
        portfolio.id = row.integer(0);
        portfolio.first = row.maybe(&db::Row::day, 1);
        portfolio.last = row.maybe(&db::Row::day, 2);
        if (row.boolean(3)) {
            portfolio.before.complete = !row.is_null(4);
            if (!row.is_null(4)) portfolio.before.value = valuation::Money::parse(row.text(4));
            portfolio.before.index =
                row.is_null(5) ? std::nullopt : std::optional{valuation::Index::parse(row.text(5))};
        }
        due.push_back(std::move(portfolio));
    }
    return due;
}

/// What all portfolios of one batch share.
struct Batch {
    db::Transaction& transaction;
    std::map<int, DailyInputs> const& inputs;
    MarketRead const& market;
    Day today;
    SnapshotRows rows;

    [[nodiscard]] Day last_of(DuePortfolio const& portfolio) const {
        auto const yesterday = today - std::chrono::days{1};
        return std::min(portfolio.last.value_or(yesterday), yesterday);
    }
};

void compute(Batch& batch, DuePortfolio const& portfolio) {
    auto const& inputs = batch.inputs.at(portfolio.id);
    if (!inputs.unreadable.empty()) throw valuation::CannotValue{inputs.unreadable};
    auto stage = [&](valuation::DayValue const& day) {
        batch.rows.add(portfolio.id, day,
                       positions_json(day.positions, batch.market.series, batch.market.symbols));
    };
    valuation::value_days(inputs.trades, inputs.splits, batch.today, inputs.openings,
                          batch.market.series, *portfolio.first, batch.last_of(portfolio),
                          portfolio.before, stage);
}

/// False, logged and noted when it cannot be valued; the others are not concerned.
bool try_to_compute(Batch& batch, DuePortfolio const& portfolio) {
    if (!portfolio.first || *portfolio.first > batch.last_of(portfolio)) return true;
    try {
        compute(batch, portfolio);
        return true;
    } catch (db::Error const&) {
        throw; // the transaction is over
    } catch (std::exception const& e) {
        batch.rows.drop(portfolio.id);
        note_problem(batch.transaction, portfolio.id, "snapshots", e.what(), portfolio.first);
        return false;
    }
}

} // namespace

bool mark_snapshots(db::Transaction& transaction, Touched const& touched, Day today) {
    std::vector<int> portfolios;
    std::vector<int> assets;
    std::vector<std::string> currencies;
    std::vector<std::string> portfolio_days;
    std::vector<std::string> asset_days;
    std::vector<std::string> currency_days;
    split_up(touched.portfolios, today, portfolios, portfolio_days);
    split_up(touched.assets, today, assets, asset_days);
    split_up(touched.currencies, today, currencies, currency_days);
    if (portfolios.empty() && assets.empty() && currencies.empty()) return false;
    return transaction
               .execute("SELECT portfoliod.mark_snapshots($1, $2, $3, $4, $5, $6, $7)",
                        {portfolios, portfolio_days, assets, asset_days, currencies, currency_days,
                         today})
               .one()
               .integer(0) > 0;
}

bool mark_awaited_snapshots(db::Transaction& transaction, Day today) {
    return transaction.execute("SELECT portfoliod.mark_awaited_snapshots($1)", {today})
               .one()
               .integer(0) > 0;
}

int mark_missing_snapshots(db::Transaction& transaction, Day today) {
    return transaction.execute("SELECT portfoliod.mark_missing_snapshots($1)", {today})
        .one()
        .integer(0);
}

int mark_snapshots_since(db::Transaction& transaction, int portfolio, Day since,
                         std::optional<Day> until) {
    return transaction
        .execute("SELECT portfoliod.mark_snapshots_since($1, $2, $3)", {portfolio, since, until})
        .one()
        .integer(0);
}

SnapshotsWritten& SnapshotsWritten::operator+=(SnapshotsWritten const& other) {
    for (auto const portfolio : other.portfolios)
        failed.erase(portfolio); // this one's word is newer
    failed.insert(other.failed.begin(), other.failed.end());
    portfolios.insert(other.portfolios.begin(), other.portfolios.end());
    days += other.days;
    restatements += other.restatements;
    return *this;
}

std::string SnapshotsWritten::days_text() const {
    return fmt::format("{} day{} written, {} of them with another value than before", days,
                       days == 1 ? "" : "s", restatements.days());
}

SnapshotsWritten compute_due_snapshots(db::Transaction& transaction, Clock const& clock) {
    transaction.execute("SELECT portfoliod.lock_snapshots()");
    auto const today = clock.today();
    auto const due = take(transaction, today);
    SnapshotsWritten written;
    if (due.empty()) return written;
    auto const inputs = read_daily_inputs(transaction, due, today);
    auto const market_end = today - std::chrono::days{1};
    auto const market = read_market(transaction, due, inputs, market_end);
    Batch batch{transaction, inputs, market, today, SnapshotRows{transaction}};
    std::vector<int> computed;
    std::map<int, Day> last_days; ///< of those that end before yesterday
    for (auto const& portfolio : due) {
        written.portfolios.insert(portfolio.id);
        if (batch.last_of(portfolio) < market_end) last_days[portfolio.id] = *portfolio.last;
        if (try_to_compute(batch, portfolio))
            computed.push_back(portfolio.id);
        else
            written.failed.insert(portfolio.id);
    }
    batch.rows.flush();
    for (auto const row :
         transaction.execute("SELECT portfolio_id, snapshot_date, old_value, old_status, new_value "
                             "FROM portfoliod.merge_snapshots($1, $2)",
                             {computed, today})) {
        ++written.days;
        if (!row.is_null(2)) written.restatements.add(row);
        auto const end = last_days.find(row.integer(0));
        if (end != last_days.end() && end->second == row.day(1)) // and with it what follows
            mark_snapshots_since(transaction, end->first, end->second + std::chrono::days{1});
    }
    return written;
}

FiguresRefreshed refresh_due_figures(db::Transaction& transaction, Day today) {
    std::vector<int> portfolios;
    for (auto const row :
         transaction.execute("SELECT portfoliod.take_due_figures($1)", {figures_max}))
        portfolios.push_back(row.integer(0));
    if (portfolios.empty()) return {};
    auto const held_back = refresh(transaction, portfolios, today).held_back;
    if (!held_back.empty())
        transaction.execute("SELECT portfoliod.come_back_to($1, '{}', 'infinity')", {held_back});
    return {static_cast<int>(portfolios.size()), !held_back.empty()};
}

SnapshotsWritten compute_all_due(db::Session& session, Clock const& clock) {
    SnapshotsWritten all;
    for (auto more = true; more;) {
        auto transaction = session.begin();
        auto const written = compute_due_snapshots(transaction, clock);
        transaction.commit();
        written.restatements.tell();
        all += written;
        more = !written.portfolios.empty();
    }
    for (auto more = true; more;) {
        auto transaction = session.begin();
        more = refresh_due_figures(transaction, clock.today()).portfolios > 0;
        transaction.commit();
    }
    return all;
}

} // namespace portfoliod::performance
