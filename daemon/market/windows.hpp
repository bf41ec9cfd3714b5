#pragma once

#include "base/time.hpp"
#include "market/declaration.hpp"

#include <vector>

namespace portfoliod::market {

/// The range cut into what one request may span, both ends and the padding counted; oldest first.
std::vector<DayRange> windows(DayRange range, Window const& window, int pad_days);

} // namespace portfoliod::market
