#include "market/parse.hpp"
#include "market/selector.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace portfoliod::market {

namespace {

bool plain_name(std::string const& place) {
    return !place.empty() && place.find_first_of("/@=.") == std::string::npos;
}

/// The columns a CSV answer must have: those the fields name directly.
std::vector<std::string> columns(RequestRule const& rule) {
    std::vector<std::string> names;
    for (auto const& [figure, field] : rule.fields) {
        auto name = field.front().expand({});
        if (field.size() == 1 && plain_name(name)) names.push_back(std::move(name));
    }
    return names;
}

std::optional<Document> read_document(RequestRule const& rule, Reply const& reply) {
    if (rule.format == RequestRule::Format::csv)
        return Document::from_csv(reply.body, columns(rule));
    return Document::from_json(reply.body);
}

/// Whether the pointer leads somewhere, in every row where it has a `*`.
bool exists(Document const& document, std::string const& pointer) {
    auto const star = pointer.rfind('*');
    if (star == std::string::npos) {
        auto const place = resolve(document, pointer);
        return place && document.node(*place).kind != Document::Kind::null;
    }
    Selector const rest{pointer.substr(std::min(star + 2, pointer.size()))};
    return std::ranges::all_of(
        find_rows(document, pointer.substr(0, star + 1)),
        [&](auto const& row) { return rest.read(document, row).has_value(); });
}

Outcome malformed(Declaration const& provider, std::string_view what) {
    return {OutcomeKind::malformed, fmt::format("{}: {}", provider.name, what), {}};
}

std::optional<Outcome> disbelieve(Declaration const& provider, RequestRule const& rule,
                                  Document const& document) {
    for (auto const& pointer : rule.genuine)
        if (!exists(document, pointer))
            return malformed(provider, fmt::format("the answer has no {}", pointer));
    for (auto const& [at, equals] : rule.require) {
        auto const place = resolve(document, at);
        auto const found = place ? document.node(*place).text : std::string_view{};
        if (!place || found != equals)
            return malformed(provider, fmt::format("{} is '{}' where '{}' was asked for", at,
                                                   quotable(provider, found), equals));
    }
    return std::nullopt;
}

} // namespace

std::variant<Outcome, Document> open_answer(Declaration const& provider, RequestRule const& rule,
                                            Reply const& reply) {
    auto document = read_document(rule, reply);
    // A provider of CSV may state its errors in JSON, whatever the status.
    auto const other = document ? std::nullopt : Document::from_json(reply.body);
    auto const* const judged = document ? &*document : other ? &*other : nullptr;
    if (auto outcome = judge(provider, reply, judged)) return *outcome;
    if (!document)
        return malformed(provider, "the answer is cut off or no " +
                                       std::string{rule.format == RequestRule::Format::csv
                                                       ? "CSV with the declared columns"
                                                       : "JSON"});
    if (auto outcome = disbelieve(provider, rule, *document)) return *outcome;
    return std::move(*document);
}

} // namespace portfoliod::market
