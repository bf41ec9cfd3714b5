#include "market/document.hpp"

#include <algorithm>
#include <deque>
#include <simdjson.h>

namespace portfoliod::market {

namespace {

constexpr std::size_t cells_max = 4'000'000;

/// What the views of a CSV document point into.
struct CsvText {
    std::string body;
    std::deque<std::string> unquoted; ///< cells whose doubled quotes were undone
    std::vector<std::string> header;
};

std::string_view trimmed(std::string_view text) {
    auto const begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

} // namespace

/// RFC 4180, and what providers make of it: a byte order mark, blanks around cells, a comma after
/// the last one.
class CsvReader {
  public:
    static std::optional<Document> read(std::string_view body,
                                        std::vector<std::string> const& columns) {
        if (!simdjson::validate_utf8(body.data(), body.size()) ||
            body.find('\0') != std::string_view::npos)
            return std::nullopt;
        CsvReader reader{body};
        if (!reader.read_header(columns) || !reader.read_rows()) return std::nullopt;
        reader.document_.text_ = reader.text_;
        return std::move(reader.document_);
    }

  private:
    using Id = Document::Id;
    using Kind = Document::Kind;

    explicit CsvReader(std::string_view body) : text_(std::make_shared<CsvText>()) {
        if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
        text_->body = body;
        rest_ = text_->body;
    }

    bool read_header(std::vector<std::string> const& columns) {
        std::vector<std::string_view> cells;
        if (!read_line(cells)) return false;
        for (auto const cell : cells) text_->header.emplace_back(cell);
        return std::ranges::all_of(columns, [&](auto const& column) {
            return std::ranges::find(text_->header, column) != text_->header.end();
        });
    }

    bool read_rows() {
        auto& nodes = document_.nodes_;
        nodes.push_back({{}, {}, Document::root, 0, 0, Kind::array});
        std::vector<Id> rows;
        std::vector<std::string_view> cells;
        while (!rest_.empty()) {
            if (!read_line(cells)) return false;
            if (cells.size() == 1 && cells.front().empty()) continue;
            if (cells.size() != text_->header.size() || nodes.size() > cells_max) return false;
            rows.push_back(add_row(cells));
        }
        auto& children = document_.children_;
        nodes.front().first = static_cast<std::uint32_t>(children.size());
        nodes.front().size = static_cast<std::uint32_t>(rows.size());
        children.insert(children.end(), rows.begin(), rows.end());
        return true;
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

    /// Takes one line off `rest_`; false when a quoted cell is never closed or is followed by more
    /// text.
    bool read_line(std::vector<std::string_view>& cells) {
        cells.clear();
        for (;;) {
            std::string_view cell;
            if (!(rest_.starts_with('"') ? read_quoted(cell) : read_plain(cell))) return false;
            cells.push_back(cell);
            if (rest_.empty()) return true;
            auto const separator = rest_.front();
            rest_.remove_prefix(1);
            if (separator == ',') continue;
            if (separator == '\r' && rest_.starts_with('\n')) rest_.remove_prefix(1);
            return true;
        }
    }

    bool read_plain(std::string_view& cell) {
        auto const* const stop =
            std::ranges::find_if(rest_, [](char c) { return c == ',' || c == '\r' || c == '\n'; });
        auto const end = static_cast<std::size_t>(stop - rest_.begin());
        cell = trimmed(rest_.substr(0, end));
        rest_.remove_prefix(end);
        return true;
    }

    bool read_quoted(std::string_view& cell) {
        std::string text;
        rest_.remove_prefix(1);
        for (;;) {
            auto const quote = rest_.find('"');
            if (quote == std::string_view::npos) return false;
            text += rest_.substr(0, quote);
            rest_.remove_prefix(quote + 1);
            if (!rest_.starts_with('"')) break;
            text += '"';
            rest_.remove_prefix(1);
        }
        text_->unquoted.push_back(std::move(text));
        cell = text_->unquoted.back();
        return rest_.empty() || rest_.front() == ',' || rest_.front() == '\r' ||
               rest_.front() == '\n';
    }

    std::shared_ptr<CsvText> text_;
    std::string_view rest_;
    Document document_;
};

std::optional<Document> Document::from_csv(std::string_view body,
                                           std::vector<std::string> const& columns) {
    return CsvReader::read(body, columns);
}

} // namespace portfoliod::market
