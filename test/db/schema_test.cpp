#include "support/database.hpp"
#include "support/ledger.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

using namespace portfoliod;

// The seed's data model, name by name, as a user of it finds it.

namespace {

/// The seed's columns as "table: column type rules, …", widened where DESIGN section 2 says so.
/// `now` stands for the current time in UTC, `manual` for a source nobody named.
constexpr char const* seed_tables[] = {
    "users: id integer not null, email varchar(255) not null, password_hash varchar(255) not null, "
    "created_at "
    "timestamp = now, updated_at timestamp = now",
    "assets: id integer not null, symbol varchar(50) not null, name varchar(255) not null, "
    "asset_type varchar(20) "
    "not null, exchange varchar(50), native_currency varchar(3) not null, is_active boolean = "
    "true, metadata jsonb, "
    "created_at timestamp = now",
    "asset_prices: id bigint not null, asset_id integer not null, timestamp timestamp not null, "
    "open numeric(28,12), "
    "high numeric(28,12), low numeric(28,12), close numeric(28,12) not null, volume bigint, source "
    "varchar(50) = "
    "manual, is_final boolean not null = true",
    "exchange_rates: id integer not null, currency_code varchar(3) not null, rate_to_usd "
    "numeric(28,16) not null, "
    "timestamp timestamp not null, source varchar(50) = manual",
    "portfolios: id integer not null, user_id integer not null, name varchar(255) not null, "
    "currency varchar(3) = "
    "USD, created_at timestamp = now",
    "portfolio_positions: id integer not null, portfolio_id integer not null, asset_id integer not "
    "null, quantity "
    "numeric(28,12) not null, average_buy_price numeric(28,12) not null, first_purchase_date date "
    "not null, "
    "last_updated timestamp = now",
    "transactions: id bigint not null, portfolio_id integer not null, asset_id integer not null, "
    "transaction_type "
    "varchar(10) not null, quantity numeric(28,12) not null, price numeric(28,12) not null, fee "
    "numeric(28,12) = 0, "
    "timestamp timestamp not null, notes text, rate_to_usd numeric(28,16)",
    "portfolio_snapshots: id bigint not null, portfolio_id integer not null, total_value_usd "
    "numeric(18,2) not null, "
    "snapshot_date date not null, positions_snapshot jsonb not null, created_at timestamp = now, "
    "net_flow_usd "
    "numeric(18,2), twr_index numeric(24,12), status text",
    "portfolio_performance_cache: portfolio_id integer not null, current_value_usd numeric(18,2) "
    "not null, "
    "total_invested_usd numeric(18,2) not null, total_return_pct numeric(14,4), day_change_pct "
    "numeric(14,4), "
    "week_change_pct numeric(14,4), month_change_pct numeric(14,4), year_change_pct numeric(14,4), "
    "last_updated "
    "timestamp = now, status text, priced_share_pct numeric(14,4), realized_gain_usd "
    "numeric(18,2), "
    "unrealized_gain_usd numeric(18,2), fees_usd numeric(18,2), twr_pct numeric(14,4), xirr_pct "
    "numeric(14,4)",
    "tracked_assets: asset_id integer not null, first_tracked_at timestamp = now, last_tracked_at "
    "timestamp, "
    "tracking_users integer = 1, last_price_update timestamp",
    "backfill_queue: id integer not null, asset_id integer not null, start_date date not null, "
    "end_date date not "
    "null, status varchar(20) not null = pending, retry_after timestamp, attempts integer = 0, "
    "max_attempts integer = "
    "5, error_message text, created_at timestamp = now, updated_at timestamp = now, completed_at "
    "timestamp",
    "asset_splits: asset_id integer not null, ex_date date not null, numerator numeric(18,8) not "
    "null, denominator "
    "numeric(18,8) not null, source varchar(50) = manual",
};

constexpr char const* seed_keys[] = {
    "users PRIMARY KEY (id)",
    "users UNIQUE (email)",
    "assets PRIMARY KEY (id)",
    "assets UNIQUE NULLS NOT DISTINCT (symbol, exchange)", // DESIGN section 2
    "asset_prices PRIMARY KEY (id, timestamp)",
    "asset_prices FOREIGN KEY (asset_id) REFERENCES assets(id)",
    "exchange_rates PRIMARY KEY (id)",
    "exchange_rates UNIQUE (currency_code, timestamp)",
    "portfolios PRIMARY KEY (id)",
    "portfolios FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE",
    "portfolio_positions PRIMARY KEY (id)",
    "portfolio_positions UNIQUE (portfolio_id, asset_id)",
    "portfolio_positions FOREIGN KEY (portfolio_id) REFERENCES portfolios(id) ON DELETE CASCADE",
    "portfolio_positions FOREIGN KEY (asset_id) REFERENCES assets(id)",
    "transactions PRIMARY KEY (id)",
    "transactions FOREIGN KEY (portfolio_id) REFERENCES portfolios(id) ON DELETE CASCADE",
    "transactions FOREIGN KEY (asset_id) REFERENCES assets(id)",
    "portfolio_snapshots PRIMARY KEY (id)",
    "portfolio_snapshots UNIQUE (portfolio_id, snapshot_date)",
    "portfolio_snapshots FOREIGN KEY (portfolio_id) REFERENCES portfolios(id) ON DELETE CASCADE",
    "portfolio_performance_cache PRIMARY KEY (portfolio_id)",
    ("portfolio_performance_cache FOREIGN KEY (portfolio_id) REFERENCES portfolios(id) ON DELETE "
     "CASCADE"),
    "tracked_assets PRIMARY KEY (asset_id)",
    "tracked_assets FOREIGN KEY (asset_id) REFERENCES assets(id)",
    "backfill_queue PRIMARY KEY (id)",
    "backfill_queue FOREIGN KEY (asset_id) REFERENCES assets(id)"};

/// idx_asset_prices_latest is not here: it would be the twin of idx_asset_prices_asset_time.
constexpr char const* seed_indexes[] = {
    "idx_assets_symbol btree (symbol)",
    "idx_assets_type btree (asset_type)",
    ("idx_assets_search gin (to_tsvector('english'::regconfig, (((name)::text || ' '::text) || "
     "(symbol)::text)))"),
    "idx_asset_prices_asset_time btree (asset_id, timestamp DESC)",
    "idx_exchange_rates_latest btree (currency_code, timestamp DESC)",
    "idx_portfolios_user btree (user_id)",
    "idx_positions_portfolio btree (portfolio_id)",
    "idx_transactions_portfolio_date btree (portfolio_id, timestamp DESC)",
    "idx_snapshots_portfolio_date btree (portfolio_id, snapshot_date DESC)",
    "idx_tracked_assets_active btree (last_tracked_at) WHERE (tracking_users > 0)",
    "idx_backfill_queue_status btree (status, retry_after)",
    "idx_backfill_queue_asset btree (asset_id, status)"};

std::string file(std::filesystem::path const& path) {
    std::ifstream stream{path};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

/// What the first group matches, everywhere in these texts.
void collect(std::string const& text, std::regex const& pattern, std::set<std::string>& into) {
    for (std::sregex_iterator at{text.begin(), text.end(), pattern}, end; at != end; ++at)
        into.insert((*at)[1]);
}

/// Rows two queries do not have in common.
std::string differences(test::Database& database, std::string const& one,
                        std::string const& other) {
    return database.value("SELECT count(*) FROM ((" + one + " EXCEPT ALL " + other +
                          ") UNION ALL (" + other + " EXCEPT ALL " + one + ")) AS differing");
}

} // namespace

TEST_CASE("every table and column of the seed is there, with its type, default and NOT NULL") {
    test::Database database;
    for (std::string const line : seed_tables) {
        CAPTURE(line);
        auto const table = line.substr(0, line.find(':'));
        auto const is = database.value(
            "SELECT $1 || ': ' || string_agg(concat_ws(' ', attname, "
            "replace(replace(format_type(atttypid, "
            "atttypmod), 'character varying', 'varchar'), 'timestamp without time zone', "
            "'timestamp'), "
            "CASE WHEN attnotnull THEN 'not null' END, CASE WHEN NOT serial THEN '= ' || CASE "
            "value "
            "WHEN '(now() AT TIME ZONE ''UTC''::text)' THEN 'now' ELSE regexp_replace(value, "
            "'^''(.*)''::.*$', '\\1') END END), ', ' ORDER BY attnum) FROM (SELECT a.*, value, "
            "value LIKE 'nextval(%' AS serial FROM pg_attribute a LEFT JOIN pg_attrdef d "
            "ON adrelid = attrelid AND adnum = attnum, LATERAL pg_get_expr(adbin, adrelid) AS "
            "value "
            "WHERE attrelid = ('public.' || $1)::regclass AND attnum > 0 AND NOT attisdropped) AS "
            "columns",
            {table});
        // Columns of our own may follow.
        CHECK(is.substr(0, line.size()) == line);
    }
    CHECK(
        database.value("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace "
                       "AND relname = 'asset_prices' AND relkind = 'p'") == "1");
}

TEST_CASE("every key and foreign key of the seed is there") {
    test::Database database;
    for (std::string const key : seed_keys) {
        CAPTURE(key);
        CHECK(database.value(
                  "SELECT count(*) FROM pg_constraint WHERE connamespace = 'public'::regnamespace "
                  "AND conparentid = 0 AND conrelid::regclass || ' ' || "
                  "replace(pg_get_constraintdef(oid), '\"timestamp\"', 'timestamp') = $1",
                  {key}) == "1");
    }
}

TEST_CASE("every index of the seed is there under its name") {
    test::Database database;
    for (std::string const index : seed_indexes) {
        CAPTURE(index);
        CHECK(database.value("SELECT coalesce(max(indexname || ' ' || replace(split_part(indexdef, "
                             "' USING ', 2), "
                             "'\"timestamp\"', 'timestamp')), 'none') FROM pg_indexes "
                             "WHERE schemaname = 'public' AND indexname = split_part($1, ' ', 1)",
                             {index}) == index);
    }
    CHECK(database.value("SELECT indisunique FROM pg_index WHERE indexrelid = "
                         "'idx_asset_prices_asset_time'::regclass") == "t");
}

TEST_CASE("the seed's trigger and its function are there under their names") {
    test::Database database;
    CHECK(database.value("SELECT tgrelid::regclass || ' ' || tgfoid::regprocedure FROM pg_trigger "
                         "WHERE tgname = 'transaction_created_trigger'") ==
          "transactions notify_transaction_created()");
}

TEST_CASE("prices have a partition for each year from 2000 to the next, by the seed's names") {
    test::Database database;
    CHECK(
        database.value(
            "SELECT count(*) FROM generate_series(2000, extract(year FROM now())::int + 1) AS year "
            "WHERE to_regclass('public.asset_prices_' || year) IS NULL") == "0");
    // Whatever is asked of a partition is answered through the parent's index.
    CHECK(database.value("SELECT count(*) FROM pg_inherits WHERE inhparent = "
                         "'idx_asset_prices_asset_time'::regclass") ==
          database.value(
              "SELECT count(*) FROM pg_inherits WHERE inhparent = 'asset_prices'::regclass"));
}

TEST_CASE("times are stored in UTC whatever the session's time zone is") {
    test::Database database;
    auto transaction = database.session().begin();
    transaction.execute_script(
        "SET LOCAL timezone TO 'Asia/Tokyo'; INSERT INTO users (email, password_hash) "
        "VALUES ('ann@example.org', 'x'); UPDATE users SET email = 'a@example.org'");
    CHECK(transaction
              .execute("SELECT created_at = now() AT TIME ZONE 'UTC' AND updated_at = created_at "
                       "FROM users")
              .one()
              .boolean(0));
}

TEST_CASE("the views of latest prices and rates return what the seed's own definitions return") {
    test::Database database;
    std::string const seed_prices = "(SELECT DISTINCT ON (asset_id) * FROM asset_prices "
                                    "ORDER BY asset_id, timestamp DESC)";
    std::string const seed_rates = "(SELECT DISTINCT ON (currency_code) * FROM exchange_rates "
                                   "ORDER BY currency_code, timestamp DESC)";
    auto const agree = [&] {
        return differences(database, "TABLE latest_asset_prices", seed_prices) == "0" &&
               differences(database, "TABLE latest_exchange_rates", seed_rates) == "0";
    };
    CHECK(agree());
    // The seed of random() holds for a session, and the database keeps to one.
    database.run("SELECT setseed(0.42)");
    database.run("INSERT INTO assets (symbol, name, asset_type, native_currency) "
                 "SELECT 'A' || n, 'a', 'stock', 'USD' FROM generate_series(1, 60) AS n");
    for (auto round = 0; round < 5; ++round) {
        database.run(
            "INSERT INTO asset_prices (asset_id, timestamp, open, close, volume, is_final) "
            "SELECT (random() * 49)::int + 1, date '2000-01-01' + (random() * 9000)::int, "
            "random() * 9, random() * 100, (random() * 1e6)::bigint, random() < 0.5 "
            "FROM generate_series(1, 300) ON CONFLICT DO NOTHING");
        database.run(
            "INSERT INTO exchange_rates (currency_code, rate_to_usd, timestamp) "
            "SELECT chr(65 + (random() * 20)::int) || 'XY', random() + 0.1, timestamp '2000-01-01' "
            "+ random() * interval '9000 days' FROM generate_series(1, 200)");
        CHECK(agree());
        database.run("DELETE FROM asset_prices WHERE asset_id = 7 OR random() < 0.3");
        database.run("UPDATE asset_prices SET asset_id = asset_id + 10 WHERE asset_id = 50");
        database.run("DELETE FROM exchange_rates WHERE currency_code = 'AXY' OR random() < 0.3");
        CHECK(agree());
    }
    CHECK(database.value("SELECT count(*) > 40 FROM latest_asset_prices") == "t");
    // The same columns in the same order.
    for (auto const& [view, table] : {std::pair{"latest_asset_prices", "asset_prices"},
                                      std::pair{"latest_exchange_rates", "exchange_rates"}})
        CHECK(
            differences(
                database,
                std::string{"SELECT ordinal_position::int, column_name::text, data_type::text FROM "
                            "information_schema.columns WHERE table_name = '"} +
                    view + "'",
                std::string{"SELECT ordinal_position::int, column_name::text, data_type::text FROM "
                            "information_schema.columns WHERE table_name = '"} +
                    table + "'") == "0");
}

TEST_CASE(
    "search finds the exact symbol first, then symbols beginning so, then words, stop words too") {
    test::Database database;
    database.run("INSERT INTO assets (symbol, name, asset_type, exchange, native_currency) VALUES "
                 "('IT', 'Gartner', 'stock', 'NYSE', 'USD'), ('ITW', 'Illinois Tool Works', "
                 "'stock', 'NYSE', "
                 "'USD'), ('MSFT', 'Microsoft Corporation', 'stock', 'NASDAQ', 'USD'), ('TOOL', "
                 "'Nothing', 'stock', "
                 "'X', 'USD'), ('A', 'Agilent', 'stock', 'NYSE', 'USD'), ('A%', 'Percent', "
                 "'stock', 'X', 'USD')");
    auto const found = [&](std::string const& words) {
        return database.value(
            "SELECT coalesce(string_agg(symbol, ' '), 'none') FROM search_assets($1)", {words});
    };
    CHECK(found("IT") == "IT ITW");
    CHECK(found(" it ") == "IT ITW");
    CHECK(found("tool") == "TOOL ITW");
    CHECK(found("tools") == "ITW TOOL");
    CHECK(found("microsoft") == "MSFT");
    CHECK(found("A%") == "A%");
    CHECK(found("a") == "A A%");
    CHECK(found("gibberish") == "none");
    CHECK(found("") == "none");
}

TEST_CASE("the channels of the program are those that SQL announces on") {
    std::filesystem::path const project{PROJECT_DIR};
    std::set<std::string> named;
    collect(file(project / "daemon/bus/channels.hpp"),
            std::regex{R"re(string_view \w+ = "(\w+)";)re"}, named);
    std::set<std::string> announced;
    std::regex const call{
        R"re(\b(?:pg_notify|announce|record_changes|notify_transaction_changed)\s*\(\s*'(\w+)')re"};
    for (auto const* const folder : {"schema", "triggers"})
        for (auto const& entry : std::filesystem::recursive_directory_iterator(project / folder))
            if (entry.path().extension() == ".sql") collect(file(entry.path()), call, announced);
    CHECK(named.size() == 9);
    CHECK(named == announced);
}
