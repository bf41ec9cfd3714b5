#pragma once

#include <string_view>

/// What systemd is told over its notification socket; nothing happens when there is none.
namespace portfoliod::service {

void notify_ready(std::string_view status);
void notify_stopping(std::string_view status);

} // namespace portfoliod::service
