#include "bench/bare_loop.hpp"

#include <fmt/format.h>

#include <chrono>
#include <libpq-fe.h>
#include <poll.h>
#include <stdexcept>

namespace portfoliod::bench {

namespace {

PGconn* connect(std::string const& url) {
    auto* const connection = PQconnectdb(url.c_str());
    if (PQstatus(connection) != CONNECTION_OK) throw std::runtime_error{PQerrorMessage(connection)};
    return connection;
}

void run(PGconn* connection, char const* sql) {
    auto* const result = PQexec(connection, sql);
    auto const status = PQresultStatus(result);
    PQclear(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        throw std::runtime_error{PQerrorMessage(connection)};
}

void drain(PGconn* connection) {
    run(connection, "BEGIN");
    run(connection,
        "WITH gone AS (DELETE FROM bare_outbox RETURNING portfolio_id), "
        "     sums AS (SELECT portfolio_id, count(*) AS trades FROM gone GROUP BY portfolio_id), "
        "     done AS (UPDATE bare_cache AS cache SET value = cache.value + sums.trades "
        "              FROM sums WHERE cache.portfolio_id = sums.portfolio_id "
        "              RETURNING cache.portfolio_id) "
        "SELECT pg_notify('portfolio_updated', json_build_object('portfolio_id', "
        "portfolio_id)::text) "
        "FROM done");
    run(connection, "COMMIT");
}

} // namespace

BareLoop::BareLoop(std::string const& url, bool await_disk) {
    auto* const connection = connect(url);
    run(connection, await_disk ? "SET synchronous_commit TO on" : "SET synchronous_commit TO off");
    run(connection, "LISTEN transaction_created");
    thread_ = std::thread{[this, connection] {
        while (!stopping_) {
            auto readable = pollfd{PQsocket(connection), POLLIN, 0};
            ::poll(&readable, 1, 100);
            PQconsumeInput(connection);
            auto heard = false;
            while (auto* const notification = PQnotifies(connection)) {
                heard = true;
                PQfreemem(notification);
            }
            if (heard) drain(connection);
        }
        PQfinish(connection);
    }};
}

BareLoop::~BareLoop() {
    stopping_ = true;
    thread_.join();
}

double job_queue_rows_per_second(std::string const& url) {
    constexpr auto jobs = 1000;
    auto* const connection = connect(url);
    run(connection, "CREATE TABLE job (id serial PRIMARY KEY)");
    run(connection,
        fmt::format("INSERT INTO job SELECT FROM generate_series(1, {})", jobs).c_str());
    auto const start = std::chrono::steady_clock::now();
    for (auto i = 0; i < jobs; ++i)
        run(connection, "DELETE FROM job WHERE id = (SELECT id FROM job ORDER BY id LIMIT 1 FOR "
                        "UPDATE SKIP LOCKED)");
    auto const took =
        std::chrono::duration<double>{std::chrono::steady_clock::now() - start}.count();
    PQfinish(connection);
    return jobs / took;
}

} // namespace portfoliod::bench
