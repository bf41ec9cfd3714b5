#include "bench/machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <stdexcept>
#include <thread>
#include <unistd.h>

namespace portfoliod::bench {

namespace {

/// The median of a few, in milliseconds: a page of the write-ahead log written and flushed.
double flush_ms(std::filesystem::path const& folder) {
    auto const file = (folder / "flush").string();
    auto const descriptor = ::open(file.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    if (descriptor < 0) throw std::runtime_error{"cannot write " + file};
    std::array<char, 8192> const page{};
    std::array<double, 31> times{};
    for (auto& time : times) {
        auto const start = std::chrono::steady_clock::now();
        if (::pwrite(descriptor, page.data(), page.size(), 0) < 0 || ::fdatasync(descriptor) != 0)
            throw std::runtime_error{"cannot write " + file};
        time = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
                   .count();
    }
    ::close(descriptor);
    std::filesystem::remove(file);
    std::ranges::sort(times);
    return times[times.size() / 2];
}

} // namespace

std::string machine(std::filesystem::path const& folder) {
    double load = 0;
    ::getloadavg(&load, 1);
    return fmt::format("here are {} processors, a load of {:.1f}, and {:.2f} ms for a flush",
                       std::thread::hardware_concurrency(), load, flush_ms(folder));
}

} // namespace portfoliod::bench
