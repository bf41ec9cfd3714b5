#include "market/resolve.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>

namespace portfoliod::market {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

/// Shared by the waiting coroutine and the resolver's handler, whichever lives longer.
struct Lookup {
    explicit Lookup(asio::any_io_executor const& executor)
        : resolver(executor), answered(executor, asio::steady_timer::time_point::max()) {}

    tcp::resolver resolver;
    asio::steady_timer answered; ///< cancelled when the answer is there
    bool done = false;
    error_code error;
    std::vector<tcp::endpoint> addresses;
};

void start(std::shared_ptr<Lookup> const& lookup, std::string const& host,
           std::string const& port) {
    lookup->resolver.async_resolve(
        host, port, [lookup](error_code error, tcp::resolver::results_type const& results) {
            lookup->done = true;
            lookup->error = error;
            for (auto const& result : results) lookup->addresses.push_back(result.endpoint());
            lookup->answered.cancel();
        });
}

} // namespace

asio::awaitable<std::vector<tcp::endpoint>> resolve(std::string host, std::string port,
                                                    error_code& error) {
    auto const literal = asio::ip::make_address(host, error);
    if (!error) {
        auto const number = static_cast<unsigned short>(std::stoi(port));
        std::vector<tcp::endpoint> addresses;
        addresses.emplace_back(literal, number);
        co_return addresses;
    }
    auto const executor = co_await asio::this_coro::executor;
    auto const lookup = std::make_shared<Lookup>(executor);
    start(lookup, host, port);
    if (!lookup->done)
        co_await lookup->answered.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (!lookup->done) {
        lookup->resolver.cancel();
        error = asio::error::operation_aborted;
        co_return std::vector<tcp::endpoint>{};
    }
    error = lookup->error;
    co_return std::move(lookup->addresses);
}

} // namespace portfoliod::market
