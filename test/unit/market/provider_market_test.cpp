#include "market/provider_market.hpp"
#include "support/market_server/market_server.hpp"
#include "support/memory_budgets.hpp"
#include "unit/market/loop.hpp"
#include "unit/market/providers.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace portfoliod::market {

namespace {

using test::Fault;

class FixedClock final : public Clock {
  public:
    [[nodiscard]] Instant now() const override { return later; }
};

/// Our declarations put to the made-up providers, over real TLS.
struct World {
    test::MarketServer server{{.today = later_day()}};
    FixedClock clock;
    boost::asio::io_context loop;

    [[nodiscard]] Declaration provider(std::string const& name) const {
        auto declaration = declared(name);
        Overrides overrides;
        overrides.base_url = server.url();
        overrides.ca_file = server.ca_file();
        overrides.rates = Limits{};
        apply(overrides, declaration);
        return declaration;
    }

    /// Asks in the same words as Coinbase does, under another name.
    [[nodiscard]] Declaration second() const {
        auto declaration = provider("coinbase");
        declaration.name = "second";
        declaration.base_url = server.url("/second");
        return declaration;
    }
};

Routes routes(std::vector<std::string> crypto) {
    return {{{"stock", {"yahoo"}}, {"crypto", std::move(crypto)}}, {"coinbase_rates"}, {"ecb"}};
}

ProviderMarket market(World& world) {
    return ProviderMarket{world.loop.get_executor(),
                          {world.provider("yahoo"), world.provider("coinbase"),
                           world.provider("coinbase_rates"), world.provider("ecb")},
                          routes({"coinbase"}),
                          world.clock};
}

boost::asio::awaitable<PriceAnswer> latest(Market& market, Asset asset) {
    auto asking = market.quotes({std::move(asset)});
    auto answers = co_await std::move(asking);
    co_return std::move(answers.at(0));
}

} // namespace

TEST_CASE("a history arrives as the provider has it, window by window") {
    World world;
    auto of = market(world);
    auto const days = range("2024-01-01", "2025-12-31");
    auto const answer = test::run(world.loop, of.history(coin("BTC"), days));
    CHECK(answer.outcome.kind == OutcomeKind::ok);
    CHECK(answer.source == "coinbase");
    REQUIRE(answer.rows.size() == static_cast<std::size_t>(days.days()));
    CHECK(answer.rows.front().date == days.first);
    CHECK(answer.rows.back().date == days.last);
    for (auto const& row : answer.rows)
        CHECK(row.close == world.server.prices().close("BTC-USD", row.date));
    CHECK(world.server.count("/products/BTC-USD/candles") == 3);
}

TEST_CASE("quotes and rates arrive from whoever the route names") {
    World world;
    auto of = market(world);
    auto const stock_quote = test::run(world.loop, latest(of, stock("SAP", "XETRA", "EUR")));
    CHECK(stock_quote.outcome.kind == OutcomeKind::ok);
    CHECK(stock_quote.rows.size() == 1);
    auto const coin_quote = test::run(world.loop, latest(of, coin("ETH")));
    REQUIRE(coin_quote.rows.size() == 1);
    CHECK(coin_quote.rows.front().date == later_day());
    auto const latest = test::run(world.loop, of.rates_latest({"EUR", "JPY", "USD"}));
    CHECK(latest.outcome.kind == OutcomeKind::ok);
    CHECK(latest.rows.size() == 2);
    auto const daily =
        test::run(world.loop, of.rates_history({"EUR", "JPY"}, range("2024-01-08", "2024-01-12")));
    CHECK(daily.source == "ecb");
    REQUIRE(daily.rows.size() == 10);
    CHECK(daily.rows.front().rate_to_usd.substr(0, 6) ==
          world.server.prices().per_euro("USD", day("2024-01-08"))->substr(0, 6));
}

TEST_CASE("what a provider does is an outcome, never an exception") {
    struct Case {
        Fault fault;
        OutcomeKind kind;
    };
    using enum OutcomeKind;
    World world;
    auto of = market(world);
    for (auto const& [fault, kind] :
         {Case{Fault::server_error, transient}, Case{Fault::cut, transient},
          Case{Fault::hang_up, transient}, Case{Fault::garbage, transient},
          Case{Fault::html, malformed}, Case{Fault::redirect, malformed},
          Case{Fault::reset, transient}, Case{Fault::huge, transient}}) {
        CAPTURE(static_cast<int>(fault));
        world.server.behave();
        world.server.misbehave({fault});
        auto const answer =
            test::run(world.loop, of.history(stock("AAPL"), range("2024-01-01", "2024-02-01")));
        CHECK(answer.outcome.kind == kind);
        CHECK(answer.outcome.message.starts_with("yahoo"));
        CHECK(answer.rows.empty());
    }
    world.server.behave();
    world.server.show(test::Shown::self_signed);
    auto const unsafe = test::run(world.loop, latest(of, stock("AAPL")));
    CHECK(unsafe.outcome.kind == transient);
    CHECK(unsafe.outcome.message.starts_with("yahoo: its certificate was not accepted"));
}

