#pragma once

#include "base/time.hpp"

#include <chrono>
#include <optional>

namespace portfoliod::market {

/// What a provider allows; absent = no limit of that kind.
struct Limits {
    std::optional<int> per_second = {};
    std::optional<int> per_minute = {};
    std::optional<int> per_hour = {};
    std::optional<int> per_day = {};
    std::optional<int> per_month = {};
    int concurrency = 1;

    friend bool operator==(Limits const&, Limits const&) = default;
};

/// At which distance requests may follow each other for ever so that none of the windows fills up.
std::chrono::milliseconds lasting_spacing(Limits const& limits);

} // namespace portfoliod::market
