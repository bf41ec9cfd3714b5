#include "bench/valuation.hpp"

#include "bench/books.hpp"
#include "valuation/daily.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <random>
#include <string>

namespace portfoliod::bench {

namespace {

using namespace std::chrono_literals;
using valuation::Price;
using valuation::Quantity;
using valuation::Rate;

constexpr auto last = Day{2026y / 11 / 22};

struct Size {
    int trades;
    int assets;
    int years;
};

/// Everything that value_days() is given, made up: closes on weekdays that wander, three of five assets in other currencies.
struct Loaded {
    std::vector<valuation::Trade> trades;
    valuation::MarketSeries market;
    Day first;
};

template <int Scale>
valuation::Fixed<Scale> decimal(double value, int digits) {
    return valuation::Fixed<Scale>::parse(fmt::format("{:.{}f}", value, digits));
}

Loaded load(Size const& size) {
    static constexpr char const* currencies[] = {"USD", "EUR", "USD", "GBP", "JPY"};
    std::mt19937 random{20261128};
    auto const any = [&](int below) {
        return static_cast<int>(random() % static_cast<unsigned>(below));
    };
    Loaded loaded;
    loaded.first = last - std::chrono::days{365 * size.years};
    for (auto const* const code : {"EUR", "GBP", "JPY"})
        for (auto day = loaded.first - 1 * std::chrono::days{1}; day <= last;
             day += std::chrono::days{1})
            loaded.market.currencies[code].rates.push_back(
                {day, decimal<16>(1 + any(1000) / 10'000.0, 8)});
    for (auto id = 1; id <= size.assets; ++id) {
        auto& series = loaded.market.assets[id];
        series.currency = currencies[id % 5];
        auto price = 20.0 + any(200);
        for (auto day = loaded.first - std::chrono::days{1}; day <= last;
             day += std::chrono::days{1}) {
            auto const weekday = std::chrono::weekday{day}.c_encoding();
            if (weekday == 0 || weekday == 6) continue;
            price *= 0.99 + any(200) / 10'000.0 + 0.0001;
            series.closes.push_back({decimal<12>(price, 6), day, false});
        }
    }
    std::vector<int> held(static_cast<std::size_t>(size.assets) + 1);
    for (auto i = 0; i < size.trades; ++i) {
        auto const id = 1 + i % size.assets;
        auto const day = loaded.first + std::chrono::days{365 * size.years} * i / size.trades;
        auto& have = held[static_cast<std::size_t>(id)];
        auto const sells = have > 10 && any(4) == 0;
        auto const quantity = sells ? 5 : 1 + any(9);
        have += sells ? -quantity : quantity;
        loaded.trades.push_back(
            {.asset_id = id,
             .timestamp = std::chrono::floor<std::chrono::days>(Instant{day}) + 15h,
             .side = sells ? valuation::Side::sell : valuation::Side::buy,
             .quantity = decimal<12>(quantity, 0),
             .price = decimal<12>(50 + any(50), 2),
             .fee = decimal<12>(1, 0),
             .rate = decimal<16>(1.05, 2)});
    }
    return loaded;
}

struct Computed {
    double median_ms;
    int days;
};

Computed compute(Size const& size, int runs) {
    auto const loaded = load(size);
    std::vector<double> times;
    auto days = 0;
    for (auto run = 0; run < runs; ++run) {
        days = 0;
        auto total = valuation::Money{};
        auto const start = Clock::now();
        valuation::value_days(loaded.trades, {}, last + std::chrono::days{1}, {}, loaded.market,
                              loaded.first, last, {}, [&](valuation::DayValue const& day) {
                                  ++days;
                                  total += day.value;
                              });
        times.push_back(since(start) * 1000);
        if (total.is_zero()) throw std::runtime_error{"nothing was worth anything"};
    }
    std::ranges::sort(times);
    return {times[times.size() / 2], days};
}

/// The most memory this process ever had resident, MB.
double peak_memory_mb() {
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
    return 0;
}

void computed(Report& report, Size const& size, double goal_ms, std::string const& elsewhere,
              double elsewhere_ms) {
    auto const done = compute(size, 5);
    Figure figure{fmt::format("{} trades, {} assets, {} years: {} days computed", size.trades,
                              size.assets, size.years, done.days),
                  done.median_ms, "ms"};
    figure.reference = elsewhere;
    figure.reference_value = elsewhere_ms;
    figure.goal = fmt::format("<= {}", goal_ms);
    figure.met = done.median_ms <= goal_ms;
    report.add(figure);
}

} // namespace

void days_computed(Report& report) {
    computed(report, {1900, 30, 8}, 50, "another tracker's report, as stated, not run here",
             16'000);
    computed(report, {14'400, 250, 12}, 500, "the same one gives up after, as stated, not run here",
             30'000);
    auto const memory = peak_memory_mb();
    report.add({"memory of this process with those rows, at its highest",
                memory,
                "MB",
                {},
                {},
                "<= 150",
                memory <= 150});
    auto const once = compute({14'400, 250, 12}, 5).median_ms;
    auto const four = compute({57'600, 250, 12}, 3).median_ms;
    auto const twice = compute({28'800, 250, 12}, 3).median_ms;
    report.add({"the same with 2 x the trades", twice, "ms", "1 x", once});
    report.add({"the same with 4 x the trades", four, "ms", "1 x", once});
    report.add(
        {"growth with the trades: time ~ trades to the power of", std::log2(four / once) / 2, ""});
}

void valuation(Report& report) {
    days_computed(report);
    one_portfolio(report);
    midnight(report);
}

} // namespace portfoliod::bench
