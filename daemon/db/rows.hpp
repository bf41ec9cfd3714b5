#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portfoliod::db {

/// One row of a result, which it keeps alive. A column that is not there, a NULL where a value
/// is asked for, and a text that is no such value throw Error: they are mistakes in our statements.
class Row {
  public:
    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] std::string_view text(int column) const;

    [[nodiscard]] std::string string(int column) const { return std::string{text(column)}; }

    [[nodiscard]] int integer(int column) const;
    [[nodiscard]] std::int64_t bigint(int column) const;
    [[nodiscard]] bool boolean(int column) const;
    [[nodiscard]] Day day(int column) const;
    [[nodiscard]] Instant instant(int column) const;

    /// As above, nullopt for NULL: maybe(&Row::day, 3).
    template <class Value>
    [[nodiscard]] std::optional<Value> maybe(Value (Row::*get)(int) const, int column) const {
        return is_null(column) ? std::nullopt : std::optional<Value>{(this->*get)(column)};
    }

  private:
    friend class Rows;

    Row(std::shared_ptr<void const> result, int index);

    [[nodiscard]] std::string_view cell(int column) const;

    std::shared_ptr<void const> result_;
    /// One a column, in the result's memory; without data(): NULL. Taken out once, because each field that libpqxx makes counts
    /// references to the result, which is most of what reading a wide row costs.
    std::vector<std::string_view> cells_;
};

/// What a statement returned.
class Rows {
  public:
    explicit Rows(std::shared_ptr<void const> result, int size, int affected)
        : result_(std::move(result)), size_(size), affected_(affected) {}

    [[nodiscard]] int size() const { return size_; }

    [[nodiscard]] bool empty() const { return size_ == 0; }

    /// Rows an INSERT, UPDATE or DELETE touched.
    [[nodiscard]] int affected() const { return affected_; }

    [[nodiscard]] Row operator[](int index) const { return Row{result_, index}; }

    /// The only row; throws Error when there is not exactly one.
    [[nodiscard]] Row one() const;

    class Iterator {
      public:
        Iterator(Rows const& rows, int index) : rows_(&rows), index_(index) {}

        Row operator*() const { return (*rows_)[index_]; }

        Iterator& operator++() {
            ++index_;
            return *this;
        }

        bool operator==(Iterator const& other) const { return index_ == other.index_; }

      private:
        Rows const* rows_;
        int index_;
    };

    [[nodiscard]] Iterator begin() const { return {*this, 0}; }

    [[nodiscard]] Iterator end() const { return {*this, size_}; }

  private:
    std::shared_ptr<void const> result_;
    int size_;
    int affected_;
};

} // namespace portfoliod::db
