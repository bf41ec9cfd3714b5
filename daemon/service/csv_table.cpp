#include "service/csv_table.hpp"

#include "market/document.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

namespace portfoliod::service {

std::string read_file(std::filesystem::path const& file) {
    std::ifstream stream{file, std::ios::binary};
    std::ostringstream text;
    if (!stream || !(text << stream.rdbuf()))
        throw ConfigError{fmt::format("{}: cannot be read; does it exist, is there something in "
                                      "it, and may this user read it?",
                                      file.string())};
    return text.str();
}

std::string lower(std::string_view text) {
    std::string result{text};
    std::ranges::transform(result, result.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return result;
}

int refuse(std::filesystem::path const& file, std::vector<Complaint> const& complaints) {
    std::multimap<int, std::string> by_line; // those of one line stay in order
    for (auto const& [line, reason] : complaints) by_line.emplace(line, reason);
    for (auto const& [line, reason] : by_line)
        fmt::print(stderr, "{}{}: {}\n", file.string(), line == 0 ? "" : fmt::format(":{}", line),
                   reason);
    fmt::print(stderr, "portfoliod: nothing was imported: {} {} to be mended\n", complaints.size(),
               complaints.size() == 1 ? "thing is" : "things are");
    return 1;
}

CsvTable::CsvTable(std::string_view text, std::vector<CsvColumn> columns, OtherColumns others,
                   CsvReading reading)
    : lines_(text), columns_(std::move(columns)), others_(others), reading_(std::move(reading)) {
    read_header();
}

bool CsvTable::next() {
    while (readable_) {
        auto const next = lines_.next();
        if (next == CsvLines::Next::end) return false;
        if (next == CsvLines::Next::broken) {
            complain("a quoted cell is not closed, or is followed by more text; nothing after it "
                     "was read");
            return false;
        }
        if (std::ranges::all_of(cells(), &std::string_view::empty)) continue;
        if (cells().size() != headings_.size())
            complain(fmt::format("has {} cells where the header has {}", cells().size(),
                                 headings_.size()));
        else if (!std::ranges::all_of(cells(), market::is_text))
            complain("is not in UTF-8; save the file in that encoding");
        else
            return true;
    }
    return false;
}

std::string_view CsvTable::cell(std::string const& column) const {
    if (auto const value = reading_.values.find(column); value != reading_.values.end())
        return value->second;
    auto const found = at_.find(column);
    return found == at_.end() ? std::string_view{} : cells()[found->second];
}

std::optional<std::string> CsvTable::optional(std::string const& column) const {
    auto const text = cell(column);
    return text.empty() ? std::nullopt : std::optional<std::string>{text};
}

bool CsvTable::has(std::string const& column) const {
    return at_.contains(column) || reading_.values.contains(column);
}

void CsvTable::read_header() {
    auto const first = lines_.next();
    if (first == CsvLines::Next::end) complaints_.push_back({0, "is empty"});
    if (first == CsvLines::Next::broken) complain("a quoted cell is not closed");
    if (first != CsvLines::Next::line) return;
    for (auto const heading : cells()) take_heading(heading, headings_.size());
    miss_columns();
    readable_ = complaints_.empty();
}

void CsvTable::take_heading(std::string_view heading, std::size_t index) {
    headings_.emplace_back(heading);
    auto const* const column = column_of(heading);
    if (column == nullptr) {
        left_out_.emplace_back(heading);
        if (others_ == OtherColumns::left_out) return;
        std::vector<std::string> names;
        for (auto const& known : columns_) names.push_back(known.name);
        complain(fmt::format("unknown column '{}'; there are {}", heading, fmt::join(names, ", ")));
    } else if (!at_.emplace(column->name, index).second) {
        complain(fmt::format("column '{}' stands twice", heading));
    }
}

CsvColumn const* CsvTable::column_of(std::string_view heading) const {
    auto const name = lower(heading);
    for (auto const& column : columns_) {
        if (reading_.values.contains(column.name)) continue; // said for all lines
        auto const chosen = reading_.columns.find(column.name);
        if (chosen != reading_.columns.end()
                ? lower(chosen->second) == name
                : column.name == name || std::ranges::find(column.also, name) != column.also.end())
            return &column;
    }
    return nullptr;
}

void CsvTable::miss_columns() {
    std::vector<std::string> missing;
    for (auto const& column : columns_) {
        if (has(column.name)) continue;
        auto const chosen = reading_.columns.find(column.name);
        if (chosen != reading_.columns.end())
            complain(fmt::format("no column is called '{}'; there are {}", chosen->second,
                                 fmt::join(headings_, ", ")));
        else if (column.required)
            missing.push_back(column.name);
    }
    if (others_ == OtherColumns::refused)
        for (auto const& name : missing) complain(fmt::format("column '{}' is missing", name));
    else if (!missing.empty())
        complain(fmt::format("there is no column {0}, only {1}. Say which one it is with --column "
                             "'{2}=ITS NAME HERE', or what holds for all lines with --value "
                             "{2}=VALUE",
                             fmt::join(missing, ", "), fmt::join(headings_, ", "),
                             missing.front()));
}

} // namespace portfoliod::service
