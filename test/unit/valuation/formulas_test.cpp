#include "unit/valuation/days.hpp"

/// The worked example of docs/FORMULAS.md, figure by figure as it stands there.
using namespace portfoliod::valuation;
using namespace portfoliod::valuation::test;

namespace {

constexpr int alfa = 1;
constexpr int beta = 2;

std::vector<Trade> const trades{
    buy("2024-01-10", {"10", "100", "5", "1", alfa}),
    buy("2024-02-01", {"8", "50", "2", "1.08", beta}),
    buy("2024-03-15", {"10", "130", "5", "1", alfa}),
    sell("2024-09-20", {"15", "80", "3", "1", alfa}),
    sell("2024-11-04", {"3", "60", "2", "1.09", beta}),
};

std::vector<Split> const splits{split("2024-06-10", "2", "1", alfa)};

std::vector<Holding> const holdings{
    holding("25", close("90", "2024-12-30"), alfa),
    foreign(holding("5", {}, beta), "1.04", "2024-12-31"),
};

auto const today = day("2024-12-31");

} // namespace

TEST_CASE("FORMULAS.md: the cost left in each position of the example") {
    auto const ledger = replay(trades, splits, today);
    CHECK(ledger.find(alfa)->held == Quantity::parse("25"));
    CHECK(plain(ledger.find(alfa)->cost()) == "1443.75");
    CHECK(ledger.find(beta)->held == Quantity::parse("5"));
    CHECK(plain(ledger.find(beta)->cost()) == "271.35");
    CHECK(plain(ledger.totals.proceeds) == "1391.02");
}

TEST_CASE("FORMULAS.md: the figures of the example") {
    auto const figures = figures_of(holdings, trades, splits, today);
    CHECK(figures.current_value_usd.to_text() == "2562.00");
    CHECK(figures.total_invested_usd.to_text() == "2744.16");
    CHECK(figures.realized_gain_usd.to_text() == "361.96");
    CHECK(figures.unrealized_gain_usd.to_text() == "846.90");
    CHECK(figures.fees_usd.to_text() == "17.34");
    CHECK(text(figures.total_return_pct) == "44.0521");
    CHECK(text(figures.priced_share_pct) == "87.8220");
    CHECK(figures.status == Status::estimated);
}

TEST_CASE("FORMULAS.md: the example without the euro's rate of 1 February 2024") {
    auto without = trades;
    without[1].rate.reset();
    auto const figures = figures_of(holdings, without, splits, today);
    CHECK(figures.current_value_usd.to_text() == "2562.00");
    CHECK(figures.total_invested_usd.to_text() == "2310.00");
    CHECK(figures.realized_gain_usd.to_text() == "330.75");
    CHECK(figures.unrealized_gain_usd.to_text() == "806.25");
    CHECK(figures.fees_usd.to_text() == "15.18");
    CHECK(text(figures.total_return_pct) == "undefined");
    CHECK(text(figures.priced_share_pct) == "undefined");
    CHECK(figures.status == Status::incomplete);
}

TEST_CASE("FORMULAS.md: what 15 March 2024 was worth") {
    Portfolio portfolio{
        .trades = trades, .splits = splits, .market = {}, .today = today, .openings = {}};
    portfolio.market.assets[alfa] = closes({{"2024-03-14", "66"}, {"2024-12-30", "90"}});
    portfolio.market.assets[beta].currency = "EUR";
    portfolio.market.currencies["EUR"] = rates({{"2024-03-15", "1.09"}});
    auto const day = day_of(portfolio, "2024-03-15");
    CHECK(plain(day.positions.at(0).value) == "2640");
    CHECK(plain(day.positions.at(1).value) == "436");
    CHECK(plain(day.of.value) == "3076");
    CHECK(day.of.status == Status::estimated);
}

TEST_CASE("FORMULAS.md: the days and the returns of the second example") {
    Portfolio portfolio;
    portfolio.trades = {buy("2024-12-28", {"10", "100", "5"}), buy("2024-12-30", {"10", "104"}),
                        sell("2024-12-31", {"5", "106", "3"})};
    portfolio.market.assets[1] =
        closes({{"2024-12-28", "101"}, {"2024-12-30", "103"}, {"2024-12-31", "108"}});
    auto const days = days_of(portfolio, "2024-12-28", "2024-12-31");
    std::vector<std::string> rows;
    for (auto const& day : days)
        rows.push_back(plain(day.of.value) + " " + plain(day.of.flows.inflow) + " " +
                       plain(day.of.flows.outflow) + " " + text(day.of.index));
    CHECK(rows == std::vector<std::string>{"1010 1005 0 1.004975124378", "1010 0 0 1.004975124378",
                                           "2060 1040 0 1.009877442058",
                                           "1620 0 527 1.052527605873"});

    History const history{.yesterday = end_of(days[2]),
                          .week = DayBefore::one(),
                          .month = DayBefore::one(),
                          .year = DayBefore::one()};
    std::vector const held{holding("15", close("108", "2024-12-31"))};
    auto const figures =
        current_figures(held, replay(portfolio.trades, {}, today), today, &history);
    CHECK(text(figures.day_change_pct) == "4.2233");
    CHECK(text(figures.week_change_pct) == "5.2528");
    CHECK(text(figures.month_change_pct) == "5.2528");
    CHECK(text(figures.year_change_pct) == "5.2528");
    CHECK(text(figures.twr_pct) == "5.2528");
    CHECK(text(figures.total_return_pct) == "4.9878");
}

TEST_CASE("FORMULAS.md: the rate of return of two payments") {
    std::vector const flows{CashFlow{.day = day("2021-01-01"), .usd = 100},
                            CashFlow{.day = day("2022-01-01"), .usd = 100}};
    CHECK(text(xirr(flows, Money::parse("231"), day("2023-01-01"))) == "10.0000");
}
