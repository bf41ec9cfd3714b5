#include "market/parse.hpp"
#include "market/selector.hpp"

#include <fmt/format.h>

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
    // A provider of CSV may still state its errors in JSON.
    bool const success = reply.status >= 200 && reply.status < 300;
    if (rule.format == RequestRule::Format::csv && success)
        return Document::from_csv(reply.body, columns(rule));
    return Document::from_json(reply.body);
}

Outcome malformed(Declaration const& provider, std::string_view what) {
    return {OutcomeKind::malformed, fmt::format("{}: {}", provider.name, what), {}};
}

std::optional<Outcome> disbelieve(Declaration const& provider, RequestRule const& rule,
                                  Document const& document) {
    auto const scalar = [&](std::string const& pointer) -> std::optional<Document::Node> {
        auto const place = resolve(document, pointer);
        if (!place || document.node(*place).kind == Document::Kind::null) return std::nullopt;
        return document.node(*place);
    };
    for (auto const& pointer : rule.genuine)
        if (!scalar(pointer))
            return malformed(provider, fmt::format("the answer has no {}", pointer));
    for (auto const& [at, equals] : rule.require) {
        auto const found = scalar(at);
        if (!found || found->text != equals)
            return malformed(provider,
                             fmt::format("{} is '{}' where '{}' was asked for", at,
                                         quotable(provider, found ? found->text : ""), equals));
    }
    return std::nullopt;
}

} // namespace

std::variant<Outcome, Document> open_answer(Declaration const& provider, RequestRule const& rule,
                                            Reply const& reply) {
    auto document = read_document(rule, reply);
    if (auto outcome = judge(provider, reply, document ? &*document : nullptr)) return *outcome;
    if (!document)
        return malformed(provider, "the answer is cut off or no " +
                                       std::string{rule.format == RequestRule::Format::csv
                                                       ? "CSV with the declared columns"
                                                       : "JSON"});
    if (auto outcome = disbelieve(provider, rule, *document)) return *outcome;
    return std::move(*document);
}

} // namespace portfoliod::market
