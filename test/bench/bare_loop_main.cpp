// The bare loop as a program of its own, as somebody would write it who needs no more: what the daemon at rest is measured beside.
#include "bench/bare_loop.hpp"

#include <fmt/format.h>

#include <exception>
#include <unistd.h>

/// Until its input ends.
int main(int argc, char** argv) try {
    if (argc != 2) return 2;
    portfoliod::bench::BareLoop const loop{argv[1], true};
    char byte = 0;
    while (::read(STDIN_FILENO, &byte, 1) > 0) {
    }
} catch (std::exception const& e) {

    fmt::print(stderr, "bare loop: {}\n", e.what());
    return 1;
}
