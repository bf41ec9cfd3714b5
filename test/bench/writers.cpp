#include "bench/writers.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace portfoliod::bench {

namespace {

std::filesystem::path write_script(std::filesystem::path const& folder, Spread spread) {
    auto const uniform = spread == Spread::uniform;
    auto file = folder / (uniform ? "uniform.pgbench" : "one.pgbench");
    std::ofstream{file}
        << (uniform ? "\\set p random(1, 1000)\n\\set a random(1, 20)\n" : "\\set p 1\n\\set a 1\n")
        << "INSERT INTO transactions (portfolio_id, asset_id, transaction_type, quantity, "
           "price, timestamp) VALUES (:p, :a, 'buy', 1, 100, clock_timestamp() AT TIME ZONE "
           "'UTC');\n";
    return file;
}

} // namespace

double inserts_per_second(test::Cluster const& cluster, test::Database const& database,
                          Spread spread, int clients, std::string const& how_long) {
    auto const said = test::shell(
        fmt::format("{}/pgbench -n -M prepared -h {} -U postgres -c {} -j 2 {} -f {} {}",
                    test::server_programs(), cluster.folder().string(), clients, how_long,
                    write_script(cluster.folder(), spread).string(), database.name()));
    auto const at = said.find("tps = ");
    if (at == std::string::npos) throw std::runtime_error{"pgbench said: " + said};
    return std::atof(said.c_str() + at + 6);
}

void without_triggers(test::Database& database) {
    database.run("ALTER TABLE transactions DISABLE TRIGGER USER");
}

void with_first_designs_trigger(test::Database& database) {
    without_triggers(database);
    // Nor did that design have one that keeps last_updated.
    database.run("ALTER TABLE portfolio_performance_cache DISABLE TRIGGER USER");
    database.run(
        "CREATE FUNCTION first_design() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "PERFORM pg_notify('transaction_created', json_build_object('transaction_id', NEW.id, "
        "'asset_id', NEW.asset_id, 'timestamp', NEW.timestamp)::text); "
        "UPDATE portfolio_performance_cache SET last_updated = NOW() - INTERVAL '1 hour' "
        "WHERE portfolio_id = NEW.portfolio_id; RETURN NEW; END; $$");
    database.run("CREATE TRIGGER first_design AFTER INSERT ON transactions FOR EACH ROW "
                 "EXECUTE FUNCTION first_design()");
}

void with_bare_triggers(test::Database& database) {
    without_triggers(database);
    for (auto const* const sql :
         {"CREATE TABLE bare_outbox (portfolio_id integer)",
          "CREATE TABLE bare_cache (portfolio_id integer PRIMARY KEY, value numeric)",
          "INSERT INTO bare_cache SELECT id, 0 FROM portfolios",
          "CREATE FUNCTION bare() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
          "INSERT INTO bare_outbox VALUES (NEW.portfolio_id); "
          "PERFORM pg_notify('transaction_created', NEW.id::text); RETURN NULL; END $$",
          "CREATE TRIGGER bare AFTER INSERT ON transactions FOR EACH ROW EXECUTE FUNCTION bare()"})
        database.run(sql);
}

} // namespace portfoliod::bench
