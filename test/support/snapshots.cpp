#include "support/snapshots.hpp"

#include "bus/drain.hpp"

#include <sstream>

namespace portfoliod::test {

namespace {

template <class Work>
auto in_transaction(Database& database, Work const& work) {
    auto transaction = database.session().begin();
    auto done = work(transaction);
    transaction.commit();
    return done;
}

} // namespace

performance::SnapshotsWritten settle(Database& database, Day today) {
    while (in_transaction(database, [&](db::Transaction& transaction) {
               return bus::drain_batch(transaction, today, {}).rows;
           }) > 0) {
    }
    return performance::compute_all_due(database.session(), FixedClock{today});
}

std::string all_values(Database& database) {
    return database.value(
               "SELECT string_agg(concat_ws('|', portfolio_id, snapshot_date, total_value_usd, "
               "net_flow_usd, twr_index, status, value_exact, positions_snapshot), E'\\n' ORDER BY "
               "portfolio_id, snapshot_date) FROM portfolio_snapshots") +
           "\n" +
           database.value("SELECT string_agg(to_jsonb(cache) - 'last_updated' #>> '{}', E'\\n' "
                          "ORDER BY portfolio_id) FROM portfolio_performance_cache AS cache");
}

std::string all_values_rebuilt(Database& database, Day today) {
    database.run("DELETE FROM portfolio_snapshots");
    database.run("DELETE FROM portfolio_performance_cache");
    database.run("DELETE FROM portfoliod.ledger_checkpoints");
    in_transaction(database, [&](db::Transaction& transaction) {
        return performance::mark_missing_snapshots(transaction, today);
    });
    // No holding changed: looking for history anew would be another state than the one to compare with.
    database.run("INSERT INTO portfoliod.pending_changes (portfolio_id, from_date, "
                 "holding_changed) SELECT id, 'infinity', false FROM portfolios");
    settle(database, today);
    return all_values(database);
}

std::string first_difference(std::string const& left, std::string const& right) {
    std::istringstream lefts{left};
    std::istringstream rights{right};
    std::string a;
    std::string b;
    for (;;) {
        auto const more = static_cast<bool>(std::getline(lefts, a));
        auto const more_right = static_cast<bool>(std::getline(rights, b));
        if (!more && !more_right) return "nothing";
        if (!more || !more_right || a != b)
            return (more ? a : "the end") + "\n  and\n" + (more_right ? b : "the end");
    }
}

} // namespace portfoliod::test
