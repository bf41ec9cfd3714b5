#include "support/market_server/market_server.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <fstream>

using namespace portfoliod;

namespace {

/// Appears whole or not at all, so that a script may wait for it.
void write_port(std::filesystem::path const& file, unsigned short port) {
    auto unfinished = file;
    unfinished += ".unfinished";
    std::ofstream(unfinished) << port << '\n';
    std::filesystem::rename(unfinished, file);
}

int run(int argc, char** argv) {
    CLI::App app("Stands in for Yahoo, Coinbase and the ECB over TLS on 127.0.0.1, with made-up "
                 "prices that are the same "
                 "at each run (test/support/market_server/prices.hpp), until SIGINT or SIGTERM. "
                 "/control/... makes it misbehave and tells what was asked for (control.cpp).",
                 "market-server");
    test::MarketServerOptions options;
    std::string port_file;
    std::string certificates;
    std::string today;
    app.add_option("--port", options.port, "port to listen on; any free one by default");
    app.add_option("--port-file", port_file, "is written with the port once it listens");
    app.add_option("--certificates", certificates,
                   "directory for ca.pem, server.pem, server.key, expired.pem, wrong_name.pem, "
                   "self_signed.pem, made anew at each start");
    app.add_option("--seed", options.seed, "another seed gives other prices");
    app.add_option("--today", today, "YYYY-MM-DD: it is 18:00 UTC of this day")
        ->check([](std::string const& text) {
            return parse_day(text) ? "" : "must be a day such as 2026-11-24";
        });
    app.add_option("--replay", options.replay,
                   "recorded answers, repeatable: DIR (files named like a path's last segment, "
                   "with or without "
                   ".json .csv .txt .html), SYMBOL=FILE or /PATH_PREFIX=FILE; FILE@STATUS for "
                   "another status than 200")
        ->expected(1)
        ->take_all();
    app.add_flag("--only-old-tls", options.only_old_tls, "speak TLS 1.0 and 1.1 only");
    CLI11_PARSE(app, argc, argv);
    if (!certificates.empty()) options.certificates = certificates;
    if (!today.empty()) options.today = parse_day(today);

    // Before the server's thread starts, which inherits the mask: the signals wait for sigwait
    // alone.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);

    test::MarketServer const server(options);
    fmt::print("listening on {}, CA in {}\n", server.url(), server.ca_file().string());
    std::fflush(stdout);
    if (!port_file.empty()) write_port(port_file, server.port());
    int received = 0;
    sigwait(&signals, &received);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (std::exception const& error) {
        fmt::print(stderr, "market-server: {}\n", error.what());
        return 1;
    }
}
