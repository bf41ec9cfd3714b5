#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace portfoliod::market {

/// What an asset is to a provider: a row of `assets`.
struct Asset {
    int id = 0;
    std::string symbol;
    std::string asset_type; ///< stock, crypto, commodity or bond
    std::string exchange;   ///< "" where the catalogue names none
    std::string native_currency;
    /// From that day on all its splits are known; nothing: from none.
    std::optional<Day> splits_known_since = {};
};

/// How a provider answered. None but `ok` ever yields rows.
enum class OutcomeKind {
    ok,
    empty,          ///< a valid "nothing in this range"
    rate_limited,   ///< ask again after `wait`
    unknown_symbol, ///< this provider does not know it
    out_of_range,   ///< older than this provider serves
    denied,         ///< the key is missing, wrong or not enough
    refused,        ///< our request is wrong
    transient,      ///< 5xx, timeout, connection lost: ask again later
    malformed,      ///< HTML, truncated, another shape, another bar length
};

char const* to_text(OutcomeKind kind);

/// Whom a bad outcome concerns: the provider with all it gives, or this kind of request alone (an
/// endpoint that is paid for).
enum class Scope { provider, request };

struct Outcome {
    OutcomeKind kind = OutcomeKind::ok;
    std::string message; ///< what to tell the user; "" when ok. Never holds a key.
    std::optional<std::chrono::seconds>
        wait; ///< rate_limited: what the provider or its declaration asks for
    Scope scope = Scope::provider;
};

/// One daily bar in the asset's native currency, in major units. Figures are decimal text as the
/// provider wrote them (after folding minor units and float32 repair), fit for NUMERIC(28,12).
struct PriceRow {
    Day date;
    std::optional<std::string> open;
    std::optional<std::string> high;
    std::optional<std::string> low;
    std::string close;
    std::optional<std::int64_t> volume;
};

/// What stood in a price's place and no price can be.
struct DoubtfulPrice {
    Day date;
    std::string value; ///< decimal text, in major units
    std::string reason;
    std::string excerpt; ///< as the provider wrote it
};

struct Split {
    Day ex_date;
    std::string numerator;
    std::string denominator;
};

struct Dividend {
    Day ex_date;
    std::string amount;
};

/// Rates as a provider states them: one unit of `base` costs `rate` units of `quote`.
struct QuotedRate {
    Instant timestamp; ///< a daily rate stands at 00:00 of its date
    std::string base;
    std::string quote;
    std::string rate;
};

/// A row of `exchange_rates`.
struct RateRow {
    std::string currency;
    Instant timestamp;
    std::string rate_to_usd; ///< decimal text, at most 16 fraction digits
    std::string source = {}; ///< who answered; "" = as the whole answer
};

struct PriceAnswer {
    Outcome outcome;
    std::string source; ///< the provider that answered
    std::vector<PriceRow> rows;
    std::vector<Split> splits;
    std::vector<Dividend> dividends;
    /// Set when the provider reaches back less far than asked: it spoke for these days only, the
    /// rest is still a gap.
    std::optional<DayRange> served;
    /// The rows are prices as they were traded: in the shares of their own day, not in today's.
    bool unadjusted = false;
    /// The provider reports splits: in these days there were no others than those.
    bool tells_splits = false;
    std::vector<DoubtfulPrice> doubtful = {}; ///< of days that have no row
};

struct RateAnswer {
    Outcome outcome;
    std::string source; ///< of the first that answered; what others added says so itself
    std::vector<RateRow> rows;
    std::optional<DayRange> served; ///< as in PriceAnswer
};

} // namespace portfoliod::market
