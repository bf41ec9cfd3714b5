#pragma once

#include "market/answer.hpp"

#include <string>
#include <vector>

namespace portfoliod::market {

/// rate_to_usd = USD per one unit of each wanted currency, at each timestamp that has both legs:
/// directly, turned around, or through one other currency quoted at the same timestamp. 16 fraction
/// digits, half away from zero. A leg of another timestamp is never used; what has no way to USD
/// yields no row.
std::vector<RateRow> cross_to_usd(std::vector<QuotedRate> const& rates,
                                  std::vector<std::string> const& wanted);

} // namespace portfoliod::market
