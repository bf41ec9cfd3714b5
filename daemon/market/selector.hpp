#pragma once

#include "market/document.hpp"
#include "market/text_template.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Where rows and figures stand in an answer: RFC 6901 JSON Pointers, widened by `*`, `@n` and
/// `../`.
namespace portfoliod::market {

/// A row, and what each `*` matched on the way to it: an index or a key.
struct Row {
    Document::Id node = Document::root;
    std::vector<std::string> matched;
};

/// The node a pointer names, null included; nothing where there is none. "" is the root.
std::optional<Document::Id> resolve(Document const& document, std::string_view pointer);

/// All rows a pointer with `*` matches, in the order of the document.
std::vector<Row> find_rows(Document const& document, std::string_view pointer);

/// A scalar found; a constant or a key counts as a string.
struct Found {
    Document::Kind kind = Document::Kind::string;
    std::string_view text;
};

/// One place a figure may stand at, ready to be read from many rows.
class Selector {
  public:
    explicit Selector(std::string const& text);

    /// Nothing where the row has no such place. What it returns lives as long as document, row and
    /// selector.
    [[nodiscard]] std::optional<Found> read(Document const& document, Row const& row) const;

  private:
    struct Step {
        std::string name;
        std::size_t match = 0; ///< n of `@n`; 0 = `name`
    };

    enum class From { constant, match, root, row } from_ = From::row;
    std::string constant_;
    std::vector<Step> steps_;
};

/// The alternatives of a field, with this request's variables filled in.
class Figure {
  public:
    Figure() = default; ///< not declared: never found
    Figure(std::vector<Template> const& alternatives, Variables const& variables);

    [[nodiscard]] std::optional<Found> read(Document const& document, Row const& row) const;

  private:
    std::vector<Selector> alternatives_;
};

} // namespace portfoliod::market
