#include "support/market_server/state.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <map>

/// The way in for scripts, on the same loopback port (GET or POST, parameters in the query):
///   /control?mode=429&path=/v8/&times=3&retry_after=2&delay_ms=50   the next misbehaviour; all but
///   mode optional /control/behave                                                 forgets every
///   misbehaviour /control/requests                                               {"total",
///   "paths": {path: count}, "targets": [...]} /control/requests/forget
///   /control/certificate?show=good|expired|wrong_name|self_signed
///   /control/today?date=2026-11-24                                  without a date: the machine's
///   time again /control/split?symbol=AAPL&date=2026-11-24&numerator=4&denominator=1
namespace portfoliod::test {

namespace {

Reply done() { return {200, "application/json", "{\"done\":true}\n"}; }

Reply wrong(std::string_view what) {
    return {400, "application/json", fmt::format("{{\"error\":{}}}\n", json_string(what))};
}

Reply misbehave(Request const& request, State& state) {
    auto const fault = parse_fault(request.parameter("mode").value_or(""));
    if (!fault) return wrong(fmt::format("mode must be one of {}", fmt::join(fault_names(), ", ")));
    Misbehaviour misbehaviour{.fault = *fault, .retry_after = request.parameter("retry_after")};
    misbehaviour.path = request.parameter("path").value_or("/");
    if (auto const times = request.parameter("times"))
        misbehaviour.times = std::max(0, std::atoi(times->c_str()));
    if (auto const delay = request.parameter("delay_ms"))
        misbehaviour.delay = std::chrono::milliseconds(std::max(0, std::atoi(delay->c_str())));
    state.misbehave(std::move(misbehaviour));
    return done();
}

Reply requests(State const& state) {
    auto const targets = state.requests();
    std::map<std::string, int> counts;
    std::string list;
    for (auto const& target : targets) {
        ++counts[Request::parse(target).path];
        list += (list.empty() ? "" : ",") + json_string(target);
    }
    std::string paths;
    for (auto const& [path, count] : counts)
        paths += fmt::format("{}{}:{}", paths.empty() ? "" : ",", json_string(path), count);
    return {200, "application/json",
            fmt::format("{{\"total\":{},\"paths\":{{{}}},\"targets\":[{}]}}\n", targets.size(),
                        paths, list)};
}

Reply certificate(Request const& request, State& state) {
    auto const name = request.parameter("show").value_or("");
    if (name == "good")
        state.show(Shown::good);
    else if (name == "expired")
        state.show(Shown::expired);
    else if (name == "wrong_name")
        state.show(Shown::wrong_name);
    else if (name == "self_signed")
        state.show(Shown::self_signed);
    else
        return wrong("show must be good, expired, wrong_name or self_signed");
    return done();
}

Reply today(Request const& request, State& state) {
    auto const text = request.parameter("date");
    auto const day = parse_day(text.value_or(""));
    if (text && !day) return wrong("date must be YYYY-MM-DD");
    state.set_today(day);
    return done();
}

Reply split(Request const& request, State& state) {
    auto const day = parse_day(request.parameter("date").value_or(""));
    auto const symbol = request.parameter("symbol");
    auto const numerator = std::atoi(request.parameter("numerator").value_or("").c_str());
    auto const denominator = std::atoi(request.parameter("denominator").value_or("1").c_str());
    if (!day || !symbol || numerator <= 0 || denominator <= 0)
        return wrong("needs symbol, date, numerator, denominator");
    state.add_split({*symbol, *day, numerator, denominator});
    return done();
}

} // namespace

Reply control(Request const& request, State& state) {
    auto const what = request.path.substr(std::string_view("/control").size());
    if (what.empty()) return misbehave(request, state);
    if (what == "/requests") return requests(state);
    if (what == "/certificate") return certificate(request, state);
    if (what == "/today") return today(request, state);
    if (what == "/split") return split(request, state);
    if (what == "/behave")
        state.behave();
    else if (what == "/requests/forget")
        state.forget_requests();
    else
        return {404, "text/plain", "no such control\n"};
    return done();
}

} // namespace portfoliod::test
