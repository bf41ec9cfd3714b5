#include "service/systemd.hpp"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

namespace portfoliod::service {

void notify_ready(std::string_view status) {
    sd_notify(0, fmt::format("READY=1\nSTATUS={}", status).c_str());
}

void notify_stopping(std::string_view status) {
    sd_notify(0, fmt::format("STOPPING=1\nSTATUS={}", status).c_str());
}

} // namespace portfoliod::service
