#pragma once

#include "base/time.hpp"
#include "market/answer.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace portfoliod::market {

/// How fast quotes may be asked for day in, day out.
struct QuotePace {
    std::string provider; ///< who is asked first; "" when nobody is
    /// Between two requests; leaves half of what the provider allows to history.
    std::chrono::milliseconds spacing{0};
    int together_max = 1; ///< assets that one request asks for
};

/// What the rest of the daemon knows of the outside world. Each call walks the configured route: a
/// provider that cannot answer hands over to the next; the outcome is the first `ok` or `empty`,
/// else the one most worth waiting for. A provider that reaches back less far answers for the days
/// it has (`served`); the others are asked for by themselves, and go to the next one. No call throws for what a provider did; that is its
/// Outcome.
class Market {
  public:
    Market() = default;
    Market(Market const&) = delete;
    Market& operator=(Market const&) = delete;
    virtual ~Market() = default;

    /// Daily bars of `range`; rows outside it are dropped.
    virtual boost::asio::awaitable<PriceAnswer> history(Asset asset, DayRange range) = 0;
    [[nodiscard]] virtual QuotePace quote_pace(Asset const& asset) const = 0;
    /// The latest prices of these: one answer for each, in their order, of at most one row, which is
    /// dated by its own stamp. Asked for together where a provider's file allows it.
    virtual boost::asio::awaitable<std::vector<PriceAnswer>> quotes(std::vector<Asset> assets) = 0;
    /// Daily rates to USD of these currencies (never USD itself). What one provider does not have is
    /// asked of the next, so sources may differ from row to row.
    virtual boost::asio::awaitable<RateAnswer> rates_history(std::vector<std::string> currencies,
                                                             DayRange range) = 0;
    /// The latest rates to USD of these currencies.
    virtual boost::asio::awaitable<RateAnswer>
    rates_latest(std::vector<std::string> currencies) = 0;
};

} // namespace portfoliod::market
