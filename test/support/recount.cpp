#include "support/recount.hpp"

namespace portfoliod::test {

namespace {

constexpr auto left_over =
    "SELECT 'changes ' || count(*) FROM portfoliod.pending_changes HAVING count(*) > 0";

constexpr auto bell =
    "SELECT 'doorbell' FROM pg_locks WHERE locktype = 'advisory' AND classid = 7001 AND objid = 1 "
    "AND mode = 'ExclusiveLock' AND database = (SELECT oid FROM pg_database WHERE datname = "
    "current_database())";

/// An empty portfolio is worth 0 when it was ever looked at.
constexpr auto portfolios =
    "WITH traded AS ("
    "  SELECT portfolio_id, asset_id,"
    "    sum(CASE transaction_type WHEN 'buy' THEN quantity ELSE -quantity END) AS held,"
    "    sum(quantity * price) FILTER (WHERE transaction_type = 'buy') AS invested"
    "  FROM transactions GROUP BY 1, 2),"
    "counted AS ("
    "  SELECT portfolio_id, bool_and(t.held IS NOT DISTINCT FROM p.quantity) AS positions_right,"
    "    sum(t.held * l.close) AS value, sum(t.invested) AS invested"
    "  FROM traded t FULL JOIN portfolio_positions p USING (portfolio_id, asset_id)"
    "  LEFT JOIN latest_asset_prices l ON l.asset_id = t.asset_id GROUP BY 1) "
    "SELECT 'portfolio ' || portfolio_id "
    "FROM counted FULL JOIN portfolio_performance_cache c USING (portfolio_id) "
    "WHERE positions_right IS FALSE"
    "  OR c.current_value_usd IS DISTINCT FROM round(coalesce(value, 0), 2)"
    "  OR c.total_invested_usd IS DISTINCT FROM round(coalesce(invested, 0), 2)"
    "  OR c.last_updated < (now() AT TIME ZONE 'UTC') - interval '50 minutes'";

constexpr auto counts =
    "SELECT 'users of ' || a.symbol FROM assets a LEFT JOIN tracked_assets t ON t.asset_id = a.id "
    "WHERE coalesce(t.tracking_users, 0) <> ("
    "  SELECT count(DISTINCT f.user_id) FROM portfolio_positions p"
    "  JOIN portfolios f ON f.id = p.portfolio_id WHERE p.asset_id = a.id AND p.quantity > 0)";

} // namespace

std::string wrong_by_recount(Database& database) {
    std::string wrong;
    for (auto const* const question : {left_over, bell, portfolios, counts})
        for (auto const row : database.run(question))
            wrong += (wrong.empty() ? "" : ", ") + row.string(0);
    return wrong.empty() ? "nothing" : wrong;
}

} // namespace portfoliod::test
