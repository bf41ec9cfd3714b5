#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace portfoliod::service {

/// What portfoliod.status_report() returned, in lines for a person. `terminal`: with bars that show how far the queues are.
std::string status_text(std::string_view report, bool terminal);

/// "12 s", "3 min", "2 h", "5 d": the largest unit of which there are at least two, but for seconds.
std::string in_words(std::int64_t seconds);

} // namespace portfoliod::service
