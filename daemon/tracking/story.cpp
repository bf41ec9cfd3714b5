#include "tracking/story.hpp"

#include "base/log.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace portfoliod::tracking {

namespace {

/// Of one answer: ten days of doubtful closes end every such series.
constexpr int doubts_told_max = 20;

log::Fields fields(Answered const& answered) {
    log::Fields fields{{"ASSET_ID", answered.asset.id}, {"PROVIDER", answered.provider}};
    if (answered.job > 0) fields.emplace_back("JOB_ID", answered.job);
    return fields;
}

} // namespace

void tell(std::vector<Holders> const& changed) {
    for (auto const& [asset, symbol, users, first] : changed) {
        if (users == 0)
            log::happened(
                Happening::asset_released,
                fmt::format("{} is held by nobody any more: no quotes, its history stays", symbol),
                {{"ASSET_ID", asset}});
        else
            log::happened(Happening::asset_tracked,
                          fmt::format("{} is tracked{}: held by {} user{}", symbol,
                                      first ? " for the first time" : " again", users,
                                      users == 1 ? "" : "s"),
                          {{"ASSET_ID", asset}, {"USERS", users}});
    }
}

void tell(std::vector<QueuedJob> const& queued) {
    for (auto const& job : queued) {
        log::Fields fields{{"JOB_ID", job.id}};
        if (job.asset_id)
            fields.emplace_back("ASSET_ID", *job.asset_id);
        else
            fields.emplace_back("CURRENCY", job.what);
        log::happened(Happening::job_queued,
                      fmt::format("queued: {}{} {} to {}", job.asset_id ? "" : "rates of ",
                                  job.what, to_text(job.range.first), to_text(job.range.last)),
                      std::move(fields));
    }
}

std::map<int, std::vector<Doubt>> just_doubted(db::Transaction& transaction,
                                               std::vector<int> const& assets) {
    std::map<int, std::vector<Doubt>> doubts;
    for (auto const row :
         transaction.execute("SELECT asset_id, price_date, trim_scale(value)::text, reason "
                             "FROM unnest($1::int[]) AS asset CROSS JOIN LATERAL ("
                             "SELECT * FROM portfoliod.quarantine "
                             "WHERE asset_id = asset AND created_at = now() AT TIME ZONE 'UTC' "
                             "AND accepted_at IS NULL ORDER BY price_date LIMIT $2) AS doubt "
                             "ORDER BY asset_id, price_date",
                             {assets, doubts_told_max}))
        doubts[row.integer(0)].push_back({row.day(1), row.string(2), row.string(3)});
    return doubts;
}

void tell(Answered const& answered, std::vector<Doubt> const& doubts) {
    for (auto const& doubt : doubts)
        log::happened(Happening::price_doubted,
                      fmt::format("{} on {} from {} is not believed and waits in "
                                  "portfoliod.quarantine: {}: {}",
                                  answered.asset.symbol, to_text(doubt.date), answered.provider,
                                  doubt.value, doubt.reason),
                      fields(answered));
}

void tell(Answered const& answered, std::vector<market::Split> const& splits) {
    std::vector<std::string> words;
    for (auto const& split : splits)
        words.push_back(fmt::format("{} for {} on {}", split.numerator, split.denominator,
                                    to_text(split.ex_date)));
    log::happened(Happening::split_found,
                  fmt::format("{} reports splits of {} that were not known: {}", answered.provider,
                              answered.asset.symbol, fmt::join(words, ", ")),
                  fields(answered));
}

} // namespace portfoliod::tracking
