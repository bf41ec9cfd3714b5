// What providers cost, one function a figure.
#include "bench/market.hpp"

#include "bench/backfill.hpp"
#include "market/budgets.hpp"
#include "support/throttled_market.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace portfoliod::bench {

namespace {

constexpr int seeds = 20;
constexpr double time_ratio_max = 1.1;

/// 200 assets from a provider that allows 60 requests a minute and answers 5 % of them badly, for twenty throws of its dice.
void limited(Report& report) {
    std::vector<test::ThrottledRun> runs;
    for (auto seed = 1; seed <= seeds; ++seed)
        runs.push_back(test::run({.seed = static_cast<std::uint64_t>(seed)}));
    std::ranges::sort(runs, {}, &test::ThrottledRun::took);
    auto const seconds = [](std::chrono::milliseconds time) {
        return std::chrono::duration<double>(time).count();
    };
    auto completed = 200;
    auto most = 0;
    auto in_a_pause = 0;
    auto bad = 0;
    auto requests = 0;
    for (auto const& run : runs) {
        completed = std::min(completed, run.completed);
        most = std::max(most, run.most_in_a_minute);
        in_a_pause += run.in_a_pause;
        bad += run.bad;
        requests += run.requests;
    }
    auto const dictated = seconds(runs.front().dictated);
    auto const time = [&](std::string const& name, test::ThrottledRun const& run) {
        auto const took = seconds(run.took);
        report.add({name, took, "s", "the limit's", dictated, "<= 1.1 x",
                    took <= time_ratio_max * dictated});
    };
    fmt::print("200 assets at 60 requests/min, 5 % of answers 429, 500 or cut; simulated clock, {} "
               "runs, {} of {} answers bad\n",
               seeds, bad, requests);
    // Each stored window counts longer than it is: by its hundred-and-twenty-eighth (charge_provider), and by as long as a charged
    // request may still be sent. The rest is what failed last, tried again, and the pace halved by each 429.
    constexpr auto window = std::chrono::milliseconds{std::chrono::minutes{1}};
    auto const margins =
        dictated / seconds(window) * seconds(window / 128 + market::stored_permit_valid(window));
    auto const& slowest = runs.back();
    fmt::print("{:.1f} s of each run are the stored budget's margins; the slowest run: {} of {} "
               "answers bad, {} of them 429; the quickest: {} of {}, {}\n",
               margins, slowest.bad, slowest.requests, slowest.too_many, runs.front().bad,
               runs.front().requests, runs.front().too_many);
    report.add({"assets completed, the fewest of a run",
                static_cast<double>(completed),
                "assets",
                {},
                {},
                "all 200",
                completed == 200});
    time("time, median run", runs[runs.size() / 2]);
    time("time, slowest run", runs.back());
    report.add({"requests in any 60 s, the most of a run", static_cast<double>(most), "requests",
                "the limit", 60, "<= the limit", most <= 60});
    report.add({"requests while a Retry-After ran, all runs",
                static_cast<double>(in_a_pause),
                "requests",
                {},
                {},
                "none",
                in_a_pause == 0});
}

} // namespace

void market(Report& report) {
    reading(report);
    backfill(report);
    limited(report);
}

} // namespace portfoliod::bench
