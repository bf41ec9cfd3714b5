#include "bench/bus.hpp"

#include "bench/books.hpp"
#include "bench/bulk.hpp"
#include "bench/latency.hpp"
#include "bench/machine.hpp"
#include "bench/writers.hpp"

#include <fmt/format.h>

namespace portfoliod::bench {

namespace {

struct Writers {
    double one, eight, thirty_two, hot;
    double backlog_s = 0; ///< after the thirty-two
};

void nothing_to_work_off(test::Database& /*database*/) {}

template <class WorkOff>
Writers measure(test::Cluster const& cluster, test::Database& database, std::chrono::seconds each,
                WorkOff work_off_after) {
    auto const run = [&](Spread spread, int clients) {
        return inserts_per_second(cluster, database, spread, clients,
                                  fmt::format("-T {}", each.count()));
    };
    Writers writers{};
    writers.one = run(Spread::uniform, 1);
    work_off_after(database);
    writers.eight = run(Spread::uniform, 8);
    work_off_after(database);
    writers.thirty_two = run(Spread::uniform, 32);
    auto const start = Clock::now();
    work_off_after(database);
    writers.backlog_s = since(start);
    writers.hot = run(Spread::one_position, 32);
    work_off_after(database);
    return writers;
}

Writers measure_plain(test::Cluster& cluster, std::chrono::seconds each,
                      void (*prepare)(test::Database&)) {
    test::Database database{cluster};
    add_portfolios(database);
    add_positions(database);
    prepare(database);
    return measure(cluster, database, each, nothing_to_work_off);
}

/// With the daemon draining; throws when anything is not right in the end.
Writers measure_ours(test::Cluster& cluster, test::MarketServer const& market,
                     std::chrono::seconds each, char const* doorbell) {
    constexpr auto backlog_limit_s = 120;
    test::Database database{cluster};
    add_portfolios(database);
    add_positions(database);
    test::Daemon daemon{database, market, quiet_schedule,
                        fmt::format("bus: {{doorbell: {}}}\n", doorbell)};
    daemon.start();
    work_off(database, backlog_limit_s);
    await_snapshots(database, backlog_limit_s);
    auto const writers =
        measure(cluster, database, each, [](test::Database& of) { work_off(of, backlog_limit_s); });
    require_all_right(daemon, database);
    daemon.stop();
    return writers;
}

void write_path(Report& report, test::Cluster& cluster, test::MarketServer const& market,
                BusOptions const& options) {
    constexpr auto first_designs_usual = Range{3800, 4200};
    constexpr auto no_triggers_usual = Range{12500, 12500};
    constexpr auto goal = 1.5;
    constexpr auto backlog_goal_s = 5;
    auto const each = options.write_path;
    auto const none = measure_plain(cluster, each, without_triggers);
    auto const first = measure_plain(cluster, each, with_first_designs_trigger);
    auto const ringing = measure_ours(cluster, market, each, "off");
    auto const ours = measure_ours(cluster, market, each, "auto");
    auto const add = [&](char const* what, double Writers::* which, bool judged) {
        auto const name = [&](char const* how) { return fmt::format("{}, {}", what, how); };
        Figure const no_trigger{name("no trigger"), none.*which, "/s"};
        Figure const reference{name("first design's trigger"), first.*which, "/s"};
        Figure figure{name("ours"), ours.*which, "/s", "first design's trigger", first.*which};
        if (judged) {
            auto const why = machine(cluster.folder());
            report.add_reference(no_trigger, no_triggers_usual, why);
            report.add_reference(reference, first_designs_usual, why);
            figure.goal = ">= 1.5 x";
            figure.met = figure.ratio() >= goal;
        } else {
            report.add(no_trigger);
            report.add(reference);
        }
        report.add({name("ours, always ringing"), ringing.*which, "/s", "first design's trigger",
                    first.*which});
        report.add(figure);
    };
    add("inserts, 1 client", &Writers::one, false);
    add("inserts, 8 clients", &Writers::eight, false);
    add("inserts, 32 clients", &Writers::thirty_two, true);
    report.add({"changes left by the 32 clients worked off after",
                ours.backlog_s,
                "s",
                {},
                {},
                "<= 5",
                ours.backlog_s <= backlog_goal_s});
    add("inserts into one position, 32 clients", &Writers::hot, false);
}

} // namespace

void bus(Report& report, BusOptions const& options) {
    auto cluster = test::Cluster::start(test::Durability::as_installed);
    test::MarketServer const market;
    latency(report, cluster, market, options.latencies);
    bulk(report, cluster, market);
    write_path(report, cluster, market, options);
}

} // namespace portfoliod::bench
