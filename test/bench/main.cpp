// Measures the program beside references of the same run; see ./bench.
#include "bench/bus.hpp"
#include "bench/market.hpp"
#include "bench/rest.hpp"
#include "bench/valuation.hpp"

#include <CLI/CLI.hpp>
#define DOCTEST_CONFIG_IMPLEMENT // the tests' daemon reports through it
#include <doctest/doctest.h>
#include <fmt/format.h>

int main(int argc, char** argv) {
    using namespace portfoliod;
    CLI::App app{"measures portfoliod; each figure with its reference"};
    app.require_subcommand(0, 1);
    app.fallthrough();
    std::string json;
    auto seconds = 30;
    bench::BusOptions options;
    app.add_option("--json", json, "write the figures to this file");
    app.add_option("--seconds", seconds, "each run of the write path; 30");
    app.add_option("--inserts", options.latencies, "inserts whose announcement is timed; 5000");
    auto const* const bus = app.add_subcommand("bus", "writers, latency, bulk, memory");
    auto const* const market =
        app.add_subcommand("market", "history, reading, limits kept while providers fail");
    auto const* const valuation = app.add_subcommand(
        "valuation", "days computed and stored, midnight, all caches, a trade of long ago");
    auto const* const rest =
        app.add_subcommand("rest", "memory and wake-ups while nothing happens");
    CLI11_PARSE(app, argc, argv);
    options.write_path = std::chrono::seconds{seconds};
    try {
        bench::Report report;
        auto const all = app.get_subcommands().empty();
        if (all || bus->parsed()) bench::bus(report, options);
        if (all || market->parsed()) bench::market(report);
        if (all || valuation->parsed()) bench::valuation(report);
        if (all || rest->parsed()) bench::rest(report);
        if (!json.empty()) report.write_json(json);
    } catch (std::exception const& e) {
        fmt::print(stderr, "bench: {}\n", e.what());
        return 1;
    }
    return 0;
}
