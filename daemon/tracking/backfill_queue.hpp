#pragma once

#include "base/time.hpp"
#include "db/session.hpp"
#include "market/answer.hpp"
#include "tracking/policy.hpp"
#include "tracking/story.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

/// The two persistent queues, `backfill_queue` and its twin for exchange rates: short transactions
/// around the functions of the schema that keep the rules.
namespace portfoliod::tracking {

/// The tables, as the schema's functions take them.
inline constexpr std::string_view price_queue = "public.backfill_queue";
inline constexpr std::string_view rate_queue = "portfoliod.rate_backfill_queue";

/// A claimed range of price history; the token is the claim.
struct PriceJob {
    int id = 0;
    std::string token;
    market::Asset asset;
    DayRange range;
    int attempts = 0; ///< tries that failed so far
};

/// Rate jobs claimed under one token, because one answer often closes them all.
struct RateJobs {
    struct Job {
        int id = 0;
        std::string currency;
        DayRange range;
    };

    std::string token;
    std::vector<Job> jobs;
    int attempts = 0; ///< the most any of them had

    [[nodiscard]] std::vector<int> ids() const;
    [[nodiscard]] std::vector<std::string> currencies() const;
    [[nodiscard]] DayRange
    range() const; ///< from the earliest day any of them asks for to the latest
};

template <class Job>
using AnswerTo =
    std::conditional_t<std::is_same_v<Job, PriceJob>, market::PriceAnswer, market::RateAnswer>;

/// A job and what the market said.
template <class Job>
struct Fetched {
    Job job;
    AnswerTo<Job> answer;
    Instant asked_at{};
    Instant answered_at{};
};

/// How many jobs of each asset type are under way here.
using UnderWay = std::map<std::string, int>;

/// The oldest of a type that has none under way, else the oldest; but one type never takes the last of Policy::concurrency, so that jobs
/// that wait for their provider leave room for those that another one would answer at once.
std::optional<PriceJob> claim_price_job(db::Transaction& transaction, Policy const& policy,
                                        UnderWay const& under_way = {});
std::optional<RateJobs> claim_rate_jobs(db::Transaction& transaction, Policy const& policy);

/// What a try that brought nothing means for its jobs.
enum class Verdict { rate_limited, transient, unserved, permanent };

struct PutOff {
    Verdict verdict = Verdict::transient;
    std::chrono::seconds wait{0};
    std::string message; ///< for error_message: what happened and what to do
};

/// Decides by the provider's outcome (which must not be ok or empty); pure. random in [0, 1).
PutOff put_off_for(market::Outcome const& outcome, int attempts, Policy const& policy,
                   double random);

/// Returns the jobs' status now; empty when the claim was lost to another daemon.
std::string put_off(db::Transaction& transaction, std::string_view queue,
                    std::vector<int> const& jobs, std::string const& token, PutOff const& how);
void give_back(db::Transaction& transaction, std::string_view queue, std::vector<int> const& jobs,
               std::string const& token);

/// What is to be known of an answer to say with which others it may be stored.
struct Storable {
    int asset_id = 0;
    std::size_t rows = 0;
    bool alone = false; ///< it failed before, or locks what others are not to wait for
};

/// Which of them are stored in one transaction, by index; the first is among them. Each asset once: what one answer brings is what the
/// next is judged by.
std::vector<std::size_t> stored_together(std::vector<Storable> const& waiting);

/// What an answer brought.
struct Stored {
    int rows_changed = 0;
    int splits_changed = 0;
    std::vector<Doubt> doubts = {};
};

/// Stores answers and completes their jobs in the caller's transaction; each asset once, in the order of their ids. What was stored of
/// each; nothing where the claim was lost. Throws soon when somebody holds one of them.
std::vector<std::optional<Stored>> complete(db::Transaction& transaction,
                                            std::span<Fetched<PriceJob> const> fetched, Day today,
                                            Policy const& policy);
/// As above, of a batch that is one answer.
std::optional<Stored> complete(db::Transaction& transaction, Fetched<RateJobs> const& fetched,
                               Day today);

/// In how long a job that waits now may run (never, when none waits), by the server's clock.
std::optional<std::chrono::milliseconds> time_to_next_job(db::Transaction& transaction);

} // namespace portfoliod::tracking
