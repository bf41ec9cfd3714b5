#include "support/ledger.hpp"

namespace portfoliod::test {

namespace {

void trade(Database& database, char const* type, int portfolio, int asset,
           std::string const& quantity, std::string const& price, std::string const& timestamp,
           std::string const& fee) {
    database.run("INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
                 "price, fee, timestamp) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                 {portfolio, asset, type, quantity, price, fee, timestamp});
}

} // namespace

int add_portfolio(Database& database, std::string const& email, std::string const& currency) {
    return database
        .run("WITH owner AS (INSERT INTO users (email, password_hash) VALUES ($1, 'x') RETURNING "
             "id) "
             "INSERT INTO portfolios (user_id, name, currency) SELECT id, 'savings', $2 FROM owner "
             "RETURNING id",
             {email, currency})
        .one()
        .integer(0);
}

int add_portfolio_of(Database& database, int portfolio) {
    return database
        .run("INSERT INTO portfolios (user_id, name) SELECT user_id, 'another' FROM portfolios "
             "WHERE id = $1 RETURNING id",
             {portfolio})
        .one()
        .integer(0);
}

int add_asset(Database& database, std::string const& symbol, std::string const& type,
              std::string const& exchange, std::string const& currency) {
    return database
        .run("INSERT INTO assets (symbol, name, asset_type, exchange, native_currency) "
             "VALUES ($1, $1, $2, nullif($3, ''), $4) RETURNING id",
             {symbol, type, exchange, currency})
        .one()
        .integer(0);
}

int add_priced_asset(Database& database, std::string const& symbol) {
    auto const asset = add_asset(database, symbol, "stock", "NASDAQ", "USD");
    database.run("INSERT INTO asset_prices (asset_id, timestamp, close, is_final) "
                 "VALUES ($1, (now() AT TIME ZONE 'UTC')::date - 1, 7, true)",
                 {asset});
    database.run("UPDATE portfoliod.price_coverage SET served = '{[2000-01-01,2100-01-01)}' "
                 "WHERE asset_id = $1",
                 {asset});
    return asset;
}

void buy(Database& database, int portfolio, int asset, std::string const& quantity,
         std::string const& price, std::string const& timestamp, std::string const& fee) {
    trade(database, "buy", portfolio, asset, quantity, price, timestamp, fee);
}

void sell(Database& database, int portfolio, int asset, std::string const& quantity,
          std::string const& price, std::string const& timestamp, std::string const& fee) {
    trade(database, "sell", portfolio, asset, quantity, price, timestamp, fee);
}

void split(Database& database, int asset, std::string const& ex_date, int numerator,
           int denominator) {
    database.run("INSERT INTO asset_splits (asset_id, ex_date, numerator, denominator) "
                 "VALUES ($1, $2, $3, $4)",
                 {asset, ex_date, numerator, denominator});
}

std::string position(Database& database, int portfolio, int asset) {
    return database.value(
        "SELECT coalesce((SELECT concat_ws(' ', trim_scale(quantity), "
        "trim_scale(average_buy_price), "
        "first_purchase_date) FROM portfolio_positions WHERE portfolio_id = $1 AND asset_id = $2), "
        "'none')",
        {portfolio, asset});
}

} // namespace portfoliod::test
