#pragma once

#include "base/time.hpp"
#include "market/answer.hpp"
#include "market/declaration.hpp"
#include "market/document.hpp"
#include "market/outcome.hpp"
#include "market/request.hpp"

#include <optional>
#include <variant>
#include <vector>

/// From an answer's bytes to rows, as the provider file says. Whatever a body holds, nothing here
/// throws for it.
namespace portfoliod::market {

/// What a reply to plan_history's question holds: the closed bars of the asked days.
PriceAnswer read_prices(Declaration const& provider, Question const& question, Asset const& asset,
                        Reply const& reply, Instant now);

/// What a reply to a batch of plan_quotes() holds: at most one row for each asset.
struct Quotes {
    std::optional<Outcome> refusal;   ///< what the answer as a whole means instead
    std::vector<PriceAnswer> answers; ///< in the order of the batch; none with a refusal
};

Quotes read_quotes(Declaration const& provider, QuoteBatch const& batch,
                   std::vector<Asset> const& assets, Reply const& reply, Instant now);

struct QuotedRates {
    Outcome outcome;
    std::vector<QuotedRate> rates; ///< of one timestamp and pair, the last is the one that counts
};

QuotedRates read_rates(Declaration const& provider, Question const& question, Reply const& reply,
                       Instant now);

/// The document behind a reply that is what the file calls genuine; otherwise what the reply means
/// instead.
std::variant<Outcome, Document> open_answer(Declaration const& provider, RequestRule const& rule,
                                            Reply const& reply);

} // namespace portfoliod::market
