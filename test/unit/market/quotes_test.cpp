#include "market/provider_market.hpp"
#include "support/market_server/market_server.hpp"
#include "unit/market/loop.hpp"
#include "unit/market/providers.hpp"

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

/// The latest prices of many assets at once.
namespace portfoliod::market {

namespace {

using test::Fault;

class FixedClock final : public Clock {
  public:
    [[nodiscard]] Instant now() const override { return later; }
};

struct World {
    test::MarketServer server{{.today = later_day()}};
    FixedClock clock;
    boost::asio::io_context loop;

    [[nodiscard]] Declaration provider(char const* name) const {
        auto provider = declared(name);
        Overrides overrides;
        overrides.base_url = server.url();
        overrides.ca_file = server.ca_file();
        overrides.rates = Limits{};
        apply(overrides, provider);
        return provider;
    }

    [[nodiscard]] ProviderMarket market(std::vector<std::string> crypto) {
        std::vector<Declaration> providers;
        for (auto const* const name : {"yahoo", "coinbase", "kraken"})
            providers.push_back(provider(name));
        return ProviderMarket{loop.get_executor(),
                              std::move(providers),
                              {{{"stock", {"yahoo"}}, {"crypto", std::move(crypto)}}, {}, {}},
                              clock};
    }
};

std::vector<std::string> targets(Declaration const& provider, std::vector<Asset> const& assets) {
    std::vector<std::string> all;
    for (auto const& batch : plan_quotes(provider, assets).batches)
        all.push_back(batch.question.target);
    return all;
}

} // namespace

TEST_CASE("assets are asked for together where the file allows it, each name once") {
    auto const kraken = declared("kraken");
    CHECK(targets(kraken, {coin("BTC"), coin("ETH", "EUR"), coin("BTC"), coin("DOGE")}) ==
          std::vector<std::string>{"/0/public/Ticker?pair=XBTUSD%2CETHEUR%2CXDGUSD"});
    CHECK(targets(declared("coinbase"), {coin("BTC"), coin("ETH")}) ==
          std::vector<std::string>{"/products/BTC-USD/ticker", "/products/ETH-USD/ticker"});
    CHECK(targets(kraken, {}).empty());
}

TEST_CASE("assets whose requests differ in more than the symbol are not asked for together") {
    auto const asked = targets(declared("coingecko"),
                               {coin("BTC"), coin("ETH", "EUR"), coin("SOL"), coin("ADA", "EUR")});
    REQUIRE(asked.size() == 2);
    CHECK(asked[0] == "/api/v3/simple/price?ids=ethereum%2Ccardano&vs_currencies=eur&"
                      "include_last_updated_at=true");
    CHECK(asked[1] == "/api/v3/simple/price?ids=bitcoin%2Csolana&vs_currencies=usd&"
                      "include_last_updated_at=true");
}

TEST_CASE("a batch of quotes holds no more assets than the file allows") {
    auto provider = declared("kraken");
    for (auto& request : provider.requests)
        if (request.batch) request.batch->max = 2;
    CHECK(targets(provider, {coin("BTC"), coin("ETH"), coin("SOL")}) ==
          std::vector<std::string>{"/0/public/Ticker?pair=XBTUSD%2CETHUSD",
                                   "/0/public/Ticker?pair=SOLUSD"});
}

TEST_CASE("a symbol that the file does not name is not asked for where others might bear it") {
    auto const plan =
        plan_quotes(declared("coingecko"), {coin("PEPE"), coin("BTC"), stock("AAPL")});
    REQUIRE(plan.batches.size() == 1);
    CHECK(plan.batches.front().assets == std::vector<std::size_t>{1});
    REQUIRE(plan.refusals.size() == 2);
    CHECK(plan.refusals[0].second.kind == OutcomeKind::unknown_symbol);
    CHECK(plan.refusals[0].second.message ==
          "coingecko is asked only for the symbols its file names, and 'PEPE' is not among them");
    CHECK(plan.refusals[1].second.message == "coingecko has no quotes of the type 'stock'");
}

TEST_CASE("of an answer about several coins each asset gets its own price") {
    auto const coingecko = declared("coingecko");
    std::vector<Asset> const assets{coin("BTC"), coin("SOL"), coin("ETH")};
    auto const plan = plan_quotes(coingecko, assets);
    REQUIRE(plan.batches.size() == 1);
    auto const quotes = read_quotes(coingecko, plan.batches.front(), assets,
                                    ok(R"({"ethereum":{"usd":3000.5,"last_updated_at":1793728800},)"
                                       R"("bitcoin":{"usd":97500,"last_updated_at":1793750399}})"),
                                    later);
    REQUIRE(quotes.answers.size() == 3);
    CHECK(quotes.answers[0].rows.at(0).close == "97500");
    CHECK(quotes.answers[0].rows.at(0).date == day("2026-11-03"));
    CHECK(quotes.answers[1].outcome.kind == OutcomeKind::unknown_symbol); // left out of the answer
    CHECK(quotes.answers[2].rows.at(0).close == "3000.5");
    auto const limited = read_quotes(coingecko, plan.batches.front(), assets,
                                     {429, R"({"status":{"error_code":429}})", {}}, later);
    REQUIRE(limited.refusal);
    CHECK(limited.refusal->kind == OutcomeKind::rate_limited);
    CHECK(limited.answers.empty());
}

TEST_CASE("fifty coins are one request, and every price is its own") {
    World world;
    auto of = world.market({"kraken"});
    std::vector<Asset> assets{coin("BTC"), stock("AAPL"), coin("ETH", "EUR"), coin("SOL")};
    for (int i = 0; i < 47; ++i) assets.push_back(coin("COIN" + std::to_string(i)));
    auto const answers = test::run(world.loop, of.quotes(assets));
    REQUIRE(answers.size() == assets.size());
    for (std::size_t i = 0; i < assets.size(); ++i) {
        CAPTURE(assets[i].symbol);
        REQUIRE(answers[i].rows.size() == 1);
        if (assets[i].asset_type == "stock") continue;
        CHECK(answers[i].source == "kraken");
        auto const product = assets[i].symbol + "-" + assets[i].native_currency;
        CHECK(answers[i].rows.front().close == world.server.prices().close(product, later_day()));
    }
    CHECK(world.server.count("/0/public/Ticker") == 1);
    CHECK(answers[1].source == "yahoo");
}

TEST_CASE("one unknown pair costs a few requests more and nobody else a price") {
    World world;
    auto of = world.market({"kraken"});
    std::vector<Asset> assets;
    for (int i = 0; i < 16; ++i) assets.push_back(coin("COIN" + std::to_string(i)));
    assets[5] = coin("NOPE");
    auto const answers = test::run(world.loop, of.quotes(assets));
    for (std::size_t i = 0; i < assets.size(); ++i) {
        CAPTURE(i);
        CHECK(answers[i].outcome.kind == (i == 5 ? OutcomeKind::unknown_symbol : OutcomeKind::ok));
    }
    CHECK(world.server.count("/0/public/Ticker") ==
          9); // 16, then 8, 4, 2, 1 and their other halves
}

TEST_CASE("only what the first provider could not answer is asked of the next") {
    World world;
    auto of = world.market({"coinbase", "kraken"});
    world.server.misbehave({Fault::server_error, "/products/ETH-USD", 0});
    auto const answers = test::run(world.loop, of.quotes({coin("BTC"), coin("ETH"), coin("SOL")}));
    REQUIRE(answers.size() == 3);
    CHECK(answers[0].source == "coinbase");
    CHECK(answers[1].source == "kraken");
    CHECK(answers[2].source == "coinbase");
    CHECK(world.server.requests().back() == "/0/public/Ticker?pair=ETHUSD");
    auto const none = test::run(world.loop, of.quotes({{9, "US10Y", "bond", "", "USD"}}));
    REQUIRE(none.size() == 1);
    CHECK(none.front().outcome.message == "no provider is configured: set routes.bond");
    CHECK(test::run(world.loop, of.quotes({})).empty());
}

TEST_CASE("a provider that says too many is not asked for the rest of the batches") {
    World world;
    auto of = world.market({"coinbase"});
    world.server.misbehave({Fault::too_many, "/", 1, "1800"});
    auto const answers = test::run(world.loop, of.quotes({coin("BTC"), coin("ETH"), coin("SOL")}));
    for (auto const& answer : answers) CHECK(answer.outcome.kind == OutcomeKind::rate_limited);
    CHECK(world.server.count("/products") == 1);
}

TEST_CASE(
    "currencies that one provider does not have are asked of the next, and say who had them") {
    World world;
    std::vector<Declaration> providers;
    for (auto const* const name : {"coinbase_rates", "ecb", "frankfurter"})
        providers.push_back(world.provider(name));
    ProviderMarket of{world.loop.get_executor(),
                      std::move(providers),
                      {{}, {"coinbase_rates", "frankfurter"}, {"ecb", "frankfurter"}},
                      world.clock};
    auto const days = range("2026-11-02", "2026-11-03");
    auto const daily = test::run(world.loop, of.rates_history({"EUR", "VND", "USD"}, days));
    CHECK(daily.outcome.kind == OutcomeKind::ok);
    CHECK(daily.source == "ecb");
    REQUIRE(daily.rows.size() == 4);
    CHECK(daily.rows[0].source == "ecb");
    CHECK(daily.rows[2].currency == "VND");
    CHECK(daily.rows[2].source == "frankfurter");
    CHECK(world.server.count("/v2/rates?base=EUR&quotes=VND%2CUSD&") == 1);
    auto const latest = test::run(world.loop, of.rates_latest({"EUR", "VND"}));
    REQUIRE(latest.rows.size() == 2);
    CHECK(latest.rows[1].source == "frankfurter");
    world.server.forget_requests();
    CHECK(test::run(world.loop, of.rates_history({"EUR"}, days)).rows.size() == 2);
    CHECK(world.server.count("/v2/rates") == 0); // nothing was left to ask
    auto const weekend = range("2026-11-07", "2026-11-08");
    CHECK(test::run(world.loop, of.rates_history({"EUR"}, weekend)).outcome.kind ==
          OutcomeKind::empty);
    CHECK(world.server.count("/v2/rates") == 0); // a weekend is no reason to ask another
}

TEST_CASE("one code that no currency bears costs a few requests more and nobody else a rate") {
    World world;
    std::vector<Declaration> providers;
    for (auto const* const name : {"ecb", "frankfurter"}) providers.push_back(world.provider(name));
    ProviderMarket of{world.loop.get_executor(),
                      std::move(providers),
                      {{}, {"frankfurter"}, {"ecb", "frankfurter"}},
                      world.clock};
    auto const codes = [](RateAnswer const& answer) {
        std::set<std::string> found;
        for (auto const& row : answer.rows) found.insert(row.currency);
        return found;
    };
    auto const latest =
        test::run(world.loop, of.rates_latest({"EUR", "GBP", "JPY", "VND", "XYZ", "CHF"}));
    CHECK(latest.outcome.kind == OutcomeKind::ok);
    CHECK(codes(latest) == std::set<std::string>{"CHF", "EUR", "GBP", "JPY", "VND"});
    CHECK(world.server.count("/v2/rates") <= 7);
    auto const days = range("2026-11-02", "2026-11-03");
    auto const daily = test::run(world.loop, of.rates_history({"VND", "XYZ", "GBP"}, days));
    CHECK(codes(daily) == std::set<std::string>{"GBP", "VND"});
    CHECK(daily.rows.size() == 4);
    CHECK(test::run(world.loop, of.rates_history({"XYZ"}, days)).outcome.kind ==
          OutcomeKind::unknown_symbol);
}

TEST_CASE("an empty answer about more days than a holiday lasts is no reason to ask nobody else") {
    World world;
    auto ecb = world.provider("ecb");
    ecb.base_url = world.server.url("/nowhere"); // 404, with a text of its own
    ecb.outcomes = {OutcomeRule{{404}, "", {}, {}, OutcomeKind::empty, {}, {}}};
    auto const market = [&](Declaration second) {
        return ProviderMarket{world.loop.get_executor(),
                              {ecb, std::move(second)},
                              {{}, {}, {"ecb", "frankfurter"}},
                              world.clock};
    };
    auto frankfurter = world.provider("frankfurter");
    auto const month = range("2026-10-01", "2026-10-31");
    auto const weekend = range("2026-11-07", "2026-11-08");
    {
        auto of = market(frankfurter);
        auto const found = test::run(world.loop, of.rates_history({"EUR"}, month));
        CHECK(found.source == "frankfurter");
        CHECK(found.rows.size() == 31);
        CHECK(test::run(world.loop, of.rates_history({"EUR"}, weekend)).outcome.kind ==
              OutcomeKind::empty);
    }
    // Who cannot answer now is asked again; with nobody else who may know, it is believed.
    world.server.misbehave({Fault::server_error, "/v2/", 0});
    auto of = market(frankfurter);
    CHECK(test::run(world.loop, of.rates_history({"EUR"}, month)).outcome.kind ==
          OutcomeKind::transient);
    frankfurter.requests.front().serves = {"VND"};
    auto without = market(frankfurter);
    CHECK(test::run(world.loop, without.rates_history({"EUR"}, month)).outcome.kind ==
          OutcomeKind::empty);
}

TEST_CASE("a history goes on at Kraken where Coinbase does not know the coin's pair") {
    World world;
    auto of = world.market({"coinbase", "kraken"});
    world.server.misbehave({Fault::server_error, "/products", 0});
    auto const days = range("2026-11-01", "2026-11-20");
    auto const answer = test::run(world.loop, of.history(coin("BTC"), days));
    CHECK(answer.source == "kraken");
    REQUIRE(answer.rows.size() == 20);
    CHECK(answer.rows.front().close == world.server.prices().close("BTC-USD", days.first));
    auto const long_ago =
        test::run(world.loop, of.history(coin("BTC"), range("2020-01-01", "2020-02-01")));
    CHECK(long_ago.rows.empty());
    CHECK(long_ago.outcome.kind !=
          OutcomeKind::empty); // not reached is not the same as nothing there
}

} // namespace portfoliod::market
