#include "market/tally.hpp"

#include "market/outcome.hpp"

#include <fmt/format.h>

namespace portfoliod::market {

Outcome conclude(Declaration const& provider, RequestRule const& rule, Tally const& tally) {
    auto const unused = tally.absent + tally.broken + tally.refused;
    std::string message;
    if (unused > 0)
        message = fmt::format("{}: {} of {} rows not used: {}", provider.name, unused, tally.rows,
                              quotable(provider, tally.complaint));
    if (tally.kept > 0) return {OutcomeKind::ok, message, {}};
    if (rule.empty && tally.broken == 0) return {*rule.empty, message, {}};
    bool const readable = tally.blank + tally.outside + tally.refused > 0;
    if (tally.absent + tally.broken > 0 && !readable) return {OutcomeKind::malformed, message, {}};
    return {OutcomeKind::empty, message, {}};
}

} // namespace portfoliod::market
