#include "base/time.hpp"
#include "db/session.hpp"
#include "market/decimal_text.hpp"
#include "service/commands.hpp"
#include "service/csv_table.hpp"
#include "service/progress.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace portfoliod::service {

namespace {

constexpr std::size_t rows_per_copy = 10'000; // and per word of progress

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
    Statement(std::string_view text, Instant now, Progress& progress)
        : table_(text,
                 {{"date", true},
                  {"type", true},
                  {"symbol", true},
                  {"exchange"},
                  {"quantity", true},
                  {"price", true},
                  {"fee"},
                  {"id"},
                  {"notes"}},
                 OtherColumns::refused)
        , now_(now) {
        while (table_.next()) {
            if (rows_.size() % rows_per_copy == 0)
                progress.say(fmt::format("reading line {}", table_.line()));
            try {
                rows_.push_back(row());
            } catch (BadLine const& e) {
                table_.complain(e.what());
            }
        }
    }

    [[nodiscard]] std::vector<db::CopyRow> const& rows() const { return rows_; }

    [[nodiscard]] std::vector<Complaint> complaints() const {
        if (rows_.empty() && table_.complaints().empty())
            return {{0, "has no line but its header"}};
        return table_.complaints();
    }

    static std::vector<std::string> const& columns() {
        static std::vector<std::string> const names{
            "line",  "timestamp", "transaction_type", "symbol", "exchange", "quantity",
            "price", "fee",       "external_id",      "notes"};
        return names;
    }

  private:
    [[nodiscard]] db::CopyRow row() const {
        auto const type = lower(table_.cell("type"));
        if (type != "buy" && type != "sell")
            throw BadLine{fmt::format("type '{}' is neither buy nor sell", table_.cell("type"))};
        if (table_.cell("symbol").empty()) throw BadLine{"symbol is empty"};
        auto const quantity = amount("quantity", table_.cell("quantity"));
        if (!market::is_positive(quantity))
            throw BadLine{fmt::format("quantity '{}' is not above 0", table_.cell("quantity"))};
        auto const fee = table_.cell("fee");
        return {std::to_string(table_.line()),
                to_text(time_of_trade(table_.cell("date"), now_)),
                type,
                std::string{table_.cell("symbol")},
                table_.optional("exchange"),
                quantity,
                amount("price", table_.cell("price")),
                fee.empty() ? "0" : amount("fee", fee),
                table_.optional("id"),
                table_.optional("notes")};
    }

    CsvTable table_;
    Instant now_;
    std::vector<db::CopyRow> rows_;
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

} // namespace

int import_transactions(Config const& config, TransactionImport const& import) {
    auto const text = read_file(import.file);
    Progress progress;
    auto const statement = Statement{text, SystemClock{}.now(), progress};
    // A hundred thousand trades replay within seconds; a much longer statement takes its time.
    db::Session session{
        {config.database.url, "portfoliod import", std::chrono::seconds{std::chrono::hours{1}}}};
    auto transaction = session.begin();
    require_portfolio(transaction, import.portfolio);
    Merged done;
    auto wrong = statement.complaints();
    auto const unknown = stage(transaction, statement, progress);
    wrong.insert(wrong.end(), unknown.begin(), unknown.end());
    if (wrong.empty()) {
        progress.say(fmt::format("entering {} transactions", statement.rows().size()));
        done = merge(transaction, import.portfolio);
        wrong = complaints(transaction.execute(
            "SELECT line, reason FROM portfoliod.oversold_lines($1)", {import.portfolio}));
    }
    if (wrong.empty() && !import.dry_run) transaction.commit();
    progress.clear();
    if (!wrong.empty()) return refuse(import.file, wrong);
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
