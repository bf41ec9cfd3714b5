#pragma once

#include "base/csv.hpp"
#include "base/error.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Files people hand to the commands: everything that is wrong with one is said in one go.
namespace portfoliod::service {

/// Why a line is refused.
struct Complaint {
    int line = 0; ///< 0: the file as a whole
    std::string reason;
};

/// Thrown for one line; the lines after it are read all the same.
class BadLine : public Failure {
    using Failure::Failure;
};

/// Throws ConfigError for what cannot be read.
std::string read_file(std::filesystem::path const& file);

/// ASCII letters only: names of columns and types.
std::string lower(std::string_view text);

/// Prints "FILE:LINE: REASON" on stderr, in order of lines, then that nothing was imported; the exit code.
int refuse(std::filesystem::path const& file, std::vector<Complaint> const& complaints);

/// A column we read. In a file, letters' case does not matter.
struct CsvColumn {
    std::string name;
    bool required = false;
    std::vector<std::string> also = {}; ///< other names it goes by
};

/// What about columns nobody asked for.
enum class OtherColumns { refused, left_out };

/// What a user says of a file whose header has other names than ours.
struct CsvReading {
    std::map<std::string, std::string> columns = {}; ///< our name → the file's
    std::map<std::string, std::string> values = {};  ///< our name → what holds for every line
};

/// A CSV file with a header, line by line. Lines without anything in their cells, as spreadsheets leave them, are passed over.
class CsvTable {
  public:
    /// Reads the header. The text must outlive this and the cells.
    CsvTable(std::string_view text, std::vector<CsvColumn> columns, OtherColumns others,
             CsvReading reading = {});

    /// Goes to the next line that has as many cells as the header, all in UTF-8. False at the end, and when the header is no good.
    bool next();

    /// Of the current line, by our name; "" where the file has no such column.
    [[nodiscard]] std::string_view cell(std::string const& column) const;
    /// Nothing for an empty cell.
    [[nodiscard]] std::optional<std::string> optional(std::string const& column) const;
    [[nodiscard]] bool has(std::string const& column) const;

    [[nodiscard]] int line() const { return lines_.number(); }

    /// The current line's cells as they stand in the file.
    [[nodiscard]] std::vector<std::string_view> const& cells() const { return lines_.cells(); }

    /// Of the current line.
    void complain(std::string reason) { complaints_.push_back({line(), std::move(reason)}); }

    [[nodiscard]] std::vector<Complaint> const& complaints() const { return complaints_; }

    /// Columns of the file that are not read.
    [[nodiscard]] std::vector<std::string> const& left_out() const { return left_out_; }

  private:
    void read_header();
    void take_heading(std::string_view heading, std::size_t index);
    void miss_columns();
    [[nodiscard]] CsvColumn const* column_of(std::string_view heading) const;

    CsvLines lines_;
    std::vector<CsvColumn> columns_;
    OtherColumns others_;
    CsvReading reading_;
    std::map<std::string, std::size_t> at_; ///< our name → which cell
    std::vector<std::string> headings_;
    std::vector<std::string> left_out_;
    std::vector<Complaint> complaints_;
    bool readable_ = false;
};

} // namespace portfoliod::service
