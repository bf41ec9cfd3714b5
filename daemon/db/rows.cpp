#include "db/rows.hpp"

#include "db/error.hpp"
#include "db/pqxx.hpp"

#include <fmt/format.h>

#include <charconv>

namespace portfoliod::db {

namespace {

template <class Number>
Number number(std::string_view text) {
    Number value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        throw Error{fmt::format("'{}' is not a whole number in range", text), "", false};
    return value;
}

template <class Value>
Value required(std::optional<Value> value, std::string_view text) {
    if (!value) throw Error{fmt::format("'{}' is not a date or time", text), "", false};
    return *value;
}

} // namespace

Row::Row(std::shared_ptr<void const> result, int index) : result_(std::move(result)) {
    auto const row = (*static_cast<pqxx::result const*>(result_.get()))[index];
    cells_.reserve(static_cast<std::size_t>(row.size()));
    // The iterator is a field; what it points to would be a copy.
    for (auto field = row.begin(), end = row.end(); field != end; ++field)
        cells_.push_back(field->is_null() ? std::string_view{}
                                          : std::string_view{field->c_str(), field->size()});
}

std::string_view Row::cell(int column) const {
    if (column < 0 || column >= static_cast<int>(cells_.size()))
        throw Error{fmt::format("a statement returned {} columns, column {} was asked for",
                                cells_.size(), column + 1),
                    "", false};
    return cells_[static_cast<std::size_t>(column)];
}

bool Row::is_null(int column) const { return cell(column).data() == nullptr; }

std::string_view Row::text(int column) const {
    auto const value = cell(column);
    if (value.data() == nullptr)
        throw Error{fmt::format("column {} of a statement's result is NULL", column + 1), "",
                    false};
    return value;
}

int Row::integer(int column) const { return number<int>(text(column)); }

std::int64_t Row::bigint(int column) const { return number<std::int64_t>(text(column)); }

bool Row::boolean(int column) const { return text(column) == "t"; }

Day Row::day(int column) const { return required(parse_day(text(column)), text(column)); }

Instant Row::instant(int column) const {
    return required(parse_instant(text(column)), text(column));
}

Row Rows::one() const {
    if (size_ != 1)
        throw Error{fmt::format("a statement returned {} rows where one was expected", size_), "",
                    false};
    return (*this)[0];
}

} // namespace portfoliod::db
