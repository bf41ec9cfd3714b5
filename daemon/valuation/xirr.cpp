#include "valuation/returns.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

/// The money-weighted return: https://en.wikipedia.org/wiki/Internal_rate_of_return, with the
/// exponents of spreadsheets' XIRR, days / 365.
namespace portfoliod::valuation {

namespace {

struct Flow {
    double years; ///< since the first
    double usd;
};

/// Σ usd × e^(-u × years), up to a positive factor, and its derivative: 0 where e^u - 1 is the rate.
struct Worth {
    double u;
    double usd;
    double slope;
};

/// For growth as of the first flow, for loss as of the last, so that no power is beyond a double.
Worth worth(std::vector<Flow> const& flows, double u) {
    auto const as_of = u < 0 ? flows.back().years : 0;
    Worth sum{.u = u, .usd = 0, .slope = 0};
    for (auto const& flow : flows) {
        auto const years = flow.years - as_of;
        auto const term = flow.usd * std::exp(-u * years);
        sum.usd += term;
        sum.slope -= term * years;
    }
    return sum;
}

bool opposite(Worth const& one, Worth const& other) { return (one.usd < 0) != (other.usd < 0); }

struct Bracket {
    Worth inner;
    Worth outer;
};

/// From a rate of 0 outwards to where the sign changes. `end` itself is not a rate any more.
std::optional<Bracket> bracket(std::vector<Flow> const& flows, Worth inner, double end) {
    constexpr std::array steps{0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4};
    for (auto const step : steps) {
        auto const outer = worth(flows, std::copysign(step, end));
        if (opposite(inner, outer)) return Bracket{.inner = inner, .outer = outer};
        inner = outer;
    }
    auto const outer = worth(flows, end);
    if (outer.usd != 0 && opposite(inner, outer)) return Bracket{.inner = inner, .outer = outer};
    return std::nullopt;
}

/// Newton's steps, replaced by halving where they leave the bracket or do not get shorter.
double root(std::vector<Flow> const& flows, Bracket around) {
    constexpr int steps_max = 100;       // halving alone needs 50
    constexpr double near_enough = 1e-7; // of a Newton step: what is left is about its square
    auto& [inner, outer] = around;
    auto const middle = [&] { return (inner.u + outer.u) / 2; };
    auto const inside = [&](double u) {
        return std::min(inner.u, outer.u) < u && u < std::max(inner.u, outer.u);
    };
    auto u = inner.u - inner.usd * (outer.u - inner.u) / (outer.usd - inner.usd);
    if (!inside(u)) u = middle();
    auto step_before = std::abs(outer.u - inner.u);
    for (int i = 0; i < steps_max; ++i) {
        auto const here = worth(flows, u);
        if (here.usd == 0) return u;
        (opposite(here, inner) ? outer : inner) = here;
        auto next = u - here.usd / here.slope;
        auto step = std::abs(next - u);
        if (inside(next) && step < near_enough) return next;
        if (!inside(next) || step > step_before / 2) next = middle();
        step_before = std::abs(next - u);
        if (next == u) return u;
        u = next;
    }
    return u;
}

/// By day, as years since the first; the value as if all were sold.
std::vector<Flow> with_value(std::span<CashFlow const> flows, Money const& value, Day valued_on) {
    std::vector<CashFlow> ordered{flows.begin(), flows.end()};
    std::erase_if(ordered, [](CashFlow const& flow) { return flow.usd == 0; });
    if (!value.is_zero()) ordered.push_back({.day = valued_on, .usd = -to_double(value)});
    for (auto& flow : ordered) flow.day = std::min(flow.day, valued_on);
    // Sums of doubles depend on the order, so it is always the same.
    std::ranges::sort(ordered, {},
                      [](CashFlow const& flow) { return std::tie(flow.day, flow.usd); });
    std::vector<Flow> all;
    all.reserve(ordered.size());
    for (auto const& flow : ordered)
        all.push_back({.years = static_cast<double>((flow.day - ordered.front().day).count()) / 365,
                       .usd = flow.usd});
    return all;
}

/// Of several rates the one nearest to 0, above it with a profit and below it with a loss, if it is
/// there.
std::optional<double> log_rate(std::vector<Flow> const& flows) {
    static auto const loss_end = std::log(1 - 0.9999);
    static auto const profit_end = std::log(1 + 1e4);
    auto const at_zero = worth(flows, 0);
    if (at_zero.usd == 0) return 0;
    auto const profit = at_zero.usd < 0;
    auto found = bracket(flows, at_zero, profit ? profit_end : loss_end);
    if (!found) found = bracket(flows, at_zero, profit ? loss_end : profit_end);
    return found ? std::optional{root(flows, *found)} : std::nullopt;
}

} // namespace

/// Limb by limb: boost's own conversion also rounds the last bit, which costs time in every replay.
double to_double(Money const& amount) {
    auto const& units = amount.units().backend();
    double size = 0;
    for (auto limb = units.size(); limb > 0; --limb)
        size = size * 0x1p64 + static_cast<double>(units.limbs()[limb - 1]);
    return (units.sign() ? -size : size) / 1e40;
}

std::optional<Percent> xirr(std::span<CashFlow const> flows, Money const& value, Day valued_on) {
    auto const all = with_value(flows, value, valued_on);
    auto const paid = [](Flow const& flow) { return flow.usd > 0; };
    if (all.empty() || all.back().years == 0) return std::nullopt;
    if (std::ranges::all_of(all, paid) || std::ranges::none_of(all, paid)) return std::nullopt;
    auto const u = log_rate(all);
    if (!u) return std::nullopt;
    return Percent::from_units(std::llround(std::expm1(*u) * 1e6));
}

} // namespace portfoliod::valuation
