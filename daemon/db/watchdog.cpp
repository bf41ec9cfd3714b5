#include "db/watchdog.hpp"

#include <sys/socket.h>

namespace portfoliod::db {

Watchdog::Watchdog(int socket) : socket_(socket), thread_([this] { watch(); }) {}

Watchdog::~Watchdog() {
    {
        auto const lock = std::lock_guard{mutex_};
        ending_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void Watchdog::begin(std::chrono::milliseconds limit) {
    auto too_late = false;
    {
        auto const lock = std::lock_guard{mutex_};
        due_ = std::chrono::steady_clock::now() + limit;
        too_late = *due_ < wakes_up_;
    }
    // Woken up for the first of many questions only: the thread finds the next one's time by itself.
    if (too_late) changed_.notify_one();
}

void Watchdog::end() {
    auto const lock = std::lock_guard{mutex_};
    due_.reset();
}

bool Watchdog::has_cut() {
    auto const lock = std::lock_guard{mutex_};
    return cut_;
}

void Watchdog::watch() {
    auto lock = std::unique_lock{mutex_};
    while (!ending_) {
        if (due_ && *due_ <= std::chrono::steady_clock::now()) {
            cut_ = true;
            due_.reset();
            ::shutdown(socket_, SHUT_RDWR);
        }
        wakes_up_ = due_.value_or(Time::max());
        if (due_)
            changed_.wait_until(lock, wakes_up_);
        else
            changed_.wait(lock);
    }
}

} // namespace portfoliod::db
