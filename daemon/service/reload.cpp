#include "service/reload.hpp"

namespace portfoliod::service {

std::vector<std::string> needs_restart(Config const& running, Config const& fresh) {
    std::vector<std::string> keys;
    auto const compare = [&keys](char const* key, auto const& was, auto const& is) {
        if (was != is) keys.emplace_back(key);
    };
    auto const& was = running.database;
    auto const& is = fresh.database;
    compare("database.url", was.url, is.url);
    compare("database.workers", was.workers, is.workers);
    compare("database.statement_time_max", was.statement_time_max, is.statement_time_max);
    compare("database.answer_time_max", was.answer_time_max, is.answer_time_max);
    compare("bus.doorbell", running.doorbell.allowed, fresh.doorbell.allowed);
    compare("bus.heartbeat", running.heartbeat, fresh.heartbeat);
    return keys;
}

} // namespace portfoliod::service
