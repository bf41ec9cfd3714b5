#pragma once

#include "market/answer.hpp"
#include "market/calendar.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace portfoliod::market {

/// Which calendar an asset follows.
class Calendars {
  public:
    /// `assigned`: exchange or asset type → name of one of `calendars`; std::invalid_argument names one that is not
    /// there, or an asset type without.
    Calendars(std::vector<Calendar> calendars, std::map<std::string, std::string> const& assigned);

    /// Its exchange's, else its asset type's.
    [[nodiscard]] Calendar const& of(Asset const& asset) const;

  private:
    std::vector<std::unique_ptr<Calendar const>> calendars_;
    std::map<std::string, Calendar const*> assigned_;
};

} // namespace portfoliod::market
