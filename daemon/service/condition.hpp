#pragma once

#include "base/time.hpp"
#include "service/stored_figures.hpp"

#include <optional>
#include <string>

namespace portfoliod::service {

/// How the daemon is at this moment, for systemd and for whoever asks /readyz.
struct Condition {
    bool schema_fits = false; ///< and so everything works
    bool stopping = false;
    bool connected = false; ///< the listener is, and hears all channels
    std::optional<Instant> unreachable_since = {};
    std::string why_unreachable = {};
    bool leads = false;                                 ///< runs the schedule
    std::optional<StoredFigures::Figures> figures = {}; ///< as last read
    std::optional<Instant> last_quotes = {};            ///< of this daemon
};

/// "tracking 132 assets, 3 backfills queued, last quotes 12 s ago"
std::string status_line(Condition const& condition, Instant now);

/// What keeps it from being ready; "" for nothing.
std::string not_ready_because(Condition const& condition);

} // namespace portfoliod::service
