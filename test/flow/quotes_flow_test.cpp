// Quotes follow the hours of the exchanges: the daemon's part with a clock of the test's, and the daemon itself with
// calendars of the test's.
#include "market/load_calendar.hpp"
#include "schedule/quotes.hpp"
#include "support/daemon.hpp"
#include "support/ledger.hpp"
#include "support/waiting.hpp"

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>

using namespace portfoliod;
using namespace std::chrono_literals;

namespace {

class HandClock final : public Clock {
  public:
    [[nodiscard]] Instant now() const override { return now_; }

    void set(char const* time) { now_ = parse_instant(time).value(); }

    void advance(std::chrono::microseconds by) { now_ += by; }

  private:
    Instant now_ = parse_instant("2026-11-24 14:00:00").value();
};

/// Answers at once with a price of the clock's day, or with what the test says.
class PromptMarket final : public market::Market {
  public:
    explicit PromptMarket(Clock const& clock) : clock_(clock) {}

    market::OutcomeKind kind = market::OutcomeKind::ok;
    std::map<std::string, int> asked;

    boost::asio::awaitable<market::PriceAnswer> quote(market::Asset asset) {
        ++asked[asset.symbol];
        market::PriceAnswer answer;
        answer.outcome = {kind, "as the test said", {}};
        answer.source = "prompt";
        if (kind == market::OutcomeKind::ok)
            answer.rows.push_back({clock_.today(), {}, {}, {}, "12.5", {}});
        co_return answer;
    }

    boost::asio::awaitable<std::vector<market::PriceAnswer>>
    quotes(std::vector<market::Asset> assets) override {
        std::vector<market::PriceAnswer> answers;
        for (auto const& asset : assets) {
            auto pending = quote(asset);
            auto answer = co_await std::move(pending);
            answers.push_back(std::move(answer));
        }
        co_return answers;
    }

    [[nodiscard]] market::QuotePace quote_pace(market::Asset const&) const override {
        return {"prompt"};
    }

    boost::asio::awaitable<market::PriceAnswer> history(market::Asset, DayRange) override {
        co_return market::PriceAnswer{};
    }

    boost::asio::awaitable<market::RateAnswer> rates_history(std::vector<std::string>,
                                                             DayRange) override {
        co_return market::RateAnswer{};
    }

    boost::asio::awaitable<market::RateAnswer> rates_latest(std::vector<std::string>) override {
        co_return market::RateAnswer{};
    }

  private:
    Clock const& clock_;
};

market::Calendars shipped_calendars() {
    std::vector<market::Calendar> calendars;
    for (auto const* const name : {"XNYS", "24-5", "24-7"})
        calendars.push_back(market::load_calendar(
            std::filesystem::path{PROJECT_DIR} / "conf/calendars" / (std::string{name} + ".yaml")));
    return {std::move(calendars),
            {{"NASDAQ", "XNYS"},
             {"stock", "24-5"},
             {"bond", "24-5"},
             {"commodity", "24-5"},
             {"crypto", "24-7"}}};
}

/// A share and a coin that somebody holds, and the quotes of both every five minutes.
struct ShareAndCoin {
    test::Database database;
    HandClock clock;
    PromptMarket market{clock};
    market::Calendars calendars = shipped_calendars();
    boost::asio::io_context loop{1};
    std::string failure;
    Tasks tasks{loop.get_executor(), [this](std::string_view, std::exception_ptr const& error) {
                    failure = describe(error);
                }};
    db::Lane lane{{database.url(), "quotes"}, 1};
    schedule::Quotes quotes{lane, market, calendars, clock, 300s, {}, tasks};

    ShareAndCoin() {
        auto const portfolio = test::add_portfolio(database, "ann@example.org");
        for (auto const asset : {test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD"),
                                 test::add_asset(database, "BTC", "crypto", "", "USD")}) {
            test::buy(database, portfolio, asset, "1", "10", "2026-11-02");
            database.run("INSERT INTO tracked_assets (asset_id, tracking_users) VALUES ($1, 1)",
                         {asset});
        }
    }

