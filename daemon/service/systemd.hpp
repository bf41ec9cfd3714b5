#pragma once

#include <chrono>
#include <optional>
#include <string_view>

/// What systemd is told over its notification socket; nothing happens when there is none.
namespace portfoliod::service {

void notify_ready();
/// The line that `systemctl status` shows.
void notify_status(std::string_view status);
/// To be said within watchdog_time(), or systemd takes the service for stuck.
void notify_alive();
/// Not ready yet, and no reason to give up: within `time` there is another word.
void notify_starting(std::chrono::seconds time);
void notify_reloading();
void notify_stopping();

/// WatchdogSec of the unit; nothing: it has none.
std::optional<std::chrono::milliseconds> watchdog_time();

} // namespace portfoliod::service
