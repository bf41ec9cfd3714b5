#include "market/load_calendar.hpp"
#include "schedule/rota.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

using namespace portfoliod;
using namespace portfoliod::schedule;
using namespace std::chrono_literals;

namespace {

Instant at(char const* text) { return parse_instant(text).value(); }

Trading const traded{true, {}, {}};

/// Assets of one provider, looked at in steps of the time; every turn is answered at once.
struct Simulation {
    Rota rota;
    std::vector<Listed> all;
    std::map<int, std::vector<Instant>> asked; ///< asset → when
    std::vector<Instant> requests;
    std::size_t most_at_once = 0;
    std::set<std::chrono::milliseconds> intervals;

    explicit Simulation(std::chrono::milliseconds interval) : rota(interval) {}

    void add(int count, market::QuotePace const& pace, Trading const& trading = traded) {
        for (auto i = 0; i < count; ++i)
            all.push_back({{static_cast<int>(all.size()) + 1, "X", "stock", "NYSE", "USD"},
                           pace,
                           trading,
                           {}});
    }

    void look(Instant now) {
        for (auto const& turn : rota.take_turns(all, now)) {
            intervals.insert(turn.interval);
            auto const together = static_cast<std::size_t>(all.front().pace.together_max);
            most_at_once = std::max(most_at_once, turn.assets.size());
            requests.insert(requests.end(), (turn.assets.size() + together - 1) / together, now);
            for (auto const& asset : turn.assets) {
                asked[asset.id].push_back(now);
                all[static_cast<std::size_t>(asset.id) - 1].asked = now;
            }
        }
    }

    void run(Instant from, Instant to, std::chrono::seconds step) {
        for (auto now = from; now < to; now += step) look(now);
    }

    /// While the calendar's hours change.
    void run(market::Calendar const& calendar, Instant from, Instant to,
             std::chrono::seconds step) {
        for (auto now = from; now < to; now += step) {
            for (auto& one : all) one.trading = trading_at(calendar, now);
            look(now);
        }
    }

    /// The most requests in any window of that length.
    [[nodiscard]] std::size_t most_within(std::chrono::microseconds window) const {
        std::size_t most = 0;
        for (auto first = requests.begin(); first != requests.end(); ++first)
            most = std::max(most,
                            static_cast<std::size_t>(
                                std::lower_bound(first, requests.end(), *first + window) - first));
        return most;
    }

    /// The longest and the shortest time between two quotes of one asset.
    [[nodiscard]] std::pair<std::chrono::seconds, std::chrono::seconds> distances() const {
        std::pair<std::chrono::seconds, std::chrono::seconds> found{0s, 1000h};
        for (auto const& [id, times] : asked)
            for (std::size_t i = 1; i < times.size(); ++i) {
                auto const distance =
                    std::chrono::duration_cast<std::chrono::seconds>(times[i] - times[i - 1]);
                found = {std::max(found.first, distance), std::min(found.second, distance)};
            }
        return found;
    }
};

market::Calendar shipped(char const* name) {
    return market::load_calendar(std::filesystem::path{PROJECT_DIR "/conf/calendars"} /
                                 (std::string{name} + ".yaml"));
}

auto const start = at("2026-11-24 15:00:00");

} // namespace

TEST_CASE("each asset has its turn once in the interval, and the turns are spread evenly") {
    Simulation simulation{5min};
    simulation.add(100, {"yahoo", 0ms});
    simulation.run(start, start + 1h, 15s);
    CHECK(simulation.asked.size() == 100);
    CHECK(simulation.requests.size() >= 1180);
    CHECK(simulation.requests.size() <= 1200);
    CHECK(simulation.most_at_once <= 6); // 5 in each look would be perfectly even
    auto const [longest, shortest] = simulation.distances();
    CHECK(longest <= 5min + 15s);
    CHECK(shortest >= 5min - 15s);
}

TEST_CASE("no more is asked than the provider's pace allows: the interval stretches") {
    Simulation simulation{5min};
    simulation.add(200, {"yahoo", 4s}); // 800 s for all of them
    simulation.run(start, start + 2h, 15s);
    CHECK(simulation.intervals == std::set<std::chrono::milliseconds>{800s});
    CHECK(simulation.requests.size() >= 7185 / 4);
    CHECK(simulation.requests.size() <= 7200 / 4 + 1);
    CHECK(simulation.most_within(1min) <= 15 + 3); // a look's worth more at most
    auto const [longest, shortest] = simulation.distances();
    CHECK(longest <= 815s);
    CHECK(shortest >= 785s);
}

