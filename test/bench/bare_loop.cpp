#include "bench/bare_loop.hpp"

#include <libpq-fe.h>
#include <poll.h>
#include <stdexcept>

namespace portfoliod::bench {

namespace {

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

BareLoop::BareLoop(std::string const& url) {
    auto* const connection = PQconnectdb(url.c_str());
    if (PQstatus(connection) != CONNECTION_OK) throw std::runtime_error{PQerrorMessage(connection)};
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

} // namespace portfoliod::bench
