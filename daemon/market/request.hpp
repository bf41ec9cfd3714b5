#pragma once

#include "base/time.hpp"
#include "market/answer.hpp"
#include "market/declaration.hpp"
#include "market/https.hpp"
#include "market/text_template.hpp"

#include <optional>
#include <string>
#include <vector>

namespace portfoliod::market {

/// One HTTPS request, and what reading its answer takes.
struct Question {
    RequestRule const* rule = nullptr; ///< of the Declaration, which outlives it
    Variables variables;
    std::string target; ///< path and query, encoded; may hold the key, so it is never logged
    Headers headers;
    std::optional<DayRange> days; ///< the asked days this one answers for, without padding
};

/// What to ask a provider, or why it is not asked at all.
struct Plan {
    std::optional<Outcome> refusal;
    std::vector<Question> questions;
    std::optional<DayRange>
        served; ///< set when the provider does not reach back to all that was asked
};

Plan plan_history(Declaration const& provider, Asset const& asset, DayRange range, Day today);
Plan plan_quote(Declaration const& provider, Asset const& asset);
Plan plan_rates_history(Declaration const& provider, std::vector<std::string> const& currencies,
                        DayRange range, Day today);
Plan plan_rates_latest(Declaration const& provider, std::vector<std::string> const& currencies);

/// The provider's name for an exchange's listings: ".DE" for XETRA; "" for an exchange the file
/// does not list.
std::string suffix(Declaration const& provider, std::string const& exchange);
/// What the provider calls it; our own name where the file has no other.
std::string their_name(Symbols const& symbols, std::string const& asset_type,
                       std::string const& ours);

} // namespace portfoliod::market
