#pragma once

#include "service/config.hpp"
#include "service/csv_table.hpp"

#include <filesystem>
#include <string>

/// What `portfoliod COMMAND` does. Each throws Failure (exit code 1) or ConfigError (2).
namespace portfoliod::service {

/// url "" = the configuration's owner_url, else its url.
int migrate_database(Config const& config, std::string const& url);

struct AssetImport {
    /// CSV: symbol, name, asset_type, native_currency, [exchange, metadata]; other columns are left out.
    std::filesystem::path file;
    CsvReading reading = {};
};

/// The names that a file's columns have by themselves.
std::vector<std::string> const& catalogue_columns();

/// Loads or updates the catalogue. All or nothing; what is wrong with the file goes to stderr, a line each, and returns 1.
int import_assets(Config const& config, AssetImport const& import);

struct TransactionImport {
    std::filesystem::path
        file; ///< CSV: date, type, symbol, [exchange], quantity, price, [fee, id, notes]
    int portfolio = 0;
    bool dry_run = false; ///< check everything, enter nothing
};

/// All or nothing; what is wrong with the file goes to stderr, a line each, and returns 1.
int import_transactions(Config const& config, TransactionImport const& import);

/// Computes positions, counts, ranges and values again, by other ways than they are kept, and prints where they differ; 1 when they do.
/// `repair` mends what can be mended, and returns 1 only when something cannot.
int verify(Config const& config, bool repair);

struct Snapshot {
    std::string from, to; ///< YYYY-MM-DD; "" = from the first trade; to yesterday
    int portfolio = 0;    ///< 0 = all
};

/// Computes snapshots and the figures that rest on them again, now, beside the daemon or without it, and prints what that changed. 1 when a
/// portfolio cannot be valued.
int snapshot(Config const& config, Snapshot const& snapshot);

struct Fetch {
    std::string what;     ///< an asset's symbol, or a currency
    std::string exchange; ///< where the symbol stands on several; "" = any
    std::string
        asset_type;       ///< with `currency`: asked as it is, whether or not the catalogue has it
    std::string currency; ///< the asset's own
    std::string from, to; ///< YYYY-MM-DD; "" and "" = the latest; `to` "" = yesterday
    std::string provider; ///< "" = along the configured route
    bool json = false;
};

/// Asks a provider and prints what it says, and what the daemon would make of it. Stores nothing. 1 when nobody answered.
int fetch(Config const& config, Fetch const& fetch);

/// Prints what is tracked, queued, used of the providers' limits, when the schedule ran last, and what needs a person.
int status(Config const& config, bool json);

/// Looks over database, schema and providers, and prints a line for each; the configuration itself is read by now. `probe` also
/// asks each provider in use for one symbol. 1 when something is wrong.
int check(Config const& config, bool probe);

/// The catalogue that comes with portfoliod: beside the providers.
std::filesystem::path starter_catalogue(Config const& config);

} // namespace portfoliod::service