TEST_CASE("twenty-five requests a day are shared by ten assets around the clock") {
    Simulation simulation{5min};
    simulation.add(10, {"alphavantage", 2 * 3456s});
    simulation.run(start, start + 72h, 15s);
    CHECK(simulation.most_within(24h) <= 13);
    CHECK(simulation.requests.size() >= 36);
    CHECK(simulation.asked.size() == 10);
}

TEST_CASE("a slow provider's pace does not slow another's quotes") {
    Simulation simulation{5min};
    simulation.add(10, {"slow", 1h});
    simulation.add(10, {"quick", 0ms});
    simulation.run(start, start + 1h, 15s);
    CHECK(simulation.asked[15].size() == 12);
    CHECK(simulation.asked[5].size() <= 1);
}

TEST_CASE("assets that one request asks for together share its place") {
    Simulation simulation{5min};
    simulation.add(250, {"kraken", 10s, 100});
    simulation.run(start, start + 1h, 15s);
    CHECK(simulation.requests.size() >= 36);
    CHECK(simulation.requests.size() <= 37);
    CHECK(simulation.most_at_once == 100);
    CHECK(simulation.asked.size() == 250);
}

TEST_CASE(
    "a day of trading: quotes from the opening to the close, one more when prices are final") {
    auto const xnys = shipped("XNYS");
    Simulation simulation{5min};
    simulation.add(20, {"yahoo", 0ms});
    for (auto& one : simulation.all) one.asked = at("2026-11-23 22:00:00");
    simulation.run(xnys, at("2026-11-24 00:00:00"), at("2026-11-25 14:00:00"), 15s);
    auto const in = [&](char const* from, char const* to) {
        return std::ranges::count_if(
            simulation.requests, [&](Instant when) { return at(from) <= when && when < at(to); });
    };
    CHECK(in("2026-11-24 00:00:00", "2026-11-24 14:30:00") == 0);
    CHECK(in("2026-11-24 14:30:00", "2026-11-24 21:00:00") >= 20 * 77);
    CHECK(in("2026-11-24 14:30:00", "2026-11-24 21:00:00") <= 20 * 78);
    CHECK(in("2026-11-24 21:00:00", "2026-11-24 21:20:00") == 0);
    CHECK(in("2026-11-24 21:20:00", "2026-11-24 21:25:30") == 20); // spread over the interval too
    CHECK(in("2026-11-24 21:25:30", "2026-11-25 14:00:00") == 0);
    for (auto const& [id, times] : simulation.asked) CHECK(times.size() <= 79);
}

TEST_CASE("what was never asked for is asked for on a weekend, once") {
    Simulation simulation{5min};
    simulation.add(2, {"yahoo", 0ms});
    simulation.all[1].asked = at("2026-11-27 18:30:00"); // after Friday's early close
    simulation.run(shipped("XNYS"), at("2026-11-28 12:00:00"), at("2026-11-29 12:00:00"), 60s);
    CHECK(simulation.asked[1].size() == 1);
    CHECK(simulation.asked[2].empty());
}

TEST_CASE("a day's last quote that failed is asked for again, for an hour") {
    auto const final_at = at("2026-11-24 21:20:00");
    Listed one{{1, "X", "stock", "NYSE", "USD"}, {"yahoo"}, {false, final_at, {}}, final_at + 1s};
    CHECK(!Rota::wanted(one, final_at + 10min));
    one.failed = true;
    CHECK(Rota::wanted(one, final_at + 10min));
    CHECK(!Rota::wanted(one, final_at + 61min));
    Rota rota{5min};
    CHECK(rota.take_turns({one}, final_at + 61s).empty()); // not before its turn
    CHECK(rota.take_turns({one}, final_at + 6min).size() == 1);
}

TEST_CASE("a clock that is set back does not silence quotes") {
    Simulation simulation{5min};
    simulation.add(10, {"yahoo", 0ms});
    simulation.run(start, start + 30min, 15s);
    auto const before = simulation.requests.size();
    simulation.run(start - 24h, start - 23h, 15s);
    CHECK(simulation.requests.size() >= before + 110);
    CHECK(simulation.requests.size() <= before + 131);
}
