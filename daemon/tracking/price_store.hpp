#pragma once

#include "db/session.hpp"
#include "market/answer.hpp"
#include "tracking/policy.hpp"

#include <string>
#include <vector>

namespace portfoliod::tracking {

enum class Finality { final, provisional };

/// What is to be stored of an asset.
struct PricesOf {
    int asset_id;
    market::PriceAnswer const& answer;
};

/// COPY into a staging table and merge, by the rules of merge_prices(), in today's shares; what is not
/// to be believed goes into quarantine. Each asset once. Returns how many rows of each changed, in the order of `prices`.
/// Listeners learn of it by the triggers on asset_prices.
std::vector<int> store_prices(db::Transaction& transaction, std::vector<PricesOf> const& prices,
                              Finality finality, Day today, Policy const& policy);

/// Keeps the splits and dividends that came with the answer for these days, by the rules of
/// store_events(); returns how many splits were new or others than before.
int store_events(db::Transaction& transaction, int asset_id, DayRange asked,
                 market::PriceAnswer const& answer);

/// As store_prices(), for exchange_rates.
int store_rates(db::Transaction& transaction, std::string const& source,
                std::vector<market::RateRow> const& rows);

} // namespace portfoliod::tracking
