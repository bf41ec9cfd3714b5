#include "market/check_request.hpp"

#include "market/currency_unit.hpp"
#include "market/load_request.hpp"
#include "market/stamp.hpp"

#include <date/date.h>
#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <vector>

namespace portfoliod::market {

namespace {

using yaml::Node;

bool of_assets(RequestRule const& request) {
    return request.gives == Gives::history || request.gives == Gives::quote;
}

bool of_days(RequestRule const& request) {
    return request.gives == Gives::history || request.gives == Gives::rates_history;
}

/// The variables that have a value in this request.
std::set<std::string> known_variables(RequestRule const& request) {
    std::set<std::string> known{"key", "symbol"};
    if (of_assets(request))
        known.insert({"base", "quote", "native", "exchange", "suffix"});
    else if (!request.batch)
        known.insert("currency");
    if (of_days(request)) known.insert({"from", "to", "until", "days"});
    return known;
}

void check_template(Node const& node, std::set<std::string> const& known) {
    for (auto const& name : load_template(node).variables())
        if (!known.contains(name))
            node.fail(fmt::format("{{{}}} has no value in this kind of request", name));
}

/// A place, or a list or map of places.
void check_templates(Node const& node, std::set<std::string> const& known) {
    if (node.is_scalar()) {
        check_template(node, known);
    } else if (node.is_list()) {
        for (auto const& item : node.items()) check_templates(item, known);
    } else {
        for (auto const& [name, value] : node.entries()) check_templates(value, known);
    }
}

/// How many `*` a pointer has.
int stars(std::string const& pointer) {
    int count = 0;
    std::istringstream steps{pointer};
    for (std::string step; std::getline(steps, step, '/');)
        if (step == "*") ++count;
    return count;
}

void check_place(Node const& node, int matches) {
    auto const text = node.text();
    if (text.starts_with('=')) return;
    std::istringstream steps{text};
    for (std::string step; std::getline(steps, step, '/');) {
        if (step == "*") node.fail("only rows takes a *: here @1 stands for what it matched");
        if (step.size() != 2 || step[0] != '@' || step[1] < '0' || step[1] > '9') continue;
        if (step[1] == '0' || step[1] - '0' > matches)
            node.fail(fmt::format("{} is what the {}. * of rows matches, and rows has {}", step,
                                  step[1], matches));
    }
}

void check_places(Node const& node, int matches) {
    if (node.is_scalar()) check_place(node, matches);
    if (node.is_list())
        for (auto const& item : node.items()) check_place(item, matches);
}

void check_fields(Node const& node, RequestRule const& request,
                  std::set<std::string> const& known) {
    auto const fields = node.find("fields");
    for (auto const& [name, place] : fields->entries()) {
        check_templates(place, known);
        check_places(place, stars(request.rows));
    }
    auto const events = node.find("events");
    if (!events) return;
    for (auto const& [kind, event] : events->entries())
        for (auto const& [name, place] : event.entries())
            if (name != "rows") check_places(place, stars(event.find("rows")->text()));
}

void refuse_keys(Node const& node, std::initializer_list<char const*> keys, char const* why) {
    for (auto const* const key : keys)
        if (auto const found = node.find(key)) found->fail(why);
}

void check_batch(Node const& node, RequestRule const& request) {
    auto const batch = node.find("batch");
    if (!batch) return;
    if (request.gives == Gives::history)
        batch->fail("only quotes and rates can be asked for together");
    if (static_cast<int>(request.batch->always.size()) >= request.batch->max)
        batch->fail("max must leave room beside those asked for always");
    auto const names = [](Template const& text) { return text.mentions("symbol"); };
    if (!names(request.path) &&
        std::ranges::none_of(request.query, [&](auto const& entry) { return names(entry.second); }))
        batch->fail("needs a {symbol} in path or query: there the names are joined");
    if (of_assets(request) && !request.fields.contains("symbol"))
        batch->fail("needs fields.symbol: which row is whose?");
    if (auto const named = batch->find("named"))
        check_templates(*named, {"symbol", "base", "quote", "native", "exchange", "suffix"});
}

void check_units(Node const& node) {
    auto const unit_of = node.find("unit_of");
    if (!unit_of) return;
    for (auto const& [exchange, unit] : unit_of->entries())
        if (currency_unit(unit.text()).places == 0 && !is_currency_code(unit.text()))
            unit.fail(fmt::format("'{}' is neither a currency code nor a minor unit such as GBX",
                                  unit.text()));
}

} // namespace

void check_request(Node const& node, RequestRule const& request) {
    auto const known = known_variables(request);
    for (auto const* const key : {"path", "query", "symbol"})
        if (auto const found = node.find(key)) check_templates(*found, known);
    check_fields(node, request, known);
    check_batch(node, request);
    check_units(node);
    if (!of_days(request))
        refuse_keys(node, {"window", "oldest", "pad"}, "only a history has days to ask for");
    if (request.gives != Gives::history)
        refuse_keys(node, {"events", "adjusted"}, "only a history of prices has it");
    if (!of_assets(request)) refuse_keys(node, {"unit_of", "mapped_only"}, "only prices have it");
}

void check_zone(Node const& node, std::string const& name) {
    try {
        static_cast<void>(date::locate_zone(name));
    } catch (std::runtime_error const&) {
        node.fail(fmt::format("there is no time zone '{}'; it is one of the IANA, such as "
                              "Europe/London, or a pointer to one in the answer",
                              name));
    }
}

void check_format(Node const& node, std::string const& format) {
    constexpr auto noon = Day{std::chrono::year{2024} / 3 / 15} + std::chrono::hours{12};
    std::ostringstream text;
    text.imbue(std::locale::classic());
    date::to_stream(text, format.c_str(), date::sys_seconds{noon.time_since_epoch()});
    TimeRule const rule{TimeRule::As::format, format, "UTC", false};
    auto const nowhere = Document::from_json("[]").value();
    auto const written = text.str();
    auto const read =
        StampReader::open(rule, nowhere, noon).value().read(Found{Document::Kind::string, written});
    if (!read || read->date != std::chrono::floor<std::chrono::days>(noon))
        node.fail(fmt::format("'{}' does not give a whole date; one that does: %d.%m.%Y", format));
}

} // namespace portfoliod::market
