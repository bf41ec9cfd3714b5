#include "service/progress.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <unistd.h>

namespace portfoliod::service {

Progress::Progress() : terminal_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() { clear(); }

void Progress::say(std::string const& text) {
    if (!terminal_) return;
    shown_ = true;
    fmt::print(stderr, "\r\033[K{}", text);
    std::fflush(stderr);
}

void Progress::clear() {
    if (shown_) fmt::print(stderr, "\r\033[K");
    shown_ = false;
}

} // namespace portfoliod::service
