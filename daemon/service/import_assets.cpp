#include "db/session.hpp"
#include "market/currency_unit.hpp"
#include "service/commands.hpp"
#include "service/csv_table.hpp"
#include "service/progress.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

namespace portfoliod::service {

namespace {

constexpr std::size_t symbol_size_max = 50; // characters, as the columns of assets
constexpr std::size_t name_size_max = 255;
constexpr std::size_t exchange_size_max = 50;
constexpr std::array types{"stock", "crypto", "commodity", "bond"};

/// Characters of a text in UTF-8.
std::size_t size_of(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// A listing of assets, read as far as that goes without the database.
class Listing {
  public:
    Listing(std::string_view text, CsvReading reading)
        : table_(text,
                 {{"symbol", true},
                  {"name", true},
                  {"asset_type", true, {"type"}},
                  {"exchange"},
                  {"native_currency", true, {"currency"}},
                  {"metadata"}},
                 OtherColumns::left_out, std::move(reading)) {
        while (table_.next()) {
            if (is_footer()) continue;
            try {
                rows_.push_back(row());
                assets_.emplace(table_.cell("symbol"), table_.cell("exchange"));
            } catch (BadLine const& e) {
                table_.complain(e.what());
            }
        }
    }

    [[nodiscard]] std::vector<db::CopyRow> const& rows() const { return rows_; }

    /// Different ones: a line may be repeated.
    [[nodiscard]] std::size_t assets() const { return assets_.size(); }

    [[nodiscard]] CsvTable const& table() const { return table_; }

    [[nodiscard]] std::vector<int> const& footers() const { return footers_; }

    [[nodiscard]] std::vector<Complaint> complaints() const {
        if (rows_.empty() && table_.complaints().empty()) return {{0, "has no line with an asset"}};
        return table_.complaints();
    }

    static std::vector<std::string> const& columns() {
        static std::vector<std::string> const names{
            "line", "symbol", "name", "asset_type", "exchange", "native_currency", "metadata_text"};
        return names;
    }

  private:
    /// "File Creation Time: 0731202621:31,,,,": words about the file, which no symbol could be.
    bool is_footer() {
        auto const& cells = table_.cells();
        auto const is = cells.size() > 1 && cells.front().find(": ") != std::string_view::npos &&
                        std::ranges::all_of(cells.begin() + 1, cells.end(),
                                            [](auto const cell) { return cell.empty(); });
        if (is) footers_.push_back(table_.line());
        return is;
    }

    [[nodiscard]] db::CopyRow row() const {
        return {std::to_string(table_.line()),
                text("symbol", symbol_size_max),
                text("name", name_size_max),
                type(),
                table_.cell("exchange").empty()
                    ? std::nullopt
                    : std::optional{text("exchange", exchange_size_max)},
                currency(),
                table_.optional("metadata")};
    }

    [[nodiscard]] std::string text(std::string const& column, std::size_t size_max) const {
        auto const cell = table_.cell(column);
        if (cell.empty()) throw BadLine{fmt::format("{} is empty", column)};
        if (size_of(cell) > size_max)
            throw BadLine{
                fmt::format("{} has {} characters, more than {}", column, size_of(cell), size_max)};
        return std::string{cell};
    }

    [[nodiscard]] std::string type() const {
        auto const type = lower(table_.cell("asset_type"));
        if (std::ranges::find(types, type) == types.end())
            throw BadLine{fmt::format("asset_type '{}' is none of {}; funds of all kinds are stock",
                                      table_.cell("asset_type"), fmt::join(types, ", "))};
        return type;
    }

    [[nodiscard]] std::string currency() const {
        auto const cell = table_.cell("native_currency");
        if (auto const unit = market::currency_unit(cell); unit.places != 0)
            throw BadLine{
                fmt::format("native_currency '{}' is a minor unit; write {}, and prices in {}",
                            cell, unit.currency, unit.currency)};
        if (cell.size() != 3 ||
            !std::ranges::all_of(cell, [](char c) { return c >= 'A' && c <= 'Z'; }))
            throw BadLine{
                fmt::format("native_currency '{}' is no ISO 4217 code such as USD", cell)};
        return std::string{cell};
    }

    CsvTable table_;
    std::vector<db::CopyRow> rows_;
    std::set<std::pair<std::string, std::string>> assets_;
    std::vector<int> footers_;
};

/// Stages the listing, and returns all that is wrong with it.
std::vector<Complaint> check(db::Transaction& transaction, Listing const& listing) {
    transaction.execute("SELECT portfoliod.prepare_asset_staging()");
    transaction.copy("asset_staging", Listing::columns(), listing.rows());
    auto wrong = listing.complaints();
    for (auto const row :
         transaction.execute("SELECT line, reason FROM portfoliod.check_staged_assets($1)",
                             {listing.table().has("metadata")}))
        wrong.push_back({row.integer(0), row.string(1)});
    return wrong;
}

/// What a reader of the summary should know besides.
void remark(std::filesystem::path const& file, Listing const& listing) {
    auto const say = [&](std::string const& text) {
        fmt::print(stderr, "{}: {}\n", file.string(), text);
    };
    if (auto const& names = listing.table().left_out(); !names.empty())
        say(fmt::format("columns left out: {}", fmt::join(names, ", ")));
    if (auto const& lines = listing.footers(); !lines.empty())
        say(fmt::format("no asset, left out: line {}", fmt::join(lines, ", ")));
    if (auto const repeated = listing.rows().size() - listing.assets(); repeated > 0)
        say(fmt::format("{} lines name an asset that a later line names again; the last counts",
                        repeated));
}

} // namespace

std::filesystem::path starter_catalogue(Config const& config) {
    return config.providers_dir.parent_path() / "catalogue" / "starter.csv";
}

std::vector<std::string> const& catalogue_columns() {
    static std::vector<std::string> const names{
        "symbol", "name", "asset_type", "exchange", "native_currency", "metadata"};
    return names;
}

int import_assets(Config const& config, AssetImport const& import) {
    auto const text = read_file(import.file);
    auto const listing = Listing{text, import.reading};
    db::Session session{
        {config.database.url, "portfoliod import-assets", std::chrono::minutes{10}}};
    auto transaction = session.begin();
    Progress progress;
    progress.say(fmt::format("checking {} assets", listing.rows().size()));
    auto const wrong = check(transaction, listing);
    if (!wrong.empty()) {
        progress.clear();
        return refuse(import.file, wrong);
    }
    progress.say(fmt::format("entering {} assets", listing.rows().size()));
    auto const done =
        transaction.execute("SELECT added, changed FROM portfoliod.merge_assets()").one();
    auto const added = done.integer(0);
    auto const changed = done.integer(1);
    transaction.commit();
    progress.clear();
    remark(import.file, listing);
    fmt::print("{} assets: {} added, {} updated, {} as they were\n", listing.assets(), added,
               changed, static_cast<int>(listing.assets()) - added - changed);
    return 0;
}

} // namespace portfoliod::service
