#include "service/condition.hpp"

#include "service/status_text.hpp"

#include <fmt/format.h>

namespace portfoliod::service {

namespace {

std::int64_t seconds_since(Instant then, Instant now) {
    return std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(now - then).count());
}

std::string what_is_done(Condition const& condition, Instant now) {
    if (!condition.figures) return "working";
    auto const& figures = *condition.figures;
    auto const tracked = figures.total("assets_tracked");
    auto text = fmt::format("tracking {} asset{}", tracked, tracked == 1 ? "" : "s");
    auto const queued = figures.total("jobs", "pending") + figures.total("jobs", "in_progress") +
                        figures.total("jobs", "rate_limited");
    if (queued > 0) text += fmt::format(", {} backfill{} queued", queued, queued == 1 ? "" : "s");
    if (auto const failed = figures.total("jobs", "failed"); failed > 0)
        text += fmt::format(", {} failed", failed);
    if (condition.last_quotes)
        text += fmt::format(", last quotes {} ago",
                            in_words(seconds_since(*condition.last_quotes, now)));
    return text;
}

} // namespace

std::string status_line(Condition const& condition, Instant now) {
    if (condition.stopping) return "stopping";
    if (condition.unreachable_since)
        return fmt::format("database unreachable for {}, retrying: {}",
                           in_words(seconds_since(*condition.unreachable_since, now)),
                           condition.why_unreachable);
    if (!condition.schema_fits) return "looking at the schema";
    if (!condition.connected) return "connecting to the database";
    return what_is_done(condition, now);
}

std::string not_ready_because(Condition const& condition) {
    if (condition.stopping) return "stopping";
    if (condition.unreachable_since)
        return fmt::format("database unreachable: {}", condition.why_unreachable);
    if (!condition.schema_fits) return "the schema has not been looked at yet";
    if (!condition.connected) return "not listening to the database yet";
    return "";
}

} // namespace portfoliod::service