TEST_CASE("one failed window makes the whole history fail: it would count as complete") {
    World world;
    auto of = market(world);
    world.server.misbehave({Fault::slow, "/products", 1, {}, std::chrono::milliseconds{1}});
    world.server.misbehave({Fault::server_error, "/products"});
    auto const answer =
        test::run(world.loop, of.history(coin("BTC"), range("2024-01-01", "2025-12-31")));
    CHECK(world.server.count("/products") == 2);
    CHECK(answer.outcome.kind == OutcomeKind::transient);
    CHECK(answer.rows.empty());
}

TEST_CASE("a provider that says too many is left alone until its time has passed") {
    World world;
    auto of = market(world);
    world.server.misbehave({Fault::too_many, "/", 1, "1800"});
    auto const told = test::run(world.loop, latest(of, coin("BTC")));
    CHECK(told.outcome.kind == OutcomeKind::rate_limited);
    CHECK(told.outcome.wait == std::chrono::minutes{30});
    auto const kept = test::run(world.loop, latest(of, coin("ETH")));
    CHECK(kept.outcome.kind == OutcomeKind::rate_limited);
    CHECK(kept.outcome.wait == std::chrono::minutes{30});
    CHECK(world.server.count("/products") == 1);
}

TEST_CASE("a provider that keeps failing is spared") {
    World world;
    auto of = market(world);
    world.server.misbehave({Fault::server_error, "/products", 0});
    for (int i = 0; i < 5; ++i)
        CHECK(test::run(world.loop, latest(of, coin("BTC"))).outcome.kind ==
              OutcomeKind::transient);
    auto const spared = test::run(world.loop, latest(of, coin("BTC")));
    CHECK(spared.outcome.kind == OutcomeKind::rate_limited);
    CHECK(spared.outcome.wait == std::chrono::seconds{5});
    CHECK(world.server.count("/products") == 5);
}

TEST_CASE("who cannot answer hands over to the next, and the source says who answered") {
    World world;
    ProviderMarket of{world.loop.get_executor(),
                      {world.provider("yahoo"), world.second(), world.provider("coinbase"),
                       world.provider("coinbase_rates"), world.provider("ecb")},
                      routes({"second", "coinbase"}),
                      world.clock};
    auto const asked = range("2024-01-01", "2024-01-03");
    auto const answer = test::run(world.loop, of.history(coin("BTC"), asked));
    CHECK(world.server.count("/second") == 1);
    CHECK(answer.source == "coinbase");
    CHECK(answer.rows.size() == 3);
}

TEST_CASE("when nobody answers, the failure most worth another try is told") {
    World world;
    ProviderMarket of{world.loop.get_executor(),
                      {world.provider("yahoo"), world.second(), world.provider("coinbase"),
                       world.provider("coinbase_rates"), world.provider("ecb")},
                      routes({"coinbase", "second"}),
                      world.clock};
    auto const asked = range("2024-01-01", "2024-01-03");
    auto const unknown = test::run(world.loop, of.history(coin("NOPE"), asked));
    CHECK(unknown.outcome.kind == OutcomeKind::unknown_symbol);
    CHECK(world.server.count("/second") == 1);
    world.server.misbehave({Fault::server_error, "/second", 0});
    auto const transient = test::run(world.loop, of.history(coin("NOPE"), asked));
    CHECK(transient.outcome.kind == OutcomeKind::transient);
    auto const none = test::run(world.loop, latest(of, {4, "US10Y", "bond", "", "USD"}));
    CHECK(none.outcome.kind == OutcomeKind::refused);
    CHECK(none.outcome.message == "no provider is configured: set routes.bond");
}

