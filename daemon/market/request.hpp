#pragma once

#include "base/time.hpp"
#include "market/answer.hpp"
#include "market/declaration.hpp"
#include "market/https.hpp"
#include "market/text_template.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace portfoliod::market {

/// One HTTPS request, and what reading its answer takes.
struct Question {
    RequestRule const* rule = nullptr; ///< of the Declaration, which outlives it
    Variables variables;
    std::string target; ///< path and query, encoded; may hold the key, so it is never logged
    Headers headers;
    std::optional<DayRange> days; ///< the asked days this one answers for, without padding
    std::vector<std::string> currencies = {}; ///< those it asks for together
};

/// What to ask a provider, or why it is not asked at all.
struct Plan {
    std::optional<Outcome> refusal;
    std::vector<Question> questions;
    std::optional<DayRange>
        served; ///< set when the provider does not reach back to all that was asked
};

/// One request for the latest prices of several assets.
struct QuoteBatch {
    Question question;
    std::vector<std::size_t> assets; ///< which of those planned for
};

struct QuotesPlan {
    std::vector<QuoteBatch> batches;
    std::vector<std::pair<std::size_t, Outcome>> refusals; ///< of assets that are not asked for
};

Plan plan_history(Declaration const& provider, Asset const& asset, DayRange range, Day today);
/// As few requests as the file's `batch` allows, one for each asset without it.
QuotesPlan plan_quotes(Declaration const& provider, std::vector<Asset> const& assets);
Plan plan_rates_history(Declaration const& provider, std::vector<std::string> const& currencies,
                        DayRange range, Day today);
Plan plan_rates_latest(Declaration const& provider, std::vector<std::string> const& currencies);

/// What the templates of a request about this asset may speak of, but the key and the days.
Variables asset_variables(Declaration const& provider, RequestRule const& rule, Asset const& asset);

/// How many assets of this one's kind a request for quotes asks for at most; 1 when there is none.
int quotes_together(Declaration const& provider, Asset const& asset);

/// The provider's name for an exchange's listings: ".DE" for XETRA; "" for an exchange the file
/// does not list.
std::string suffix(Declaration const& provider, std::string const& exchange);
/// What the provider calls it; our own name where the file has no other.
std::string their_name(Symbols const& symbols, std::string const& asset_type,
                       std::string const& ours);

} // namespace portfoliod::market
