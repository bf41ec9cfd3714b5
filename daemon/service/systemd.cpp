#include "service/systemd.hpp"

#include "base/secrets.hpp"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <ctime>

namespace portfoliod::service {

namespace {

void notify(std::string const& words) { sd_notify(0, words.c_str()); }

} // namespace

void notify_ready() { notify("READY=1"); }

void notify_status(std::string_view status) {
    notify(fmt::format("STATUS={}", without_secrets(status)));
}

void notify_alive() { notify("WATCHDOG=1"); }

void notify_starting(std::chrono::seconds time) {
    notify(fmt::format("EXTEND_TIMEOUT_USEC={}", std::chrono::microseconds{time}.count()));
}

void notify_reloading() {
    // systemd tells this reload from an earlier one by the time.
    struct timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    notify(fmt::format("RELOADING=1\nMONOTONIC_USEC={}",
                       static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000));
}

void notify_stopping() { notify("STOPPING=1\nSTATUS=stopping"); }

std::optional<std::chrono::milliseconds> watchdog_time() {
    std::uint64_t microseconds = 0;
    if (sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
    return std::chrono::floor<std::chrono::milliseconds>(
        std::chrono::microseconds{static_cast<std::int64_t>(microseconds)});
}

} // namespace portfoliod::service
