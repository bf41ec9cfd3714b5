#include "bench/backfill.hpp"
#include "market/parse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <simdjson.h>
#include <stdexcept>
#include <vector>

namespace portfoliod::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int repeats = 31;

/// The largest answer that was recorded, where those lie beside the project; "" elsewhere.
std::string recorded() {
    std::ifstream stream{std::filesystem::path{PROJECT_DIR} /
                             "../shared/fixtures/yahoo/chart_tsla_1d_full_history_2010_2023.json",
                         std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

/// Thirteen years of daily bars in the same shape and of about the same size.
std::string made_up() {
    std::string stamps;
    std::string figures;
    for (auto day = 0; day < 3303; ++day) {
        auto const* const comma = day == 0 ? "" : ",";
        stamps += fmt::format("{}{}", comma, 1277818200 + day * 86400L);
        figures += fmt::format("{}{:.14f}", comma, 20 + day / 7.0);
    }
    return fmt::format(
        R"({{"chart":{{"result":[{{"meta":{{"currency":"USD","symbol":"TSLA","exchangeTimezoneName":"America/New_York",)"
        R"("dataGranularity":"1d"}},"timestamp":[{0}],"indicators":{{"quote":[{{"open":[{1}],"high":[{1}],"low":[{1}],)"
        R"("close":[{1}],"volume":[{0}]}}],"adjclose":[{{"adjclose":[{1}]}}]}}}}],"error":null}}}})",
        stamps, figures);
}

template <class Work>
double median_s(Work const& work) {
    std::vector<double> times;
    for (auto i = 0; i < repeats; ++i) {
        auto const start = Clock::now();
        work();
        times.push_back(std::chrono::duration<double>(Clock::now() - start).count());
    }
    std::ranges::nth_element(times, times.begin() + repeats / 2);
    return times[repeats / 2];
}

} // namespace

void reading(Report& report) {
    auto body = recorded();
    auto const is_recorded = !body.empty();
    if (!is_recorded) body = made_up();
    auto const provider =
        market::load_declaration(std::filesystem::path{PROJECT_DIR} / "conf/providers/yahoo.yaml");
    market::Asset const asset{1, "TSLA", "stock", "NASDAQ", "USD"};
    auto const now = parse_instant("2026-11-23 12:00:00").value();
    auto const today = parse_day("2026-11-23").value();
    auto const plan = market::plan_history(
        provider, asset, {parse_day("2000-01-01").value(), today - std::chrono::days{1}}, today);
    market::Reply const reply{200, body, {}};
    std::size_t rows = 0;
    auto const ours = median_s([&] {
        rows = market::read_prices(provider, plan.questions.front(), asset, reply, now).rows.size();
    });
    if (rows == 0) throw std::runtime_error{"the largest answer was not read"};
    simdjson::dom::parser parser;
    auto const dom = median_s([&] {
        simdjson::dom::element document;
        if (parser.parse(body).get(document) != simdjson::SUCCESS)
            throw std::runtime_error{"simdjson did not read it"};
    });
    auto const megabytes = static_cast<double>(body.size()) / 1e6;
    fmt::print("reading {} answer of {:.0f} kB, {} rows: {:.2f} ms\n",
               is_recorded ? "a recorded" : "a made-up", megabytes * 1000, rows, ours * 1000);
    report.add({"reading an answer into rows", megabytes / ours, "MB/s", "simdjson's DOM",
                megabytes / dom});
}

} // namespace portfoliod::bench
