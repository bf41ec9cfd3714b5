#include "support/terminal.hpp"

#include <array>
#include <csignal>
#include <poll.h>
#include <pty.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace portfoliod::test {

namespace {

constexpr int silence_max_ms = 60'000;

/// Until the other side is gone, which a terminal reports as an error.
std::string read_all(int terminal) {
    std::string text;
    std::array<char, 4096> buffer{};
    for (;;) {
        auto readable = pollfd{terminal, POLLIN, 0};
        if (::poll(&readable, 1, silence_max_ms) == 0)
            throw std::runtime_error{"nothing more was said after: " + text};
        auto const size = ::read(terminal, buffer.data(), buffer.size());
        if (size <= 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(size));
    }
}

} // namespace

TerminalRun run_on_terminal(std::string const& command) {
    auto terminal = -1;
    auto const child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
    if (child < 0) throw std::runtime_error{"there is no terminal to be had"};
    if (child == 0) {
        ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
        ::_exit(127);
    }
    TerminalRun run;
    try {
        run.text = read_all(terminal);
    } catch (std::exception const&) {
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        ::close(terminal);
        throw;
    }
    auto status = 0;
    ::waitpid(child, &status, 0);
    ::close(terminal);
    run.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return run;
}

} // namespace portfoliod::test