TEST_CASE(
    "a provider that does not reach back far enough answers for the days it has, and the rest "
    "goes to the next one") {
    World world;
    auto recent = world.provider("coinbase");
    recent.name = "recent";
    recent.requests.front().oldest_days = 30;
    ProviderMarket both{world.loop.get_executor(),
                        {world.provider("yahoo"), recent, world.provider("coinbase"),
                         world.provider("coinbase_rates"), world.provider("ecb")},
                        routes({"recent", "coinbase"}),
                        world.clock};
    auto const part =
        test::run(world.loop, both.history(coin("BTC"), range("2026-01-01", "2026-11-20")));
    CHECK(part.outcome.kind == OutcomeKind::ok);
    CHECK(part.source == "recent");
    REQUIRE(part.served);
    CHECK(*part.served == range("2026-10-24", "2026-11-20"));
    CHECK(part.rows.front().date == day("2026-10-24"));
    auto const rest =
        test::run(world.loop, both.history(coin("BTC"), range("2026-01-01", "2026-10-23")));
    CHECK(rest.source == "coinbase");
    CHECK(!rest.served);
    CHECK(rest.rows.front().date == day("2026-01-01"));
}

TEST_CASE("days older than anybody serves are out of range, and nobody is asked for them") {
    World world;
    auto recent = world.provider("coinbase");
    recent.name = "recent";
    recent.requests.front().oldest_days = 30;
    ProviderMarket alone{
        world.loop.get_executor(),
        {world.provider("yahoo"), recent, world.provider("coinbase_rates"), world.provider("ecb")},
        routes({"recent"}),
        world.clock};
    auto const answer =
        test::run(world.loop, alone.history(coin("BTC"), range("2026-01-01", "2026-10-23")));
    CHECK(answer.outcome.kind == OutcomeKind::out_of_range);
    CHECK(answer.outcome.message == "recent reaches back 30 days");
    CHECK(world.server.requests().empty());
}

TEST_CASE("rates of a provider that reaches back less far come with the days they are for") {
    World world;
    auto recent = world.provider("ecb");
    recent.requests.front().oldest_days = 30;
    ProviderMarket of{world.loop.get_executor(),
                      {world.provider("yahoo"), world.provider("coinbase"),
                       world.provider("coinbase_rates"), recent},
                      routes({"coinbase"}),
                      world.clock};
    auto const part =
        test::run(world.loop, of.rates_history({"EUR"}, range("2026-01-01", "2026-11-20")));
    CHECK(part.outcome.kind == OutcomeKind::ok);
    REQUIRE(part.served);
    CHECK(*part.served == range("2026-10-24", "2026-11-20"));
    auto const never =
        test::run(world.loop, of.rates_history({"EUR"}, range("2026-01-01", "2026-10-23")));
    CHECK(never.outcome.kind == OutcomeKind::out_of_range);
}

TEST_CASE("a weekend, and the time before a symbol was listed, are empty and no error") {
    World world;
    world.server.list_since("LATE", day("2026-06-01"));
    auto of = market(world);
    for (auto const& days :
         {range("2026-11-14", "2026-11-15"), range("2025-06-01", "2025-12-31")}) {
        auto const answer = test::run(world.loop, of.history(stock("LATE"), days));
        CHECK(answer.outcome.kind == OutcomeKind::empty);
        CHECK(answer.rows.empty());
    }
    auto const partly =
        test::run(world.loop, of.history(stock("LATE"), range("2026-01-01", "2026-11-20")));
    CHECK(partly.outcome.kind == OutcomeKind::ok);
    CHECK(partly.rows.front().date >= day("2026-06-01"));
    CHECK(!partly.served);
}

TEST_CASE("a symbol is unknown only when every provider of the route says so") {
    World world;
    ProviderMarket of{world.loop.get_executor(),
                      {world.provider("yahoo"), world.second(), world.provider("coinbase"),
                       world.provider("coinbase_rates"), world.provider("ecb")},
                      routes({"coinbase", "second"}),
                      world.clock};
    auto const asked = range("2024-01-01", "2024-01-03");

    struct Case {
        Fault fault;
        OutcomeKind kind;
    };

    // The last two leave "second" alone for a while, so they stand last.
    for (auto const& [fault, kind] : {Case{Fault::html, OutcomeKind::malformed},
                                      Case{Fault::server_error, OutcomeKind::transient},
                                      Case{Fault::denied, OutcomeKind::denied},
                                      Case{Fault::too_many, OutcomeKind::rate_limited}}) {
        CAPTURE(static_cast<int>(fault));
        world.server.behave();
        world.server.misbehave({fault, "/second", 0});
        CHECK(test::run(world.loop, of.history(coin("NOPE"), asked)).outcome.kind == kind);
    }
}

