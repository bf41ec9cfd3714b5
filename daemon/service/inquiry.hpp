#pragma once

#include "db/lane.hpp"
#include "market/provider_market.hpp"
#include "service/config.hpp"
#include "tracking/stored_budgets.hpp"

#include <boost/asio/io_context.hpp>

#include <string>
#include <vector>

namespace portfoliod::service {

/// What one provider said along the way.
struct Heard {
    std::string provider;
    market::Outcome outcome;
};

/// The market as a command asks it: one question, to its end, on a loop of its own. It counts against the same budgets as the
/// daemon's questions.
class Inquiry {
  public:
    /// Asks by the configuration's routes, or, where `provider` names one, that provider alone.
    /// `clock` outlives it. Throws ConfigError.
    Inquiry(Config const& config, std::string const& provider, Clock const& clock);
    Inquiry(Inquiry const&) = delete;
    Inquiry& operator=(Inquiry const&) = delete;
    ~Inquiry() = default;

    market::PriceAnswer history(market::Asset const& asset, DayRange range);
    market::PriceAnswer quote(market::Asset const& asset);
    market::RateAnswer rates_history(std::string const& currency, DayRange range);
    market::RateAnswer rates_latest(std::string const& currency);

    /// Who was asked and how each answered, in that order.
    [[nodiscard]] std::vector<Heard> const& heard() const { return heard_; }

  private:
    market::MarketOptions overheard();

    boost::asio::io_context loop_{1};
    std::vector<Heard> heard_;
    db::Lane lane_;
    tracking::StoredBudgets budgets_{lane_};
    market::ProviderMarket market_;
};

} // namespace portfoliod::service
