#include "market/selector.hpp"

#include <charconv>

namespace portfoliod::market {

namespace {

std::string unescaped(std::string_view step) {
    std::string name;
    for (std::size_t i = 0; i < step.size(); ++i) {
        bool const escape = step[i] == '~' && i + 1 < step.size();
        if (escape && (step[i + 1] == '0' || step[i + 1] == '1'))
            name += step[++i] == '0' ? '~' : '/';
        else
            name += step[i];
    }
    return name;
}

/// "/a/b" and "a/b" alike; "" has no step, "/" the one with the empty name.
std::vector<std::string> split(std::string_view pointer) {
    if (pointer.empty()) return {};
    if (pointer.front() == '/') pointer.remove_prefix(1);
    std::vector<std::string> steps;
    for (;;) {
        auto const end = pointer.find('/');
        steps.push_back(unescaped(pointer.substr(0, end)));
        if (end == std::string_view::npos) return steps;
        pointer.remove_prefix(end + 1);
    }
}

bool is_container(Document::Node const& node) {
    return node.kind == Document::Kind::array || node.kind == Document::Kind::object;
}

void match(Document const& document, std::vector<std::string> const& steps, std::size_t at,
           Row& row, std::vector<Row>& rows) {
    if (at == steps.size()) {
        rows.push_back(row);
        return;
    }
    auto const here = row.node;
    if (steps[at] != "*") {
        if (auto const next = document.find(here, steps[at])) {
            row.node = *next;
            match(document, steps, at + 1, row, rows);
            row.node = here;
        }
        return;
    }
    auto const& parent = document.node(here);
    if (!is_container(parent)) return;
    for (std::uint32_t i = 0; i < parent.size; ++i) {
        row.node = document.child(here, i);
        row.matched.push_back(parent.kind == Document::Kind::array
                                  ? std::to_string(i)
                                  : std::string{document.node(row.node).key});
        match(document, steps, at + 1, row, rows);
        row.matched.pop_back();
    }
    row.node = here;
}

std::optional<std::size_t> match_number(std::string_view text) {
    if (text.size() != 2 || text[0] != '@' || text[1] < '1' || text[1] > '9') return std::nullopt;
    return static_cast<std::size_t>(text[1] - '0');
}

} // namespace

std::optional<Document::Id> resolve(Document const& document, std::string_view pointer) {
    std::optional<Document::Id> node = Document::root;
    for (auto const& step : split(pointer)) {
        node = document.find(*node, step);
        if (!node) return std::nullopt;
    }
    return node;
}

std::vector<Row> find_rows(Document const& document, std::string_view pointer) {
    std::vector<Row> rows;
    Row row;
    match(document, split(pointer), 0, row, rows);
    return rows;
}

Selector::Selector(std::string const& text) {
    if (text.starts_with('=')) {
        from_ = From::constant;
        constant_ = text.substr(1);
        return;
    }
    if (auto const number = match_number(text)) {
        from_ = From::match;
        steps_.push_back({{}, *number});
        return;
    }
    from_ = text.starts_with('/') ? From::root : From::row;
    if (text.empty() || text == ".") return;
    for (auto& name : split(text)) {
        auto const number = match_number(name);
        steps_.push_back({std::move(name), number.value_or(0)});
    }
}

std::optional<Found> Selector::read(Document const& document, Row const& row) const {
    if (from_ == From::constant) return Found{Document::Kind::string, constant_};
    if (from_ == From::match) {
        if (steps_.front().match > row.matched.size()) return std::nullopt;
        return Found{Document::Kind::string, row.matched[steps_.front().match - 1]};
    }
    auto node = from_ == From::root ? Document::root : row.node;
    for (auto const& step : steps_) {
        if (step.match > row.matched.size()) return std::nullopt;
        if (step.name == "..") {
            node = document.node(node).parent;
            continue;
        }
        auto const next =
            document.find(node, step.match == 0 ? step.name : row.matched[step.match - 1]);
        if (!next) return std::nullopt;
        node = *next;
    }
    auto const& found = document.node(node);
    return Found{found.kind, found.text};
}

Figure::Figure(std::vector<Template> const& alternatives, Variables const& variables) {
    for (auto const& place : alternatives) alternatives_.emplace_back(place.expand(variables));
}

std::optional<Found> Figure::read(Document const& document, Row const& row) const {
    for (auto const& place : alternatives_)
        if (auto found = place.read(document, row)) return found;
    return std::nullopt;
}

} // namespace portfoliod::market
