#include "service/inquiry.hpp"

#include "base/run_to_end.hpp"
#include "service/providers.hpp"

namespace portfoliod::service {

namespace {

market::Routes routes_to(Config const& config, std::string const& provider) {
    auto routes = service::routes(config);
    if (provider.empty()) return routes;
    routes.rates_latest = routes.rates_history = {provider};
    for (auto const* const type : {"stock", "crypto", "commodity", "bond"})
        routes.prices[type] = {provider};
    return routes;
}

} // namespace

Inquiry::Inquiry(Config const& config, std::string const& provider, Clock const& clock)
    : lane_({config.database.url, "portfoliod budgets"}, 1)
    , market_(loop_.get_executor(), load_providers(config), routes_to(config, provider), clock,
              overheard()) {}

market::MarketOptions Inquiry::overheard() {
    market::MarketOptions options;
    options.budgets = &budgets_;
    options.heard = [this](std::string const& provider, market::Outcome const& outcome) {
        heard_.push_back({provider, outcome});
    };
    return options;
}

market::PriceAnswer Inquiry::history(market::Asset const& asset, DayRange range) {
    return run_to_end(loop_, market_.history(asset, range));
}

market::PriceAnswer Inquiry::quote(market::Asset const& asset) {
    return run_to_end(loop_, market_.quotes({asset})).front();
}

market::RateAnswer Inquiry::rates_history(std::string const& currency, DayRange range) {
    return run_to_end(loop_, market_.rates_history({currency}, range));
}

market::RateAnswer Inquiry::rates_latest(std::string const& currency) {
    return run_to_end(loop_, market_.rates_latest({currency}));
}

} // namespace portfoliod::service
