#pragma once

#include "base/spawn.hpp"
#include "service/config.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace portfoliod::service {

struct WebPage {
    int status = 200;
    std::string text = {};
    std::string type = "text/plain; charset=utf-8";
};

/// Bounds of what strangers may cost.
struct WebLimits {
    int connections_max = 16; ///< more wait in the kernel's line
    std::size_t header_bytes_max = std::size_t{8} * 1024;
    std::chrono::milliseconds connection_ms_max{10'000}; ///< from its first byte to our last
};

/// Answers GET, one request a connection. Used from the loop's thread only.
class WebServer {
  public:
    /// Says what stands at a path, without its query; may take its time within the limit.
    using Pages = std::function<boost::asio::awaitable<WebPage>(std::string path)>;

    WebServer(boost::asio::any_io_executor executor, Tasks& tasks, Pages pages,
              WebLimits limits = {});

    /// Takes the address, without answering there yet; nothing: none. Throws Failure when it cannot be
    /// used, and then goes on as before.
    void prepare(std::optional<WebAddress> const& address);
    /// Answers where prepare() said, and nowhere else.
    void listen();

    /// What prepare() took is given back.
    void stay() { next_acceptor_.reset(); }

  private:
    using Acceptor = boost::asio::ip::tcp::acceptor;

    boost::asio::awaitable<void> accept(std::shared_ptr<Acceptor> acceptor);
    boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket);
    boost::asio::awaitable<void> answer(boost::asio::ip::tcp::socket& socket);

    boost::asio::any_io_executor executor_;
    Tasks& tasks_;
    Pages pages_;
    WebLimits limits_;
    std::optional<WebAddress> address_;
    std::shared_ptr<Acceptor> acceptor_; ///< shared with the task that waits on it
    std::optional<WebAddress> next_address_;
    std::shared_ptr<Acceptor> next_acceptor_;
    boost::asio::steady_timer slot_free_; ///< cancelled when a connection ends
    int connections_ = 0;
};

} // namespace portfoliod::service
