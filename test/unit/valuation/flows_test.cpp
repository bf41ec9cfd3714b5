#include "unit/valuation/portfolio.hpp"

#include <algorithm>

using namespace portfoliod::valuation;
using namespace portfoliod::valuation::test;

namespace {

auto const today = day("2024-12-31");

Ledger replayed(std::vector<Trade> const& trades, std::vector<Checkpoint> const& openings = {}) {
    return replay(trades, {}, today, openings);
}

std::string written(std::vector<CashFlow> const& flows) {
    std::string text;
    for (auto const& flow : flows)
        text += portfoliod::to_text(flow.day) + " " + std::to_string(flow.usd) + "; ";
    return text;
}

std::vector<Trade> const trades{
    buy("2024-03-01 09:00:00", {"10", "100", "5", "1.5"}),
    buy("2024-03-01 10:00:00", {"1", "10"}),
    sell("2024-03-01 11:00:00", {"2", "20", "1"}),
    sell("2024-04-01", {"4", "120", "2", "1.25"}),
    buy("2024-03-01", {"1", "7", "0", "1", 2}),
    buy("2024-02-01", {"1", "9", "0", "1", 2}),
};

} // namespace

TEST_CASE("a position's flows are one a day, buys as paid and sales as received") {
    auto const ledger = replayed(trades);
    CHECK(written(ledger.find(1)->flows) == "2024-03-01 1478.500000; 2024-04-01 -597.500000; ");
    CHECK(written(ledger.find(2)->flows) == "2024-02-01 9.000000; 2024-03-01 7.000000; ");
}

TEST_CASE("the portfolio's flows are those of its positions, one a day by day") {
    CHECK(written(replayed(trades).flows) ==
          "2024-02-01 9.000000; 2024-03-01 1485.500000; 2024-04-01 -597.500000; ");
    CHECK(replayed({}).flows.empty());
}

TEST_CASE("a trade without a rate is no flow, and its day's flows are incomplete") {
    auto const ledger =
        replayed({buy("2024-12-30", {"1", "10"}), buy("2024-12-31", {"1", "20", "0", ""}),
                  buy("2024-12-31", {"1", "30"})});
    CHECK(written(ledger.flows) == "2024-12-30 10.000000; 2024-12-31 30.000000; ");
    auto const of_today = ledger.flows_after(day("2024-12-30"));
    CHECK(plain(of_today.inflow) == "30");
    CHECK_FALSE(of_today.complete);
    CHECK(ledger.find(1)->recent.front().flows.complete);
}

TEST_CASE(
    "the exact flows of today and tomorrow are at hand, those of earlier days are not counted") {
    auto const ledger =
        replayed({buy("2024-12-29", {"1", "1"}), buy("2024-12-30", {"1", "2"}),
                  buy("2024-12-31", {"1", "4", "0.5"}), sell("2024-12-31", {"1", "8", "0.5"}),
                  buy("2025-01-01", {"1", "16"}), buy("2024-12-31", {"1", "32", "0", "1", 2}),
                  buy("2024-06-01", {"1", "64", "0", "1", 3})});
    auto const flows = ledger.flows_after(day("2024-12-30"));
    CHECK(plain(flows.inflow) == "52.5");
    CHECK(plain(flows.outflow) == "7.5");
    CHECK(flows.complete);
    for (auto const& position : ledger.positions)
        CHECK(position.recent.size() <= Position::recent_days_max);
}

TEST_CASE("a replay that goes on within a day gives the same flows as one of all trades") {
    std::vector const day_of_trades{buy("2024-03-01 09:00:00", {"3", "0.1", "0.07", "1.1"}),
                                    buy("2024-03-01 10:00:00", {"1", "0.2", "0.01", "1.3"}),
                                    sell("2024-03-01 11:00:00", {"2", "0.7", "0.03", "1.7"}),
                                    buy("2024-03-02 10:00:00", {"1", "0.3", "0.01", "1.3"})};
    auto const whole = replayed(day_of_trades);
    std::vector<Checkpoint> checkpoints;
    for (auto const& trade : day_of_trades) {
        auto const ledger = replayed({trade}, checkpoints);
        checkpoints = ledger.checkpoints;
        if (&trade != &day_of_trades.back()) continue;
        REQUIRE(ledger.flows.size() == whole.flows.size());
        for (std::size_t i = 0; i < whole.flows.size(); ++i) {
            CHECK(ledger.flows[i].day == whole.flows[i].day);
            CHECK(ledger.flows[i].usd == whole.flows[i].usd); // to the last bit
        }
        auto const flows = ledger.flows_after(day("2024-02-29"));
        CHECK(flows.inflow == whole.flows_after(day("2024-02-29")).inflow);
        CHECK(flows.outflow == whole.flows_after(day("2024-02-29")).outflow);
    }
}