    /// Looks every time it wants to, for so long by the clock.
    void go_on_for(std::chrono::minutes time) {
        auto const end = clock.now() + time;
        while (clock.now() < end) {
            tasks.spawn("quotes", quotes.look());
            loop.restart();
            loop.run();
            CHECK(failure == "");
            CHECK(quotes.next_look() > 0ms);
            clock.advance(quotes.next_look());
        }
    }

    /// How often each was asked since the last time.
    std::pair<int, int> asked() {
        auto const counts = std::exchange(market.asked, {});
        auto const of = [&](char const* symbol) {
            return counts.contains(symbol) ? counts.at(symbol) : 0;
        };
        return {of("AAPL"), of("BTC")};
    }
};

} // namespace

TEST_CASE(
    "quotes of a share come while its exchange is open and once after, those of a coin always") {
    ShareAndCoin both;
    both.clock.set("2026-11-24 12:00:00");
    both.database.run(
        "UPDATE tracked_assets SET last_tracked_at = '2026-11-24 11:59:00'"); // both had theirs
    both.go_on_for(150min);
    auto const [share_before, coin_before] = both.asked();
    CHECK(share_before == 0);
    CHECK(coin_before >= 29);
    CHECK(coin_before <= 31);

    both.clock.set("2026-11-24 14:30:00");
    both.go_on_for(60min);
    auto const [share_open, coin_open] = both.asked();
    CHECK(share_open >= 11);
    CHECK(share_open <= 13);
    CHECK(coin_open >= 11);
    CHECK(coin_open <= 13);

    both.clock.set("2026-11-24 21:00:00");
    both.go_on_for(20min);
    CHECK(both.asked().first == 0);
    both.go_on_for(120min);
    CHECK(both.asked().first == 1);
    CHECK(both.database.value(
              "SELECT last_tracked_at BETWEEN '2026-11-24 21:20' AND '2026-11-24 21:26' FROM "
              "tracked_assets JOIN assets ON id = asset_id WHERE symbol = 'AAPL'") == "t");
    both.clock.set("2026-11-26 12:00:00"); // Thanksgiving
    both.go_on_for(600min);
    auto const [share_holiday, coin_holiday] = both.asked();
    CHECK(share_holiday == 1); // Wednesday's last, which nobody had asked for
    CHECK(coin_holiday >= 119);
}

TEST_CASE(
    "whoever begins on a weekend asks once for what was missed, and not again after a restart") {
    ShareAndCoin both;
    both.clock.set("2026-11-28 12:00:00");
    both.go_on_for(60min);
    CHECK(both.asked().first == 1);
    CHECK(both.database.value("SELECT count(*) FROM asset_prices WHERE NOT is_final") == "2");
    schedule::Quotes restarted{both.lane, both.market, both.calendars, both.clock,
                               300s,      {},          both.tasks};
    both.tasks.spawn("quotes", restarted.look());
    both.loop.restart();
    both.loop.run();
    CHECK(both.asked().first == 0);
}

TEST_CASE("a day's last quotes that did not come are asked for again, for an hour") {
    ShareAndCoin both;
    both.clock.set("2026-11-24 21:20:00");
    both.market.kind = market::OutcomeKind::transient;
    both.go_on_for(16min);
    CHECK(both.asked().first >= 3);
    both.market.kind = market::OutcomeKind::ok;
    both.go_on_for(120min);
    CHECK(both.asked().first == 1);

    both.clock.set("2026-11-25 21:20:00");
    both.market.kind = market::OutcomeKind::rate_limited;
    both.go_on_for(600min);
    auto const share = both.asked().first;
    CHECK(share >= 10);
    CHECK(share <= 13);
}