TEST_CASE("while one provider only failed for the moment, nobody waits an hour for another") {
    World world;
    ProviderMarket of{world.loop.get_executor(),
                      {world.provider("yahoo"), world.second(), world.provider("coinbase"),
                       world.provider("coinbase_rates"), world.provider("ecb")},
                      routes({"coinbase", "second"}),
                      world.clock};
    world.server.misbehave({Fault::too_many, "/products", 1, "3600"});
    world.server.misbehave({Fault::server_error, "/second"});
    auto const answer =
        test::run(world.loop, of.history(coin("BTC"), range("2024-01-01", "2024-01-03")));
    CHECK(answer.outcome.kind == OutcomeKind::rate_limited);
    CHECK(answer.outcome.wait == std::chrono::minutes{5});
}

TEST_CASE("a provider that refuses us is asked again by one request in an hour") {
    World world;
    auto of = market(world);
    world.server.misbehave({Fault::denied, "/products", 0});
    auto const told = test::run(world.loop, latest(of, coin("BTC")));
    CHECK(told.outcome.kind == OutcomeKind::denied);
    auto const spared = test::run(world.loop, latest(of, coin("ETH")));
    CHECK(spared.outcome.kind == OutcomeKind::rate_limited);
    CHECK(spared.outcome.wait == std::chrono::hours{1});
    CHECK(spared.outcome.message ==
          "coinbase refuses us: coinbase answered 401; asked again within the hour, or after a "
          "restart");
    CHECK(world.server.count("/products") == 1);
}

TEST_CASE("a server in trouble that says for how long is left alone for so long") {
    World world;
    auto of = market(world);
    world.server.misbehave({Fault::server_error, "/products", 1, "120"});
    CHECK(test::run(world.loop, latest(of, coin("BTC"))).outcome.kind == OutcomeKind::transient);
    auto const spared = test::run(world.loop, latest(of, coin("ETH")));
    CHECK(spared.outcome.kind == OutcomeKind::rate_limited);
    CHECK(spared.outcome.wait == std::chrono::minutes{2});
    CHECK(world.server.count("/products") == 1);
}

namespace {

/// Coinbase with these limits, charged to a store that outlives the market.
ProviderMarket stored_market(World& world, Limits const& limits, Budgets& budgets) {
    auto provider = world.provider("coinbase");
    provider.limits = limits;
    return {world.loop.get_executor(),
            {provider},
            {{{"crypto", {"coinbase"}}}, {}, {}},
            world.clock,
            {.budgets = &budgets}};
}

} // namespace

TEST_CASE("a market made anew keeps within the budget of the one before it") {
    World world;
    test::MemoryBudgets budgets{world.clock};
    {
        auto first = stored_market(world, {.per_day = 2}, budgets);
        for (auto i = 0; i < 2; ++i)
            CHECK(test::run(world.loop, latest(first, coin("BTC"))).outcome.kind ==
                  OutcomeKind::ok);
    }
    auto second = stored_market(world, {.per_day = 2}, budgets);
    auto const answer = test::run(world.loop, latest(second, coin("BTC")));
    CHECK(answer.outcome.kind == OutcomeKind::rate_limited);
    CHECK(*answer.outcome.wait > std::chrono::hours{23});
    CHECK(world.server.count("/products") == 2);
}

TEST_CASE("a market made anew leaves alone who asked the one before it for a pause") {
    World world;
    test::MemoryBudgets budgets{world.clock};
    world.server.misbehave({Fault::too_many, "/", 1, "1800"});
    {
        auto first = stored_market(world, {.per_minute = 100}, budgets);
        CHECK(test::run(world.loop, latest(first, coin("BTC"))).outcome.kind ==
              OutcomeKind::rate_limited);
        auto const state = first.states().front();
        CHECK(state.standing.pace == 0.5);
        CHECK(state.standing.paused_for == std::chrono::minutes{30});
        CHECK(state.windows.front().used == 1);
        CHECK(state.windows.front().requests_max_now == 50);
    }
    CHECK(budgets.noted("coinbase").problem.starts_with("coinbase answered 429"));
    auto second = stored_market(world, {.per_minute = 100}, budgets);
    auto const answer = test::run(world.loop, latest(second, coin("BTC")));
    CHECK(answer.outcome.kind == OutcomeKind::rate_limited);
    CHECK(answer.outcome.wait == std::chrono::minutes{30});
    CHECK(world.server.count("/products") == 1);
}

