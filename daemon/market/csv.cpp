#include "base/csv.hpp"

#include "market/document.hpp"

#include <algorithm>
#include <simdjson.h>

namespace portfoliod::market {

namespace {

constexpr std::size_t cells_max = 4'000'000;

/// What the views of a CSV document point into.
struct CsvText {
    explicit CsvText(std::string_view text) : body(text), lines(body) {}

    std::string body;
    CsvLines lines;
    std::vector<std::string> header;
};

} // namespace

bool is_text(std::string_view bytes) {
    return simdjson::validate_utf8(bytes.data(), bytes.size()) &&
           bytes.find('\0') == std::string_view::npos;
}

/// A table: a header, and as many cells in every line.
class CsvReader {
  public:
    static std::optional<Document> read(std::string_view body,
                                        std::vector<std::string> const& columns) {
        // A last line without its end may have been cut inside a figure: 1.67 of 1.6748.
        if (!is_text(body) || !(body.ends_with('\n') || body.ends_with('\r'))) return std::nullopt;
        CsvReader reader{body};
        if (!reader.read_header(columns) || !reader.read_rows()) return std::nullopt;
        reader.document_.text_ = reader.text_;
        return std::move(reader.document_);
    }

  private:
    using Id = Document::Id;
    using Kind = Document::Kind;

    explicit CsvReader(std::string_view body) : text_(std::make_shared<CsvText>(body)) {}

    bool read_header(std::vector<std::string> const& columns) {
        if (text_->lines.next() != CsvLines::Next::line) return false;
        for (auto const cell : text_->lines.cells()) text_->header.emplace_back(cell);
        return std::ranges::all_of(columns, [&](auto const& column) {
            return std::ranges::find(text_->header, column) != text_->header.end();
        });
    }

    bool read_rows() {
        auto& nodes = document_.nodes_;
        nodes.push_back({{}, {}, Document::root, 0, 0, Kind::array});
        std::vector<Id> rows;
        auto& lines = text_->lines;
        auto next = CsvLines::Next::end;
        while ((next = lines.next()) == CsvLines::Next::line) {
            if (lines.cells().size() != text_->header.size() || nodes.size() > cells_max)
                return false;
            rows.push_back(add_row(lines.cells()));
        }
        auto& children = document_.children_;
        nodes.front().first = static_cast<std::uint32_t>(children.size());
        nodes.front().size = static_cast<std::uint32_t>(rows.size());
        children.insert(children.end(), rows.begin(), rows.end());
        return next == CsvLines::Next::end;
    }

    Id add_row(std::vector<std::string_view> const& cells) {
        auto& nodes = document_.nodes_;
        auto& children = document_.children_;
        auto const row = static_cast<Id>(nodes.size());
        nodes.push_back({{},
                         {},
                         Document::root,
                         static_cast<std::uint32_t>(children.size()),
                         static_cast<std::uint32_t>(cells.size()),
                         Kind::object});
        for (std::size_t i = 0; i < cells.size(); ++i) {
            children.push_back(static_cast<Id>(nodes.size()));
            nodes.push_back({text_->header[i], cells[i], row, 0, 0,
                             cells[i].empty() ? Kind::null : Kind::string});
        }
        return row;
    }

    std::shared_ptr<CsvText> text_;
    Document document_;
};

std::optional<Document> Document::from_csv(std::string_view body,
                                           std::vector<std::string> const& columns) {
    return CsvReader::read(body, columns);
}

} // namespace portfoliod::market
