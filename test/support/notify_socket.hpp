#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace portfoliod::test {

/// What systemd would hear: the notification socket of every daemon that is started while this lives.
class NotifySocket {
  public:
    /// watchdog: WatchdogSec of the unit; 0 = none.
    explicit NotifySocket(std::chrono::milliseconds watchdog = std::chrono::milliseconds{0});
    NotifySocket(NotifySocket const&) = delete;
    NotifySocket& operator=(NotifySocket const&) = delete;
    ~NotifySocket();

    /// Waits for a message that holds this, among those behind the one waited for last, and returns it;
    /// fails the test after the limit.
    std::string wait_for(std::string const& text,
                         std::chrono::milliseconds limit = std::chrono::seconds{30});
    /// All that was heard so far.
    [[nodiscard]] std::vector<std::string> const& heard();

  private:
    bool receive(std::chrono::milliseconds limit);

    std::filesystem::path folder_;
    int socket_;
    std::vector<std::string> heard_;
    std::size_t next_ = 0; ///< of heard_, where the next wait begins
};

} // namespace portfoliod::test
