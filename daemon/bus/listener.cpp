#include "bus/listener.hpp"

#include "base/backoff.hpp"
#include "base/blocking.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/timeout.hpp"
#include "base/wakeup.hpp"
#include "bus/channels.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

namespace portfoliod::bus {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto retry = Backoff{100ms, 30s};

/// libpq owns the socket and closes it: asio may wait on it, and must let go of it first.
class Readable {
  public:
    Readable(asio::any_io_executor const& executor, int socket) : descriptor_(executor, socket) {}

    Readable(Readable const&) = delete;
    Readable& operator=(Readable const&) = delete;

    ~Readable() { descriptor_.release(); }

    asio::awaitable<void> wait() {
        co_await descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                                        asio::use_awaitable);
    }

  private:
    asio::posix::stream_descriptor descriptor_;
};

} // namespace

Listener::Listener(asio::any_io_executor executor, db::SessionOptions options, Clock const& clock,
                   Hearer hearer, std::chrono::seconds heartbeat)
    : executor_(std::move(executor))
    , options_(std::move(options))
    , clock_(clock)
    , hearer_(std::move(hearer))
    , heartbeat_(heartbeat) {}

asio::awaitable<void> Listener::run() {
    for (auto failures = 0;;) {
        try {
            auto const connection = co_await connect();
            failures = 0;
            report_connected();
            co_await listen(*connection);
        } catch (db::Error const& e) {
            report_lost(e.what());
            hearer_.lost(e.what());
        }
        hearer_.leadership(false);
        co_await pause(retry.wait(++failures, random_share()));
    }
}

asio::awaitable<Listener::Connection> Listener::connect() {
    auto open = [this] { return std::make_unique<db::Listening>(options_, channels::listened()); };
    co_return co_await run_blocking(thread_, open);
}

asio::awaitable<void> Listener::listen(db::Listening& connection) {
    co_await check(connection);
    hearer_.assume_everything_was_missed();
    auto socket = Readable{executor_, connection.socket()};
    auto next_check = std::chrono::steady_clock::now() + heartbeat_;
    for (;;) {
        auto readable = true;
        try {
            auto wait = socket.wait();
            co_await with_timeout(std::move(wait), heartbeat_);
        } catch (TimedOut const&) {
            readable = false;
        }
        auto const arrived = connection.take();
        for (auto const& notification : arrived) dispatch(notification);
        // Silence is suspicious, and so is a socket with something to read that is no notification: libpqxx 6 says
        // nothing when the backend has died. On a busy bus too: whoever led the schedule may have died.
        auto const now = std::chrono::steady_clock::now();
        if (readable && !arrived.empty() && now < next_check) continue;
        co_await check(connection);
        next_check = now + heartbeat_;
    }
}

asio::awaitable<void> Listener::check(db::Listening& connection) {
    auto ask = [&connection] {
        connection.probe();
        return connection.try_lock(db::schedule_lock);
    };
    auto const leads = co_await run_blocking(thread_, ask);
    hearer_.leadership(leads);
    // What arrived during the question was taken off the socket by it.
    for (auto const& notification : connection.take()) dispatch(notification);
}

void Listener::dispatch(db::Notification const& notification) {
    auto const& channel = notification.channel;
    log::debug(fmt::format("heard {}", channel));
    if (channel == channels::backfill_requested)
        hearer_.backfill_requested();
    else if (channel == channels::doorbell_taken)
        hearer_.doorbell_taken();
    else if (channel == channels::prices_updated || channel == channels::exchange_rates_updated ||
             channel == channels::backfill_finished)
        hearer_.market_changed();
    else
        hearer_.changed();
}

void Listener::report_lost(std::string const& why) {
    // Once an outage, however many tries it takes.
    if (lost_at_) return;
    lost_at_ = clock_.now();
    log::happened(Happening::database_lost, fmt::format("database unreachable, retrying: {}", why));
}

void Listener::report_connected() {
    if (!lost_at_) {
        log::happened(Happening::listening, "listening");
        return;
    }
    auto const away = std::chrono::duration_cast<std::chrono::seconds>(clock_.now() - *lost_at_);
    log::happened(Happening::database_back,
                  fmt::format("database reachable again after {} s; catching up", away.count()),
                  {{"DURATION_USEC", std::chrono::microseconds{away}.count()}});
    lost_at_.reset();
}

} // namespace portfoliod::bus
