#include "market/load_request.hpp"

#include "market/check_request.hpp"
#include "market/currency_unit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace portfoliod::market {

namespace {

using yaml::Node;

Node need(Node const& map, std::string_view key) {
    auto node = map.find(key);
    if (!node) map.fail(fmt::format("{} is missing", key));
    return *node;
}

/// One of these words, as the value that stands beside it.
template <class Value, std::size_t n>
Value choose(Node const& node, std::array<std::pair<std::string_view, Value>, n> const& choices) {
    auto const text = node.text();
    std::string known;
    for (auto const& [name, value] : choices) {
        if (name == text) return value;
        known += fmt::format("{}{}", known.empty() ? "" : ", ", name);
    }
    node.fail(fmt::format("must be one of {}, not '{}'", known, text));
}

std::vector<std::string> pointers(Node const& node) {
    if (!node.is_list()) return {load_pointer(node)};
    std::vector<std::string> list;
    for (auto const& item : node.items()) list.push_back(load_pointer(item));
    return list;
}

Field load_field(Node const& node) {
    if (!node.is_list()) return {load_template(node)};
    Field field;
    for (auto const& item : node.items()) field.push_back(load_template(item));
    if (field.empty()) node.fail("needs at least one place to look at");
    return field;
}

void check_asset_type(Node const& node, std::string const& name) {
    if (name != "stock" && name != "crypto" && name != "commodity" && name != "bond")
        node.fail(fmt::format("'{}' is not stock, crypto, commodity or bond", name));
}

std::set<std::string> load_serves(Node const& node, Gives gives) {
    bool const of_assets = gives == Gives::history || gives == Gives::quote;
    std::set<std::string> serves;
    for (auto const& name : node.texts()) {
        if (of_assets) check_asset_type(node, name);
        if (!of_assets && !is_currency_code(name))
            node.fail(fmt::format("'{}' is not a currency code", name));
        serves.insert(name);
    }
    if (serves.empty()) node.fail("names nothing; without it, everything is asked for");
    return serves;
}

std::map<std::string, Template> load_symbol(Node const& node) {
    if (!node.is_map()) return {{"", load_template(node)}};
    std::map<std::string, Template> by_type;
    for (auto const& [type, value] : node.entries()) {
        check_asset_type(value, type);
        by_type.emplace(type, load_template(value));
    }
    return by_type;
}

Batch load_batch(Node const& node) {
    node.allow_only({"max", "join", "always", "named"});
    Batch batch;
    batch.max = static_cast<int>(need(node, "max").integer(1, 10'000));
    batch.join = need(node, "join").text();
    if (auto const always = node.find("always")) batch.always = always->texts();
    if (auto const named = node.find("named")) batch.named = load_field(*named);
    return batch;
}

Window load_window(Node const& node) {
    if (node.text() == "all") return WholeRange{};
    if (node.text() == "year") return CalendarYear{};
    return static_cast<int>(node.integer(1, 100'000));
}

TimeRule load_time(Node const& node) {
    node.allow_only({"as", "zone", "stamp"});
    using As = TimeRule::As;
    TimeRule time;
    auto const as = need(node, "as");
    if (as.text().starts_with('%')) {
        time.as = As::format;
        time.format = as.text();
        check_format(as, time.format);
    } else {
        time.as = choose<As, 5>(as, {{{"date", As::date},
                                      {"s", As::seconds},
                                      {"ms", As::milliseconds},
                                      {"iso", As::iso},
                                      {"now", As::now}}});
    }
    if (auto const zone = node.find("zone")) {
        time.zone = zone->text();
        if (!time.zone.starts_with('/'))
            check_zone(*zone, time.zone);
        else
            load_pointer(*zone);
    }
    if ((time.as == As::seconds || time.as == As::milliseconds) && time.zone.empty())
        node.fail("a stamp in s or ms needs a zone: the date depends on it");
    if (auto const stamp = node.find("stamp"))
        time.stamp_ends = choose<bool, 2>(*stamp, {{{"start", false}, {"end", true}}});
    if (time.stamp_ends && (time.as == As::date || time.as == As::now))
        node.fail("stamp: end needs a stamp with a time of day");
    return time;
}

EventRule load_event(Node const& node, std::string_view figure, std::size_t figures_max) {
    node.allow_only({"rows", "date", figure});
    EventRule rule;
    rule.rows = load_pointer(need(node, "rows"));
    rule.date = load_field(need(node, "date"));
    auto const figures = need(node, figure);
    for (auto const& place : figures.is_list() ? figures.items() : std::vector{figures})
        rule.figures.push_back({load_template(place)});
    if (rule.figures.empty() || rule.figures.size() > figures_max)
        figures.fail(fmt::format("needs 1 to {} places to look at", figures_max));
    return rule;
}

void load_events(Node const& node, RequestRule& request) {
    node.allow_only({"splits", "dividends"});
    if (auto const splits = node.find("splits")) request.splits = load_event(*splits, "ratio", 2);
    if (auto const dividends = node.find("dividends"))
        request.dividends = load_event(*dividends, "amount", 1);
}

void load_fields(Node const& node, RequestRule& request) {
    bool const of_assets = request.gives == Gives::history || request.gives == Gives::quote;
    if (of_assets)
        node.allow_only({"date", "open", "high", "low", "close", "volume", "currency", "symbol"});
    else
        node.allow_only({"date", "base", "quote", "rate"});
    for (auto const& [name, value] : node.entries())
        request.fields.emplace(name, load_field(value));
    if (request.time.as != TimeRule::As::now) need(node, "date");
    if (of_assets) {
        need(node, "close");
        return;
    }
    for (auto const* const figure : {"base", "quote", "rate"}) need(node, figure);
}

/// What is asked: the address and its parts.
void load_asking(Node const& node, RequestRule& request) {
    auto const path = need(node, "path");
    if (!path.text().starts_with('/')) path.fail("must begin with '/'");
    request.path = load_template(path);
    if (auto const query = node.find("query"))
        for (auto const& [name, value] : query->entries())
            request.query.emplace_back(name, load_template(value));
    if (auto const serves = node.find("for")) request.serves = load_serves(*serves, request.gives);
    if (auto const symbol = node.find("symbol")) request.symbol = load_symbol(*symbol);
    if (auto const symbols = node.find("symbols")) request.symbols = load_symbols(*symbols);
    if (auto const mapped_only = node.find("mapped_only"))
        request.mapped_only = mapped_only->boolean();
    if (auto const batch = node.find("batch")) request.batch = load_batch(*batch);
    if (auto const window = node.find("window")) request.window = load_window(*window);
    if (auto const oldest = node.find("oldest"))
        request.oldest_days = static_cast<int>(oldest->integer(1, 100'000));
    if (auto const pad = node.find("pad")) request.pad_days = static_cast<int>(pad->integer(0, 7));
}

/// How the answer reads.
void load_reading(Node const& node, RequestRule& request) {
    using Format = RequestRule::Format;
    if (auto const format = node.find("format"))
        request.format =
            choose<Format, 2>(*format, {{{"json", Format::json}, {"csv", Format::csv}}});
    if (auto const genuine = node.find("genuine")) request.genuine = pointers(*genuine);
    if (auto const require = node.find("require"))
        for (auto const& item : require->items()) {
            item.allow_only({"at", "equals"});
            auto const at = need(item, "at");
            if (at.text().find('*') != std::string::npos)
                at.fail("names one place: only rows and genuine take a *");
            request.require.push_back({load_pointer(at), need(item, "equals").text()});
        }
    request.rows = load_pointer(need(node, "rows"));
    if (auto const time = node.find("time")) request.time = load_time(*time);
    load_fields(need(node, "fields"), request);
    if (auto const missing = node.find("missing"))
        for (auto const& text : missing->texts()) request.missing.insert(text);
    if (auto const numbers = node.find("numbers"))
        request.float32 = choose<bool, 2>(*numbers, {{{"text", false}, {"float32", true}}});
    if (auto const unit_of = node.find("unit_of")) request.unit_of = load_words(*unit_of);
    if (auto const events = node.find("events")) load_events(*events, request);
    if (auto const empty = node.find("empty")) request.empty = load_outcome(*empty);
    using Adjusted = RequestRule::Adjusted;
    if (auto const adjusted = node.find("adjusted"))
        request.adjusted = choose<Adjusted, 2>(
            *adjusted, {{{"splits", Adjusted::splits}, {"none", Adjusted::none}}});
}

} // namespace

RequestRule load_request(Node const& node) {
    node.allow_only({"gives",       "for",     "path",     "query",  "symbol", "symbols",
                     "mapped_only", "batch",   "window",   "oldest", "pad",    "format",
                     "genuine",     "require", "rows",     "fields", "time",   "missing",
                     "numbers",     "unit_of", "adjusted", "events", "empty"});
    RequestRule request;
    request.gives =
        choose<Gives, 4>(need(node, "gives"), {{{"history", Gives::history},
                                                {"quote", Gives::quote},
                                                {"rates_history", Gives::rates_history},
                                                {"rates_latest", Gives::rates_latest}}});
    load_asking(node, request);
    load_reading(node, request);
    check_request(node, request);
    return request;
}

Template load_template(Node const& node) { return load_template(node, node.text()); }

Template load_template(Node const& node, std::string const& text) {
    try {
        return Template{text};
    } catch (std::invalid_argument const& e) {
        node.fail(e.what());
    }
}

std::string load_pointer(Node const& node) {
    auto text = node.text();
    if (!text.empty() && text.front() != '/')
        node.fail("must be a JSON Pointer: it begins with '/'");
    for (auto at = text.find('~'); at != std::string::npos; at = text.find('~', at + 1))
        if (text.compare(at, 2, "~0") != 0 && text.compare(at, 2, "~1") != 0)
            node.fail(
                "in a JSON Pointer ~0 stands for ~ and ~1 for /, and no other ~ for anything");
    return text;
}

Symbols load_symbols(Node const& node) {
    Symbols symbols;
    for (auto const& [name, value] : node.entries()) {
        if (value.is_map()) {
            check_asset_type(value, name);
            symbols[name] = load_words(value);
        } else {
            symbols[""][name] = value.text();
        }
    }
    return symbols;
}

OutcomeKind load_outcome(Node const& node) {
    using enum OutcomeKind;
    return choose<OutcomeKind, 8>(node, {{{"empty", empty},
                                          {"rate_limited", rate_limited},
                                          {"unknown_symbol", unknown_symbol},
                                          {"out_of_range", out_of_range},
                                          {"denied", denied},
                                          {"refused", refused},
                                          {"transient", transient},
                                          {"malformed", malformed}}});
}

std::map<std::string, std::string> load_words(Node const& node) {
    std::map<std::string, std::string> words;
    for (auto const& [name, value] : node.entries()) words.emplace(name, value.text());
    return words;
}

} // namespace portfoliod::market
