#include "service/web.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/timeout.hpp"
#include "base/wakeup.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/beast/core/flat_static_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <fmt/format.h>

namespace portfoliod::service {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

using Request = http::request_parser<http::empty_body>;

http::response<http::string_body> response(WebPage page, bool head) {
    http::response<http::string_body> response{static_cast<http::status>(page.status), 11};
    response.set(http::field::content_type, page.type);
    response.set(http::field::cache_control, "no-store");
    response.keep_alive(false);
    response.content_length(page.text.size());
    if (!head) response.body() = std::move(page.text);
    return response;
}

std::string path_of(std::string target) { return target.substr(0, target.find('?')); }

} // namespace

WebServer::WebServer(asio::any_io_executor executor, Tasks& tasks, Pages pages, WebLimits limits)
    : executor_(std::move(executor))
    , tasks_(tasks)
    , pages_(std::move(pages))
    , limits_(limits)
    , slot_free_(executor_, asio::steady_timer::time_point::max()) {}

void WebServer::prepare(std::optional<WebAddress> const& address) {
    next_address_ = address;
    next_acceptor_ = acceptor_;
    if (address == address_) return; // any free port, asked for again, is the same one
    next_acceptor_.reset();
    if (!address) return;
    auto const endpoint = tcp::endpoint{asio::ip::make_address(address->address), address->port};
    try {
        next_acceptor_ = std::make_shared<Acceptor>(executor_, endpoint);
    } catch (boost::system::system_error const& e) {
        throw Failure{fmt::format("http.listen: {} port {} cannot be used: {}", address->address,
                                  address->port, e.code().message())};
    }
}

void WebServer::listen() {
    address_ = next_address_;
    if (acceptor_ == next_acceptor_) return;
    if (acceptor_) acceptor_->close();
    acceptor_ = std::move(next_acceptor_);
    next_acceptor_.reset();
    if (!acceptor_) return;
    auto const at = acceptor_->local_endpoint();
    log::happened(Happening::web_listening,
                  fmt::format("health and metrics at http://{}{}{}:{}",
                              at.address().is_v6() ? "[" : "", at.address().to_string(),
                              at.address().is_v6() ? "]" : "", at.port()));
    tasks_.spawn("web server", accept(acceptor_));
}

asio::awaitable<void> WebServer::accept(std::shared_ptr<Acceptor> acceptor) {
    while (acceptor->is_open()) {
        error_code failed;
        if (connections_ >= limits_.connections_max) {
            co_await slot_free_.async_wait(asio::redirect_error(asio::use_awaitable, failed));
            continue;
        }
        auto socket =
            co_await acceptor->async_accept(asio::redirect_error(asio::use_awaitable, failed));
        if (failed == asio::error::operation_aborted) break; // another address, or the end
        if (failed) {
            // No file descriptor is left, for example: what is open ends by itself.
            log::happened(Happening::web_failed,
                          fmt::format("a connection cannot be accepted: {}", failed.message()));
            co_await pause(std::chrono::seconds{1});
            continue;
        }
        ++connections_;
        tasks_.spawn("web connection", serve(std::move(socket)));
    }
}

asio::awaitable<void> WebServer::serve(tcp::socket socket) {
    struct Slot {
        WebServer& server;

        ~Slot() {
            --server.connections_;
            server.slot_free_.cancel();
        }
    } const slot{*this};

    try {
        auto answering = answer(socket);
        co_await with_timeout(std::move(answering), limits_.connection_ms_max);
    } catch (TimedOut const&) {
        log::debug("a web connection took too long and is closed");
    } catch (boost::system::system_error const& e) {
        if (e.code() == asio::error::operation_aborted) throw;
        log::debug(fmt::format("a web connection failed: {}", e.code().message()));
    }
}

asio::awaitable<void> WebServer::answer(tcp::socket& socket) {
    boost::beast::flat_static_buffer<std::size_t{8} * 1024> buffer;
    Request request;
    request.header_limit(static_cast<std::uint32_t>(limits_.header_bytes_max));
    request.body_limit(0);
    error_code failed;
    co_await http::async_read_header(socket, buffer, request,
                                     asio::redirect_error(asio::use_awaitable, failed));
    if (failed == asio::error::operation_aborted) throw boost::system::system_error{failed};
    if (failed == http::error::end_of_stream || failed == asio::error::eof) co_return;
    auto const head = !failed && request.get().method() == http::verb::head;
    WebPage page;
    if (failed == http::error::header_limit || failed == http::error::buffer_overflow) {
        page = {431, "the header is too large\n"};
    } else if (failed) {
        page = {400, "this is no request that can be read\n"};
    } else if (!head && request.get().method() != http::verb::get) {
        page = {405, "only GET\n"};
    } else {
        auto asked = pages_(path_of(std::string{request.get().target()}));
        page = co_await std::move(asked);
    }
    auto reply = response(std::move(page), head);
    http::response_serializer<http::string_body> serializer{reply};
    if (head)
        co_await http::async_write_header(socket, serializer, asio::use_awaitable);
    else
        co_await http::async_write(socket, serializer, asio::use_awaitable);
    socket.shutdown(tcp::socket::shutdown_send, failed);
}

} // namespace portfoliod::service
