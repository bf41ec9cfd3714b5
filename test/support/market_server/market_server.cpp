#include "support/market_server/market_server.hpp"

#include "support/market_server/session.hpp"
#include "support/market_server/state.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <future>
#include <stdexcept>
#include <thread>

namespace portfoliod::test {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using asio::ip::tcp;

namespace {

fs::path temporary_directory() {
    auto pattern = (fs::temp_directory_path() / "market-server-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
        throw std::runtime_error(fmt::format("cannot make a directory like {}", pattern));
    return pattern;
}

asio::ssl::context showing(fs::path const& certificate, fs::path const& key, bool only_old_tls) {
    auto tls = asio::ssl::context(asio::ssl::context::tls_server);
    if (only_old_tls) {
        SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_VERSION);
        SSL_CTX_set_max_proto_version(tls.native_handle(), TLS1_1_VERSION);
        SSL_CTX_set_cipher_list(tls.native_handle(), "ALL:@SECLEVEL=0");
    }
    tls.use_certificate_chain_file(certificate.string());
    tls.use_private_key_file(key.string(), asio::ssl::context::pem);
    return tls;
}

/// Certificates in a directory given, or in one of their own that goes with them.
struct Kept {
    explicit Kept(std::optional<fs::path> const& given)
        : is_ours(!given), certificates(given ? *given : temporary_directory()) {}

    Kept(Kept const&) = delete;
    Kept& operator=(Kept const&) = delete;

    ~Kept() {
        std::error_code ignored;
        if (is_ours) fs::remove_all(certificates.directory, ignored);
    }

    bool is_ours;
    Certificates certificates;
};

} // namespace

struct MarketServer::Running {
    explicit Running(MarketServerOptions const& options)
        : state(options)
        , kept(options.certificates)
        , tls{context(Shown::good, options), context(Shown::expired, options),
              context(Shown::wrong_name, options), context(Shown::self_signed, options)}
        , acceptor(loop, {asio::ip::address_v4::loopback(), options.port})
        , port(acceptor.local_endpoint().port()) {
        connections.ended = [this] { state.disconnected(); };
        asio::co_spawn(loop, accept(*this), [](std::exception_ptr const& error) {
            if (error)
                std::rethrow_exception(
                    error); // ends the program: a test server that cannot accept is useless
        });
        thread = std::thread([this] { loop.run(); });
    }

    Running(Running const&) = delete;
    Running& operator=(Running const&) = delete;

    ~Running() {
        loop.stop();
        thread.join();
    }

    [[nodiscard]] asio::ssl::context context(Shown which,
                                             MarketServerOptions const& options) const {
        return showing(kept.certificates.file(which), kept.certificates.key(),
                       options.only_old_tls);
    }

    static asio::awaitable<void> accept(Running& running) {
        for (;;) {
            auto socket = co_await running.acceptor.async_accept(asio::use_awaitable);
            auto& tls = running.tls[static_cast<std::size_t>(running.state.shown())];
            // As servers do: or each answer on a kept connection waits 40 ms for an acknowledgement.
            socket.set_option(tcp::no_delay(true));
            running.state.connected();
            auto session = serve(std::move(socket), tls, running.state, running.connections);
            // Clients that refuse a certificate or leave early are what the tests are about:
            // nothing to report.
            asio::co_spawn(running.loop, std::move(session), [](std::exception_ptr const&) {});
        }
    }

    State state;
    Connections connections;
    Kept kept;
    std::array<asio::ssl::context, 4> tls; ///< by Shown
    asio::io_context loop{1};
    tcp::acceptor acceptor;
    unsigned short port;
    std::thread thread;
};

MarketServer::MarketServer(MarketServerOptions options)
    : running_(std::make_unique<Running>(options)) {}

MarketServer::~MarketServer() = default;

unsigned short MarketServer::port() const { return running_->port; }

std::string MarketServer::url(std::string_view target) const {
    return fmt::format("https://localhost:{}{}", port(), target);
}

fs::path MarketServer::ca_file() const { return running_->kept.certificates.ca(); }

Prices const& MarketServer::prices() const { return running_->state.prices; }

Day MarketServer::today() const { return running_->state.market().today(); }

void MarketServer::set_today(Day day) { running_->state.set_today(day); }

void MarketServer::add_split(std::string symbol, Day day, int numerator, int denominator) {
    running_->state.add_split({std::move(symbol), day, numerator, denominator});
}

void MarketServer::list_since(std::string symbol, Day day) {
    running_->state.list_since(std::move(symbol), day);
}

void MarketServer::misbehave(Misbehaviour misbehaviour) {
    running_->state.misbehave(std::move(misbehaviour));
}

void MarketServer::behave() { running_->state.behave(); }

void MarketServer::show(Shown certificate) { running_->state.show(certificate); }

std::vector<std::string> MarketServer::requests() const { return running_->state.requests(); }

int MarketServer::count(std::string_view target_prefix) const {
    return running_->state.count(target_prefix);
}

std::vector<std::optional<Misbehaviour>> MarketServer::faults() const {
    return running_->state.faults();
}

void MarketServer::forget_requests() { running_->state.forget_requests(); }

int MarketServer::connections() const { return running_->state.connections(); }

bool MarketServer::wait_for_open(int wanted, std::chrono::milliseconds limit) const {
    return running_->state.wait_for_open(wanted, limit);
}

void MarketServer::close_idle() {
    std::promise<void> done;
    asio::post(running_->loop, [&] {
        for (auto& one : running_->connections.all) {
            boost::system::error_code already_gone;
            one.leaves = true; // its client may have the answer before it waits again
            if (one.idle) one.socket->close(already_gone);
        }
        done.set_value();
    });
    done.get_future().wait();
}

bool MarketServer::wait_for(int wanted, std::string_view target_prefix,
                            std::chrono::milliseconds limit) const {
    return running_->state.wait_for(wanted, target_prefix, limit);
}

} // namespace portfoliod::test
