#include "market/calendars.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace portfoliod::market {

Calendars::Calendars(std::vector<Calendar> calendars,
                     std::map<std::string, std::string> const& assigned) {
    for (auto& calendar : calendars)
        calendars_.push_back(std::make_unique<Calendar const>(std::move(calendar)));
    for (auto const& [what, name] : assigned) {
        auto const found = std::ranges::find_if(
            calendars_, [&](auto const& calendar) { return calendar->name() == name; });
        if (found == calendars_.end())
            throw std::invalid_argument{fmt::format("there is no calendar '{}'", name)};
        assigned_.emplace(what, found->get());
    }
    for (auto const* const type : {"stock", "crypto", "commodity", "bond"})
        if (!assigned_.contains(type))
            throw std::invalid_argument{fmt::format("no calendar for {}", type)};
}

Calendar const& Calendars::of(Asset const& asset) const {
    auto const found = assigned_.find(asset.exchange);
    return found != assigned_.end() ? *found->second : *assigned_.at(asset.asset_type);
}

} // namespace portfoliod::market
