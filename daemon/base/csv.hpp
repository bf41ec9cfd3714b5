#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace portfoliod {

/// CSV line by line: RFC 4180, and what people and providers make of it: a byte order mark, blanks
/// around cells, empty lines.
class CsvLines {
  public:
    enum class Next { line, end, broken };

    /// The text must outlive this and the cells.
    explicit CsvLines(std::string_view text);

    /// Goes to the next line that is not empty. broken: a quoted cell is never closed, or is
    /// followed by more text; what comes after it cannot be told apart.
    Next next();

    /// Of the current line; views that stay good as long as this.
    [[nodiscard]] std::vector<std::string_view> const& cells() const { return cells_; }

    /// Where the current line begins, from 1 on; a quoted cell may hold more than one.
    [[nodiscard]] int number() const { return number_; }

  private:
    bool read_line();
    bool read_quoted();
    void read_plain();
    void take(std::size_t size);

    std::string_view rest_;
    std::vector<std::string_view> cells_;
    std::deque<std::string> unquoted_; ///< cells whose doubled quotes were undone
    int number_ = 0;
    int next_number_ = 1;
};

} // namespace portfoliod
