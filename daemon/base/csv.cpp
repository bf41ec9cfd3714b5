#include "base/csv.hpp"

#include <algorithm>

namespace portfoliod {

namespace {

std::string_view trimmed(std::string_view text) {
    auto const begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool ends_cell(char c) { return c == ',' || c == '\r' || c == '\n'; }

} // namespace

CsvLines::CsvLines(std::string_view text) : rest_(text) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
}

CsvLines::Next CsvLines::next() {
    while (!rest_.empty()) {
        number_ = next_number_;
        if (!read_line()) return Next::broken;
        if (cells_.size() > 1 || !cells_.front().empty()) return Next::line;
    }
    return Next::end;
}

bool CsvLines::read_line() {
    cells_.clear();
    for (;;) {
        if (rest_.starts_with('"')) {
            if (!read_quoted()) return false;
        } else {
            read_plain();
        }
        if (rest_.empty()) return true;
        auto const separator = rest_.front();
        if (separator == '\r' && rest_.substr(1).starts_with('\n'))
            take(1);
        else if (separator == '\r')
            ++next_number_; // as an old Mac ends a line
        take(1);
        if (separator == ',') continue;
        return true;
    }
}

void CsvLines::read_plain() {
    auto const end =
        static_cast<std::size_t>(std::ranges::find_if(rest_, ends_cell) - rest_.begin());
    cells_.push_back(trimmed(rest_.substr(0, end)));
    rest_.remove_prefix(end);
}

bool CsvLines::read_quoted() {
    std::string text;
    take(1);
    for (;;) {
        auto const quote = rest_.find('"');
        if (quote == std::string_view::npos) return false;
        text += rest_.substr(0, quote);
        take(quote + 1);
        if (!rest_.starts_with('"')) break;
        text += '"';
        take(1);
    }
    unquoted_.push_back(std::move(text));
    cells_.emplace_back(unquoted_.back());
    return rest_.empty() || ends_cell(rest_.front());
}

void CsvLines::take(std::size_t size) {
    next_number_ += static_cast<int>(std::ranges::count(rest_.substr(0, size), '\n'));
    rest_.remove_prefix(size);
}

} // namespace portfoliod
