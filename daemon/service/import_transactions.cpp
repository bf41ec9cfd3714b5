#include "base/csv.hpp"
#include "base/time.hpp"
#include "db/session.hpp"
#include "market/decimal_text.hpp"
#include "market/document.hpp"
#include "service/commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <sstream>
#include <unistd.h>

namespace portfoliod::service {

namespace {

constexpr std::size_t rows_per_copy = 10'000;

struct Complaint {
    int line; ///< 0: the file as a whole
    std::string reason;
};

/// Thrown for one line; the lines after it are read all the same.
class BadLine : public Failure {
    using Failure::Failure;
};

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

/// The column's number, as the ledger keeps it: nothing is rounded silently.
std::string amount(std::string_view column, std::string_view cell) {
    auto const decimal = market::plain_decimal(cell);
    if (!decimal)
        throw BadLine{fmt::format(
            "{} '{}' is no number such as 1234.56, without thousands separators", column, cell)};
    if (decimal->starts_with('-')) throw BadLine{fmt::format("{} '{}' is negative", column, cell)};
    auto const point = std::min(decimal->find('.'), decimal->size());
    if (point > 16) throw BadLine{fmt::format("{} '{}' is 10^16 or more", column, cell)};
    auto const last = decimal->find_last_not_of('0');
    if (point < decimal->size() && last > point + 12)
        throw BadLine{fmt::format("{} '{}' has more than 12 decimals", column, cell)};
    return *decimal;
}

/// UTC, as the ledger's timestamps.
Instant time_of_trade(std::string_view cell, Instant now) {
    auto text = std::string{cell};
    if (text.ends_with('Z')) text.pop_back();
    if (text.size() == 16) text += ":00";
    auto const day = parse_day(text);
    auto const time = day ? std::optional<Instant>{*day} : parse_instant(text);
    if (!time)
        throw BadLine{fmt::format("date '{}' is no YYYY-MM-DD or YYYY-MM-DD HH:MM:SS (UTC)", cell)};
    if (*time > now + std::chrono::days{1})
        throw BadLine{fmt::format("date '{}' is in the future", cell)};
    if (*time < Day{std::chrono::year{1900} / 1 / 1})
        throw BadLine{fmt::format("date '{}' is before 1900", cell)};
    return *time;
}

/// A file of trades, read as far as that goes without the database.
class Statement {
  public:
    Statement(std::string_view text, Instant now) : lines_(text), now_(now) {
        if (read_header()) read_rows();
    }

    [[nodiscard]] std::vector<db::CopyRow> const& rows() const { return rows_; }

    [[nodiscard]] std::vector<Complaint> const& complaints() const { return complaints_; }

    static std::vector<std::string> const& columns() {
        static std::vector<std::string> const names{
            "line",  "timestamp", "transaction_type", "symbol", "exchange", "quantity",
            "price", "fee",       "external_id",      "notes"};
        return names;
    }

  private:
    static constexpr std::array known{"date",  "type", "symbol", "exchange", "quantity",
                                      "price", "fee",  "id",     "notes"};
    static constexpr std::array required{"date", "type", "symbol", "quantity", "price"};

    bool read_header() {
        if (lines_.next() != CsvLines::Next::line) {
            complaints_.push_back({0, "is empty"});
            return false;
        }
        auto index = std::size_t{0};
        for (auto const cell : lines_.cells()) {
            auto const name = lower(cell);
            if (std::ranges::find(known, name) == known.end())
                complaints_.push_back(
                    {lines_.number(), fmt::format("unknown column '{}'; there are {}", cell,
                                                  fmt::join(known, ", "))});
            else if (!at_.emplace(name, index).second)
                complaints_.push_back(
                    {lines_.number(), fmt::format("column '{}' stands twice", cell)});
            ++index;
        }
        for (auto const* const name : required)
            if (!at_.contains(name))
                complaints_.push_back(
                    {lines_.number(), fmt::format("column '{}' is missing", name)});
        width_ = index;
        return complaints_.empty();
    }

    void read_rows() {
        for (;;) {
            auto const next = lines_.next();
            if (next == CsvLines::Next::end) break;
            if (next == CsvLines::Next::broken) {
                complaints_.push_back({lines_.number(),
                                       "a quoted cell is not closed, or is followed by more "
                                       "text; nothing after it was read"});
                return;
            }
            try {
                rows_.push_back(row());
            } catch (BadLine const& e) {
                complaints_.push_back({lines_.number(), e.what()});
            }
        }
        if (rows_.empty() && complaints_.empty())
            complaints_.push_back({0, "has no line but its header"});
    }

    db::CopyRow row() const {
        if (lines_.cells().size() != width_)
            throw BadLine{
                fmt::format("has {} cells where the header has {}", lines_.cells().size(), width_)};
        if (!std::ranges::all_of(lines_.cells(), market::is_text))
            throw BadLine{"is not in UTF-8; save the file in that encoding"};
        auto const type = lower(cell("type"));
        if (type != "buy" && type != "sell")
            throw BadLine{fmt::format("type '{}' is neither buy nor sell", cell("type"))};
        if (cell("symbol").empty()) throw BadLine{"symbol is empty"};
        auto const quantity = amount("quantity", cell("quantity"));
        if (!market::is_positive(quantity))
            throw BadLine{fmt::format("quantity '{}' is not above 0", cell("quantity"))};
        return {std::to_string(lines_.number()),
                to_text(time_of_trade(cell("date"), now_)),
                type,
                std::string{cell("symbol")},
                optional("exchange"),
                quantity,
                amount("price", cell("price")),
                cell("fee").empty() ? "0" : amount("fee", cell("fee")),
                optional("id"),
                optional("notes")};
    }