TEST_CASE("a day's last quote that could not be stored is asked for again") {
    ShareAndCoin both;
    both.clock.set("2026-11-24 21:20:00");
    both.database.run("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
                      "$$BEGIN RAISE 'not now'; END$$");
    both.database.run("CREATE TRIGGER refuse BEFORE INSERT ON asset_prices FOR EACH ROW EXECUTE "
                      "FUNCTION refuse()");
    both.go_on_for(16min);
    CHECK(both.asked().first >= 3);
    both.database.run("DROP TRIGGER refuse ON asset_prices");
    both.go_on_for(120min);
    CHECK(both.asked().first == 1);
    CHECK(both.database.value("SELECT trim_scale(close) FROM asset_prices JOIN assets ON assets.id "
                              "= asset_id WHERE asset_type = 'stock'") == "12.5");
}

TEST_CASE(
    "an attempt that cannot be noted since somebody holds the asset is not waited for, and not "
    "forgotten") {
    ShareAndCoin both;
    both.clock.set("2026-11-24 15:00:00");
    both.market.kind = market::OutcomeKind::empty; // nothing to store
    db::Session psql{{both.database.url(), "psql"}};
    auto transaction = psql.begin();
    transaction.execute("SELECT FROM tracked_assets FOR UPDATE");
    both.go_on_for(20min);
    auto const [share, coin] = both.asked();
    CHECK(share >= 4);
    CHECK(share <= 5);
    CHECK(coin >= 4);
    CHECK(coin <= 5);
    CHECK(both.database.value("SELECT count(last_tracked_at) FROM tracked_assets") == "0");
}

TEST_CASE("the daemon follows the calendars of its configuration") {
    test::Database database;
    test::MarketServer market;
    // An exchange that trades on one day of the week, three days from now.
    constexpr char const* days[] = {"sunday",   "monday", "tuesday", "wednesday",
                                    "thursday", "friday", "saturday"};
    auto const today = std::chrono::weekday{SystemClock{}.today()};
    test::Daemon daemon{
        database, market, "{quotes: 1s, exchange_rates: off, performance: off, upkeep: off}",
        "calendars_dir: calendars\n"
        "calendars: {NYSE: always, NASDAQ: rarely, NYSEARCA: always, AMEX: always, BATS: always, "
        "XETRA: "
        "always, FRA: always, LSE: always, TSE: always, stock: always, bond: always, commodity: "
        "always, crypto: always}\n"};
    std::filesystem::create_directory(daemon.folder() / "calendars");
    std::ofstream{daemon.folder() / "calendars/always.yaml"}
        << "zone: UTC\ndays: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]\n"
           "hours: [{open: \"00:00\", close: \"24:00\"}]\n";
    std::ofstream{daemon.folder() / "calendars/rarely.yaml"}
        << fmt::format("zone: UTC\ndays: [{}]\nhours: [{{open: \"10:00\", close: \"12:00\"}}]\n",
                       days[(today.c_encoding() + 3) % 7]);
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    for (auto const* const exchange : {"NASDAQ", "NYSE"}) {
        auto const symbol = std::string{exchange} == "NYSE" ? "IBM" : "AAPL";
        auto const asset = test::add_asset(database, symbol, "stock", exchange, "USD");
        test::buy(database, portfolio, asset, "1", "50", "2026-11-02");
    }
    daemon.start();
    daemon.wait_for_log("rarely is closed until");
    REQUIRE(market.wait_for(6, "/v8/finance/chart/IBM"));
    REQUIRE(market.wait_for(2, "/v8/finance/chart/AAPL"));
    // One request for its history, one for the quote that it never had.
    CHECK(market.count("/v8/finance/chart/AAPL") == 2);
    CHECK(daemon.log().find("always is") == std::string::npos);
    auto const log = daemon.log();
    CHECK(log.find("is closed") == log.rfind("is closed"));
    CHECK(daemon.stop() == 0);
}

TEST_CASE("a daemon whose configuration names a calendar that is not there does not start") {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market, "{quotes: off}", "calendars: {ASX: XASX}\n"};
    CHECK(daemon.run("run") == 2);
    CHECK(daemon.output().find("calendars.ASX: there is no calendar 'XASX'") != std::string::npos);
}