TEST_CASE("nothing is sent while the budget cannot be written down") {
    World world;
    test::MemoryBudgets budgets{world.clock};
    budgets.reachable = false;
    auto provider = world.provider("coinbase");
    provider.limits = {.per_day = 100};
    ProviderMarket of{world.loop.get_executor(),
                      {provider},
                      {{{"crypto", {"coinbase"}}}, {}, {}},
                      world.clock,
                      {.wait_max = std::chrono::seconds{5}, .budgets = &budgets}};
    auto const answer = test::run(world.loop, latest(of, coin("BTC")));
    CHECK(answer.outcome.kind == OutcomeKind::rate_limited);
    CHECK(answer.outcome.message ==
          "coinbase is not asked while its budget cannot be written down: "
          "the database does not answer");
    CHECK(world.server.requests().empty());
}

TEST_CASE("a route to nowhere is a mistake in the configuration") {
    World world;
    CHECK_THROWS_WITH_AS(
        (ProviderMarket{world.loop.get_executor(), {}, routes({"coinbase"}), world.clock}),
        "routes.crypto: there is no provider 'coinbase'; add coinbase.yaml to providers_dir",
        ConfigError);
}

TEST_CASE(
    "a change keeps what is known of a provider whose declaration is the same, and begins anew "
    "with another") {
    World world;
    auto const declarations = [&](int per_minute) {
        auto limited = world.provider("coinbase");
        limited.limits.per_minute = per_minute;
        return std::vector{world.provider("yahoo"), limited, world.provider("coinbase_rates"),
                           world.provider("ecb")};
    };
    auto const used = [](ProviderMarket const& of) {
        for (auto const& state : of.states())
            if (state.name == "coinbase") return state.windows.at(0).used;
        return -1;
    };
    ProviderMarket of{world.loop.get_executor(), declarations(10), routes({"coinbase"}),
                      world.clock};
    CHECK(test::run(world.loop, latest(of, coin("ETH"))).outcome.kind == OutcomeKind::ok);
    CHECK(used(of) == 1);
    of.change(declarations(10), routes({"coinbase"}));
    CHECK(test::run(world.loop, latest(of, coin("ETH"))).outcome.kind == OutcomeKind::ok);
    CHECK(used(of) == 2);
    of.change(declarations(20), routes({"coinbase"}));
    CHECK(used(of) == 0);
    CHECK_THROWS_AS(of.change(declarations(30), routes({"nobody"})), ConfigError);
    CHECK(test::run(world.loop, latest(of, coin("ETH"))).outcome.kind == OutcomeKind::ok);
    CHECK(used(of) == 1);
}

TEST_CASE("a question under way ends with the declarations it began with") {
    World world;
    auto of = market(world);
    world.server.misbehave({Fault::slow, "/products", 1, {}, std::chrono::milliseconds{300}});
    auto changing = std::thread{[&] {
        static_cast<void>(world.server.wait_for(1, "/products"));
        boost::asio::post(world.loop, [&] {
            of.change({world.second(), world.provider("yahoo"), world.provider("coinbase_rates"),
                       world.provider("ecb")},
                      routes({"second"}));
        });
    }};
    auto const days = range("2026-01-05", "2026-01-09");
    auto const answer = test::run(world.loop, of.history(coin("BTC"), days));
    changing.join();
    CHECK(answer.outcome.kind == OutcomeKind::ok);
    CHECK(answer.source == "coinbase");
    CHECK(test::run(world.loop, of.history(coin("BTC"), days)).source == "second");
}

TEST_CASE("each request is told of once, with how it ended") {
    World world;
    std::vector<std::string> told;
    MarketOptions options;
    options.on_request = [&](std::string const& provider, OutcomeKind outcome) {
        told.push_back(fmt::format("{} {}", provider, to_text(outcome)));
    };
    ProviderMarket of{world.loop.get_executor(),
                      {world.provider("yahoo"), world.provider("coinbase"),
                       world.provider("coinbase_rates"), world.provider("ecb")},
                      routes({"coinbase"}),
                      world.clock,
                      options};
    CHECK(test::run(world.loop, latest(of, coin("ETH"))).outcome.kind == OutcomeKind::ok);
    world.server.misbehave({Fault::cut});
    CHECK(test::run(world.loop, latest(of, coin("ETH"))).outcome.kind == OutcomeKind::transient);
    world.server.misbehave({Fault::too_many, "/", 1, "60"});
    CHECK(test::run(world.loop, latest(of, coin("ETH"))).outcome.kind == OutcomeKind::rate_limited);
    // Left alone now, it is sent nothing.
    CHECK(test::run(world.loop, latest(of, coin("ETH"))).outcome.kind == OutcomeKind::rate_limited);
    CHECK(told ==
          std::vector<std::string>{"coinbase ok", "coinbase transient", "coinbase rate_limited"});
}

} // namespace portfoliod::market
