#pragma once

#include "base/time.hpp"
#include "market/declaration.hpp"
#include "market/https.hpp"
#include "market/market.hpp"
#include "market/provider.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace portfoliod::market {

/// Whom to ask, in this order.
struct Routes {
    std::map<std::string, std::vector<std::string>> prices; ///< asset type → providers
    std::vector<std::string> rates_latest;
    std::vector<std::string> rates_history;
};

struct MarketOptions {
    HttpsLimits https = {};
    /// How long a request waits in line for its provider's limits before it counts as rate_limited.
    std::chrono::milliseconds wait_max{30'000};
    Budgets* budgets = nullptr; ///< outlives the market; absent: limits are counted in memory alone
    Timers* timers = nullptr;   ///< outlive it and go with its clock; absent: real time
    /// Told of each provider's answer along a route, the good and the bad; may be empty.
    std::function<void(std::string const& provider, Outcome const& outcome)> heard = {};
    OnRequest on_request = {}; ///< may be empty
};

/// The providers of the configuration behind one door.
class ProviderMarket final : public Market {
  public:
    /// `clock` outlives it. Throws ConfigError when a route names a provider that is not declared,
    /// or a ca_file cannot be read.
    ProviderMarket(boost::asio::any_io_executor executor, std::vector<Declaration> declarations,
                   Routes const& routes, Clock const& clock, MarketOptions options = {});

    boost::asio::awaitable<PriceAnswer> history(Asset asset, DayRange range) override;
    [[nodiscard]] QuotePace quote_pace(Asset const& asset) const override;
    boost::asio::awaitable<std::vector<PriceAnswer>> quotes(std::vector<Asset> assets) override;
    boost::asio::awaitable<RateAnswer> rates_history(std::vector<std::string> currencies,
                                                     DayRange range) override;
    boost::asio::awaitable<RateAnswer> rates_latest(std::vector<std::string> currencies) override;

    /// From the next question on; what is being asked ends as it began. A provider whose declaration
    /// is the same keeps its limits and what it knows. Throws ConfigError as the constructor does, and
    /// then nothing is changed.
    void change(std::vector<Declaration> declarations, Routes const& routes);

    /// Connections kept for the next question: while there are any, the loop has work.
    void close_idle();

    /// By name.
    [[nodiscard]] std::vector<ProviderState> states() const;

  private:
    /// Shared with the questions under way, which hold on to those they began to ask.
    using Route = std::vector<std::shared_ptr<Provider>>;

    struct Setup {
        std::map<std::string, std::shared_ptr<Provider>> providers;
        std::map<std::string, Route> prices;
        Route rates_latest;
        Route rates_history;
        /// Of providers that stay, to be given to them at last.
        std::vector<std::pair<Provider*, std::shared_ptr<HttpsClient>>> clients;
    };

    [[nodiscard]] Setup set_up(std::vector<Declaration> declarations, Routes const& routes);
    boost::asio::awaitable<std::vector<PriceAnswer>>
    quotes_along(Route route, std::string asset_type, std::vector<Asset> assets);
    boost::asio::awaitable<RateAnswer> rates_along(Route route, std::string name,
                                                   std::vector<std::string> currencies,
                                                   std::optional<DayRange> range);
    [[nodiscard]] Route const& price_route(std::string const& asset_type) const;

    boost::asio::any_io_executor executor_;
    Clock const& clock_;
    MarketOptions options_;
    SteadyTimers steady_timers_;
    Setup setup_;
};

} // namespace portfoliod::market
