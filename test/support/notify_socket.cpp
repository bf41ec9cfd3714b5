#include "support/notify_socket.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <cstring>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace portfoliod::test {

NotifySocket::NotifySocket(std::chrono::milliseconds watchdog)
    : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    auto pattern = (std::filesystem::temp_directory_path() / "portfoliod-notify.XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"cannot make " + pattern};
    folder_ = pattern;
    auto const path = (folder_ / "socket").string();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error{"cannot bind " + path};
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    if (watchdog.count() > 0)
        ::setenv("WATCHDOG_USEC",
                 fmt::format("{}", std::chrono::microseconds{watchdog}.count()).c_str(), 1);
}

NotifySocket::~NotifySocket() {
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
    ::close(socket_);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

bool NotifySocket::receive(std::chrono::milliseconds limit) {
    auto readable = pollfd{socket_, POLLIN, 0};
    if (::poll(&readable, 1, static_cast<int>(limit.count())) <= 0) return false;
    char message[4096];
    auto const size = ::recv(socket_, message, sizeof message, 0);
    if (size > 0) heard_.emplace_back(message, static_cast<std::size_t>(size));
    return size > 0;
}

std::string NotifySocket::wait_for(std::string const& text, std::chrono::milliseconds limit) {
    auto const deadline = std::chrono::steady_clock::now() + limit;
    for (;;) {
        for (; next_ < heard_.size(); ++next_)
            if (heard_[next_].find(text) != std::string::npos) return heard_[next_++];
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0 || !receive(left)) break;
    }
    FAIL("systemd never heard '", text,
         "'; it heard: ", fmt::format("{}", fmt::join(heard_, " | ")));
    return "";
}

std::vector<std::string> const& NotifySocket::heard() {
    while (receive(std::chrono::milliseconds{0})) {
    }
    return heard_;
}

} // namespace portfoliod::test
