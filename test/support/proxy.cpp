#include "support/proxy.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace portfoliod::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using local = asio::local::stream_protocol;
using boost::system::error_code;

namespace {

/// One connection, from the client's side to the server's. Everything on the proxy's thread.
class Wire : public std::enable_shared_from_this<Wire> {
  public:
    Wire(tcp::socket client, asio::io_context& loop) : client_(std::move(client)), server_(loop) {}

    void begin(local::endpoint const& server, std::optional<std::string> const& cut_if_named) {
        cut_if_named_ = cut_if_named;
        error_code refused;
        server_.connect(server, refused);
        if (refused) return close();
        forward(client_, server_, upward_);
        forward(server_, client_, downward_);
    }

    /// What libpq said first has the name in it.
    [[nodiscard]] bool is_of(std::string_view application_name) const {
        return first_words_.find(application_name) != std::string::npos;
    }

    [[nodiscard]] bool is_open() const { return !cut_ && server_.is_open(); }

    void cut() { cut_ = true; }

    void tell_server() {
        error_code ignored;
        if (cut_) server_.close(ignored);
    }

  private:
    using Buffer = std::array<char, 16384>;

    template <class From, class To>
    void forward(From& from, To& to, Buffer& buffer) {
        from.async_read_some(asio::buffer(buffer), [self = shared_from_this(), &from, &to,
                                                    &buffer](error_code error, std::size_t size) {
            if (self->cut_) return; // swallowed, and nothing is read any more
            if (error) return self->close();
            if (self->first_words_.empty()) {
                self->first_words_.assign(buffer.data(), size);
                if (self->cut_if_named_ && self->is_of(*self->cut_if_named_)) return self->cut();
            }
            asio::async_write(to, asio::buffer(buffer.data(), size),
                              [self, &from, &to, &buffer](error_code write_error, std::size_t) {
                                  if (self->cut_) return;
                                  if (write_error) return self->close();
                                  self->forward(from, to, buffer);
                              });
        });
    }

    void close() {
        error_code ignored;
        client_.close(ignored);
        server_.close(ignored);
    }

    tcp::socket client_;
    local::socket server_;
    Buffer upward_{};
    Buffer downward_{};
    std::string first_words_;
    std::optional<std::string> cut_if_named_;
    bool cut_ = false;
};

} // namespace

struct Proxy::Running {
    explicit Running(Database const& database)
        : name(database.name())
        , server((database.cluster().folder() / ".s.PGSQL.5432").string())
        , acceptor(loop, {asio::ip::address_v4::loopback(), 0})
        , port(acceptor.local_endpoint().port()) {
        accept();
        thread = std::thread{[this] { loop.run(); }};
    }

    Running(Running const&) = delete;
    Running& operator=(Running const&) = delete;

    ~Running() {
        loop.stop();
        thread.join();
    }

    void accept() {
        acceptor.async_accept([this](error_code error, tcp::socket client) {
            if (error) throw boost::system::system_error{error};
            wires.push_back(std::make_shared<Wire>(std::move(client), loop));
            wires.back()->begin(server, cut_if_named);
            accept();
        });
    }

    /// Calls it on the proxy's thread, and returns when it is done.
    template <class Call>
    auto run(Call call) {
        return asio::post(loop, asio::use_future(call)).get();
    }

    std::string name;
    local::endpoint server;
    asio::io_context loop{1};
    tcp::acceptor acceptor;
    unsigned short port;
    std::vector<std::shared_ptr<Wire>> wires; ///< also those that ended: a test makes a few
    std::optional<std::string> cut_if_named;  ///< of those to come
    std::thread thread;
};

Proxy::Proxy(Database const& database) : running_(std::make_unique<Running>(database)) {}

Proxy::~Proxy() = default;

std::string Proxy::url() const {
    return fmt::format("host=127.0.0.1 port={} user=postgres dbname={} sslmode=disable "
                       "gssencmode=disable",
                       running_->port, running_->name);
}

int Proxy::cut(std::string_view application_name) {
    return running_->run([this, application_name] {
        running_->cut_if_named = application_name;
        auto count = 0;
        for (auto const& wire : running_->wires) {
            if (!wire->is_open() || !wire->is_of(application_name)) continue;
            wire->cut();
            ++count;
        }
        return count;
    });
}

void Proxy::mend() {
    running_->run([this] { running_->cut_if_named.reset(); });
}

void Proxy::tell_server() {
    running_->run([this] {
        for (auto const& wire : running_->wires) wire->tell_server();
    });
}

} // namespace portfoliod::test
