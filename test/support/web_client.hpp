#pragma once

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <cstdlib>
#include <string>

namespace portfoliod::test {

/// One connection to a web server of this machine; blocks, and is cut when the server ends it.
class WebClient {
  public:
    explicit WebClient(unsigned short port) : socket_(loop_) {
        socket_.connect({boost::asio::ip::address_v4::loopback(), port});
    }

    void send(std::string const& text) {
        boost::system::error_code closed;
        boost::asio::write(socket_, boost::asio::buffer(text), closed);
    }

    /// Everything until the server closes.
    std::string rest() {
        std::string text;
        boost::system::error_code closed;
        boost::asio::read(socket_, boost::asio::dynamic_buffer(text), closed);
        return text;
    }

  private:
    boost::asio::io_context loop_;
    boost::asio::ip::tcp::socket socket_;
};

struct WebAnswer {
    int status = 0;
    std::string head;
    std::string body;
};

inline WebAnswer parse_answer(std::string const& text) {
    auto const end = text.find("\r\n\r\n");
    if (end == std::string::npos) return {0, text, ""};
    return {std::atoi(text.substr(9, 3).c_str()), text.substr(0, end), text.substr(end + 4)};
}

inline WebAnswer web_get(unsigned short port, std::string const& path) {
    WebClient client{port};
    client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return parse_answer(client.rest());
}

} // namespace portfoliod::test
