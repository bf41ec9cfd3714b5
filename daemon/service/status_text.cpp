#include "service/status_text.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace portfoliod::service {

namespace json = boost::json;

namespace {

std::int64_t number(json::value const& value) { return value.to_number<std::int64_t>(); }

std::string_view text(json::value const& value) {
    return value.is_null() ? std::string_view{} : std::string_view{value.as_string()};
}

std::string line(std::string_view what, std::string const& words) {
    return fmt::format("{:<15} {}\n", what, words);
}

std::string counted(std::int64_t count, std::string_view one) {
    return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

std::string assets(json::value const& report) {
    auto const& assets = report.at("assets");
    auto const& age = assets.at("last_quotes_age_s");
    return line("assets", fmt::format("{} held, {} with a price{}", number(assets.at("tracked")),
                                      number(assets.at("priced")),
                                      age.is_null() ? ", no quotes yet"
                                                    : fmt::format(", last quotes {} ago",
                                                                  in_words(number(age)))));
}

std::string portfolios(json::value const& report) {
    auto const& portfolios = report.at("portfolios");
    auto words = counted(number(portfolios.at("all")), "portfolio");
    for (auto const* const status : {"final", "estimated", "stale", "incomplete"})
        if (auto const some = number(portfolios.at(status)); some > 0)
            words += fmt::format(", {} {}", some, status);
    auto const waiting = number(report.at("changes_waiting"));
    return line("figures",
                words + (waiting > 0 ? fmt::format("; {} waiting", counted(waiting, "change"))
                                     : "; no change waiting"));
}

/// How much is done: "[######----]".
std::string bar(std::int64_t done, std::int64_t all) {
    constexpr std::int64_t width = 30;
    auto const filled = all == 0 ? width : done * width / all;
    return fmt::format("[{:#<{}}{:-<{}}] ", "", filled, "", width - filled);
}

std::string queue(json::value const& queue, bool terminal) {
    auto const done = number(queue.at("completed"));
    auto const failed = number(queue.at("failed"));
    auto const open = number(queue.at("pending")) + number(queue.at("in_progress")) +
                      number(queue.at("rate_limited"));
    auto words = terminal ? bar(done, done + open) : std::string{};
    words += open == 0 ? "nothing to fetch"
                       : fmt::format("{} of {} done", counted(done, "job"), done + open);
    for (auto const& [status, said] : {std::pair{"in_progress", "under way"},
                                       {"pending", "queued"},
                                       {"rate_limited", "told to wait"}})
        if (auto const some = number(queue.at(status)); some > 0)
            words += fmt::format(", {} {}", some, said);
    if (failed > 0) words += fmt::format(", {} failed", failed);
    auto const& next = queue.at("next_try_in_s");
    if (!next.is_null() && number(next) > 0)
        words += fmt::format(", next try in {}", in_words(number(next)));
    return line(text(queue.at("queue")), words);
}

/// One window of a provider's limits.
std::string budget(json::value const& budget) {
    std::string words;
    if (!budget.at("limit").is_null()) {
        words =
            fmt::format("{} of {} requests per {} used", number(budget.at("used")),
                        number(budget.at("limit_now")), in_words(number(budget.at("window_s"))));
        if (number(budget.at("limit_now")) < number(budget.at("limit")))
            words += fmt::format(" (slowed down from {})", number(budget.at("limit")));
        if (!budget.at("free_in_s").is_null())
            words += fmt::format(", next one in {}", in_words(number(budget.at("free_in_s"))));
    }
    auto const also = [&words](std::string const& more) {
        words += (words.empty() ? "" : "; ") + more;
    };
    if (!budget.at("paused_for_s").is_null())
        also(fmt::format("asked to wait {} more", in_words(number(budget.at("paused_for_s")))));
    if (text(budget.at("breaker")) != "closed")
        also(fmt::format("left alone for a while: {}", text(budget.at("problem"))));
    return line(text(budget.at("provider")), words.empty() ? "no limits" : words);
}

std::string run(json::value const& run) {
    auto words = fmt::format("{} ago, took {} s", in_words(number(run.at("age_s"))),
                             run.at("took_s").to_number<double>());
    if (!run.at("problem").is_null())
        words +=
            fmt::format(", FAILED: {}; last well {}", text(run.at("problem")),
                        run.at("succeeded_at").is_null() ? "never" : text(run.at("succeeded_at")));
    return line("", fmt::format("{}: {}", text(run.at("task")), words));
}

std::string problems(json::value const& report) {
    auto const all = number(report.at("problem_count"));
    if (all == 0) return line("problems", "none");
    auto lines = line("problems", fmt::format("{}, {} of them prices that were not believed", all,
                                              number(report.at("quarantined"))));
    auto const& shown = report.at("problems").as_array();
    for (auto const& problem : shown)
        lines += fmt::format("  {}\n    {}\n", text(problem.at("problem")),
                             text(problem.at("what_to_do")));
    if (all > static_cast<std::int64_t>(shown.size()))
        lines += "  … all of them: TABLE portfolio_problems\n";
    return lines;
}

} // namespace

std::string in_words(std::int64_t seconds) {
    if (seconds < 120) return fmt::format("{} s", seconds);
    if (seconds < 2 * 3600) return fmt::format("{} min", seconds / 60);
    if (seconds < 2 * 86400) return fmt::format("{} h", seconds / 3600);
    return fmt::format("{} d", seconds / 86400);
}

std::string status_text(std::string_view report_text, bool terminal) {
    auto const report = json::parse(report_text);
    auto const daemons = number(report.at("daemons"));
    auto lines = line("daemon", daemons == 0 ? "NOT RUNNING: nothing is worked off"
                                             : fmt::format("{} running", daemons));
    lines += assets(report) + portfolios(report);
    for (auto const& one : report.at("queues").as_array()) lines += queue(one, terminal);
    for (auto const& job : report.at("under_way").as_array())
        lines += line("", fmt::format("asking for {}, {} to {}", text(job.at("what")),
                                      text(job.at("from")), text(job.at("to"))));
    for (auto const& one : report.at("providers").as_array()) lines += budget(one);
    if (!report.at("runs").as_array().empty()) lines += line("last runs", "");
    for (auto const& one : report.at("runs").as_array()) lines += run(one);
    return lines + problems(report);
}

} // namespace portfoliod::service
