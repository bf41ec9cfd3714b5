#include "market/idle_connections.hpp"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <iterator>
#include <list>
#include <utility>

namespace portfoliod::market {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::steady_clock;

namespace {

/// As many as most providers are asked at once.
constexpr auto per_host_max = 4;
constexpr std::size_t all_max = 16;

} // namespace

struct IdleConnections::Kept : std::enable_shared_from_this<Kept> {
    struct Idle {
        std::unique_ptr<Connection> connection;
        steady_clock::time_point since;
        int number; ///< of its stay: it may come back before the handler of an earlier one does
    };

    Kept(asio::any_io_executor const& executor, std::chrono::milliseconds time_max)
        : timer(executor), time_max(time_max) {}

    void watch(Idle const& idle) {
        idle.connection->socket().async_wait(
            Connection::Socket::wait_read,
            [weak = weak_from_this(), number = idle.number](error_code) {
                auto const kept = weak.lock();
                if (kept)
                    kept->all.remove_if([&](Idle const& one) { return one.number == number; });
            });
    }

    /// One timer, for the oldest.
    void wait() {
        timer.expires_at(all.front().since + time_max);
        timer.async_wait([weak = weak_from_this()](error_code cancelled) {
            auto const kept = weak.lock();
            if (!kept || cancelled) return;
            auto const too_old = steady_clock::now() - kept->time_max;
            kept->all.remove_if([&](Idle const& one) { return one.since <= too_old; });
            if (!kept->all.empty()) kept->wait();
        });
    }

    std::list<Idle> all; ///< the oldest first
    asio::steady_timer timer;
    std::chrono::milliseconds time_max;
    int last_number = 0;
};

IdleConnections::IdleConnections(asio::any_io_executor const& executor,
                                 std::chrono::milliseconds time_max)
    : kept_(std::make_shared<Kept>(executor, time_max)) {}

IdleConnections::~IdleConnections() { close(); }

std::unique_ptr<Connection> IdleConnections::take(std::string const& host,
                                                  std::string const& port) {
    auto& all = kept_->all;
    auto const leads_there = [&](Kept::Idle const& one) {
        return one.connection->leads_to(host, port);
    };
    std::unique_ptr<Connection> connection;
    while (!connection) {
        auto const last = std::find_if(all.rbegin(), all.rend(), leads_there);
        if (last == all.rend()) break;
        connection = std::move(last->connection);
        all.erase(std::next(last).base());
        if (connection->has_more()) connection.reset();
    }
    if (all.empty()) kept_->timer.cancel();
    if (!connection) return nullptr;
    error_code gone; // it shows when it is used
    connection->socket().cancel(gone);
    return connection;
}

void IdleConnections::keep(std::unique_ptr<Connection> connection) {
    if (kept_->time_max.count() == 0) return;
    auto& all = kept_->all;
    auto const same = [&](Kept::Idle const& one) {
        return one.connection->leads_to(connection->host(), connection->port());
    };
    if (std::ranges::count_if(all, same) >= per_host_max)
        all.erase(std::ranges::find_if(all, same));
    else if (all.size() >= all_max)
        all.pop_front();
    all.push_back({std::move(connection), steady_clock::now(), ++kept_->last_number});
    kept_->watch(all.back());
    if (all.size() == 1) kept_->wait();
}

void IdleConnections::close() {
    kept_->all.clear();
    kept_->timer.cancel();
}

std::size_t IdleConnections::size() const { return kept_->all.size(); }

} // namespace portfoliod::market