    /// "" where the file has no such column.
    [[nodiscard]] std::string_view cell(std::string const& column) const {
        auto const found = at_.find(column);
        return found == at_.end() ? std::string_view{} : lines_.cells()[found->second];
    }

    [[nodiscard]] std::optional<std::string> optional(std::string const& column) const {
        auto const text = cell(column);
        return text.empty() ? std::nullopt : std::optional<std::string>{text};
    }

    CsvLines lines_;
    Instant now_;
    std::map<std::string, std::size_t> at_; ///< column → which cell
    std::size_t width_ = 0;
    std::vector<db::CopyRow> rows_;
    std::vector<Complaint> complaints_;
};

/// A line on a terminal that says how far we are; nothing elsewhere.
class Progress {
  public:
    Progress() = default;
    Progress(Progress const&) = delete;
    Progress& operator=(Progress const&) = delete;

    ~Progress() {
        if (shown_) fmt::print(stderr, "\r\033[K");
    }

    void say(std::string const& text) {
        if (!terminal_) return;
        shown_ = true;
        fmt::print(stderr, "\r\033[K{}", text);
        std::fflush(stderr);
    }

  private:
    bool terminal_ = ::isatty(STDERR_FILENO) == 1;
    bool shown_ = false;
};

std::vector<Complaint> complaints(db::Rows const& rows) {
    std::vector<Complaint> all;
    for (auto const row : rows) all.push_back({row.integer(0), row.string(1)});
    return all;
}

void require_portfolio(db::Transaction& transaction, int portfolio) {
    auto const rows =
        transaction.execute("SELECT FROM portfolios WHERE id = $1 FOR KEY SHARE", {portfolio});
    if (rows.empty())
        throw Failure{fmt::format("there is no portfolio {}; see: SELECT id, name FROM portfolios",
                                  portfolio)};
}

std::vector<Complaint> stage(db::Transaction& transaction, Statement const& statement,
                             Progress& progress) {
    transaction.execute("SELECT portfoliod.prepare_transaction_staging()");
    auto const& rows = statement.rows();
    for (std::size_t first = 0; first < rows.size(); first += rows_per_copy) {
        auto const size = std::min(rows_per_copy, rows.size() - first);
        auto const begin = rows.begin() + static_cast<std::ptrdiff_t>(first);
        transaction.copy("transaction_staging", Statement::columns(),
                         {begin, begin + static_cast<std::ptrdiff_t>(size)});
        progress.say(fmt::format("checking {} of {} transactions", first + size, rows.size()));
    }
    return complaints(
        transaction.execute("SELECT line, reason FROM portfoliod.check_staged_transactions()"));
}

struct Merged {
    std::int64_t added = 0;
    std::int64_t known = 0;
    std::string different; ///< lines, separated by commas
};

Merged merge(db::Transaction& transaction, int portfolio) {
    auto const row = transaction
                         .execute("SELECT added, known, array_to_string(different, ', ') "
                                  "FROM portfoliod.merge_transactions($1)",
                                  {portfolio})
                         .one();
    return {row.bigint(0), row.bigint(1), row.string(2)};
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

} // namespace

int import_transactions(Config const& config, TransactionImport const& import) {
    auto const text = read_file(import.file);
    auto const statement = Statement{text, SystemClock{}.now()};
    // A hundred thousand trades replay within seconds; a much longer statement takes its time.
    db::Session session{
        {config.database.url, "portfoliod import", std::chrono::seconds{std::chrono::hours{1}}}};
    auto transaction = session.begin();
    require_portfolio(transaction, import.portfolio);
    Merged done;
    {
        Progress progress;
        auto wrong = statement.complaints();
        auto const unknown = stage(transaction, statement, progress);
        wrong.insert(wrong.end(), unknown.begin(), unknown.end());
        if (wrong.empty()) {
            progress.say(fmt::format("entering {} transactions", statement.rows().size()));
            done = merge(transaction, import.portfolio);
            wrong = complaints(transaction.execute(
                "SELECT line, reason FROM portfoliod.oversold_lines($1)", {import.portfolio}));
        }
        if (!wrong.empty()) {
            progress.say("");
            return refuse(import.file, wrong);
        }
        if (!import.dry_run) transaction.commit();
    }
    fmt::print("{}{} transactions: {} {}, {} known already\n", import.dry_run ? "dry run: " : "",
               statement.rows().size(), done.added, import.dry_run ? "would be added" : "added",
               static_cast<std::int64_t>(statement.rows().size()) - done.added);
    if (!done.different.empty())
        fmt::print(
            stderr,
            "{}: known under their id with other contents, and left as they were: lines {}\n",
            import.file.string(), done.different);
    return 0;
}

} // namespace portfoliod::service
