#pragma once

#include "db/failure.hpp"

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace portfoliod::db {

/// Ends a connection whose server owes an answer for too long. libpq waits for ever; the kernel ends
/// the wait for a peer that is gone, not for one that stands still, nor for a proxy that takes what we
/// send and forwards nothing. Shut down, the socket tells libpq that the connection is lost.
///
/// A thread that sleeps while nothing is owed, and wakes up once in the longest limit while answers
/// come in time. For this room's .cpp files.
class Watchdog {
  public:
    /// Of libpq's socket, which is closed after this is gone.
    explicit Watchdog(int socket);
    Watchdog(Watchdog const&) = delete;
    Watchdog& operator=(Watchdog const&) = delete;
    ~Watchdog();

    /// While it lives an answer is owed, at the latest after `limit`.
    class Wait {
      public:
        Wait(Watchdog& watchdog, std::chrono::milliseconds limit) : watchdog_(watchdog) {
            watchdog_.begin(limit);
        }

        Wait(Wait const&) = delete;
        Wait& operator=(Wait const&) = delete;

        ~Wait() { watchdog_.end(); }

      private:
        Watchdog& watchdog_;
    };

    /// Runs call(), which waits for the server; throws Error, and that is the connection lost when
    /// the limit was reached.
    template <class Call>
    auto within(std::chrono::milliseconds limit, Call call) -> decltype(call()) {
        auto const wait = Wait{*this, limit};
        try {
            return translating(call);
        } catch (Error const&) {
            if (!has_cut()) throw;
            // libpq would say that the server closed the connection, which it did not.
            throw Error{fmt::format("the server did not answer within {} s",
                                    std::chrono::duration<double>(limit).count()),
                        "", true};
        }
    }

  private:
    using Time = std::chrono::steady_clock::time_point;

    void begin(std::chrono::milliseconds limit);
    void end();
    [[nodiscard]] bool has_cut();
    void watch();

    int socket_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Time> due_;     ///< of the answer that is owed
    Time wakes_up_ = Time::max(); ///< when the thread looks next, without being told to
    bool cut_ = false;
    bool ending_ = false;
    std::thread thread_; ///< last: it uses all the others
};

} // namespace portfoliod::db
