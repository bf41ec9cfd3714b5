#include "db/rows.hpp"

#include "db/error.hpp"
#include "db/pqxx.hpp"

#include <fmt/format.h>

#include <charconv>

namespace portfoliod::db {

namespace {

pqxx::field field(std::shared_ptr<void const> const& result, int row, int column) {
    auto const& rows = *static_cast<pqxx::result const*>(result.get());
    if (column < 0 || column >= static_cast<int>(rows.columns()))
        throw Error{fmt::format("a statement returned {} columns, column {} was asked for",
                                rows.columns(), column + 1),
                    "", false};
    return rows[row][column];
}

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

bool Row::is_null(int column) const { return field(result_, index_, column).is_null(); }

std::string_view Row::text(int column) const {
    auto const value = field(result_, index_, column);
    if (value.is_null())
        throw Error{fmt::format("column {} ({}) is NULL", column + 1, value.name()), "", false};
    // The characters belong to the result, not to the field object.
    return {value.c_str(), value.size()};
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
