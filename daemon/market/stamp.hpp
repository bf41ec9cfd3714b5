#pragma once

#include "base/time.hpp"
#include "market/declaration.hpp"
#include "market/document.hpp"
#include "market/selector.hpp"

#include <date/tz.h>

#include <optional>
#include <string>

namespace portfoliod::market {

struct Stamp {
    Instant instant;
    Day date; ///< the trading date: the instant's day in the exchange's zone at that instant
};

/// Reads the stamps of one answer.
class StampReader {
  public:
    /// Nothing when the answer does not name its zone or names none that exists.
    static std::optional<StampReader> open(TimeRule const& rule, Document const& document,
                                           Instant now);

    /// Nothing for what is no stamp between 1900 and 2200. As::now needs no figure.
    [[nodiscard]] std::optional<Stamp> read(std::optional<Found> const& found) const;

    /// Whether the bar can no longer move: its date is behind, in the exchange's zone or, together
    /// with the stamp itself, in UTC. No exchange trades on under a date that UTC has left behind; but in
    /// New York's evening the last row of a future is the next session's, stamped now.
    [[nodiscard]] bool is_over(Stamp const& stamp) const {
        auto const utc_today = std::chrono::floor<std::chrono::days>(now_);
        return stamp.date < local_day(now_) ||
               (stamp.date < utc_today && stamp.instant < utc_today);
    }

    /// Whether its date is still to come: no price can be of then. Where nothing says the zone, it may be
    /// tomorrow already somewhere.
    [[nodiscard]] bool is_to_come(Stamp const& stamp) const {
        return stamp.date > local_day(now_) + std::chrono::days{rule_.zone.empty() ? 1 : 0};
    }

  private:
    StampReader(TimeRule const& rule, date::time_zone const* zone, Instant now)
        : rule_(rule), zone_(zone), now_(now) {}

    [[nodiscard]] Day local_day(Instant instant) const;
    [[nodiscard]] std::optional<Stamp> at(std::optional<Instant> instant) const;
    [[nodiscard]] std::optional<Instant> parse_iso(std::string_view text) const;
    [[nodiscard]] std::optional<Instant> parse_format(std::string const& text) const;
    [[nodiscard]] Instant from_local(date::local_time<std::chrono::microseconds> local) const;

    TimeRule const& rule_; ///< of the Declaration, which outlives the reading
    date::time_zone const* zone_;
    Instant now_;
};

} // namespace portfoliod::market
