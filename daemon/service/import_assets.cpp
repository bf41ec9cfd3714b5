#include "db/session.hpp"
#include "market/document.hpp"
#include "service/commands.hpp"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

namespace portfoliod::service {

namespace {

std::vector<std::string> const columns{"symbol",          "name",    "asset_type", "exchange",
                                       "native_currency", "metadata"};

std::vector<db::CopyRow> read_catalogue(std::filesystem::path const& file) {
    std::ifstream stream{file, std::ios::binary};
    std::ostringstream text;
    if (!stream || !(text << stream.rdbuf()))
        throw ConfigError{fmt::format(
            "{}: cannot be read; does it exist, and may this user read it?", file.string())};
    auto const table = market::Document::from_csv(text.str(), columns);
    if (!table)
        throw ConfigError{
            fmt::format("{}: is not CSV in UTF-8 with the columns {} and as many cells "
                        "in every line",
                        file.string(), fmt::join(columns, ","))};
    std::vector<db::CopyRow> rows;
    auto const size = table->node(market::Document::root).size;
    rows.reserve(size);
    for (std::uint32_t i = 0; i < size; ++i) {
        auto const line = table->child(market::Document::root, i);
        db::CopyRow row;
        for (auto const& column : columns) {
            auto const cell = table->node(*table->find(line, column)).text;
            // An empty cell is "none": for exchange and metadata that is a value, for the others
            // the server complains.
            row.push_back(cell.empty() ? std::nullopt : std::optional<std::string>{cell});
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

} // namespace

std::filesystem::path starter_catalogue(Config const& config) {
    return config.providers_dir.parent_path() / "catalogue" / "starter.csv";
}

int import_assets(Config const& config, std::filesystem::path const& file) {
    auto const rows = read_catalogue(file);
    db::Session session{{config.database.url, "portfoliod import-assets"}};
    auto transaction = session.begin();
    transaction.execute("SELECT portfoliod.prepare_asset_staging()");
    transaction.copy("asset_staging", columns, rows);
    auto const done =
        transaction.execute("SELECT added, changed FROM portfoliod.merge_assets()").one();
    auto const added = done.integer(0);
    auto const changed = done.integer(1);
    transaction.commit();
    fmt::print("{} assets: {} added, {} updated, {} as they were\n", rows.size(), added, changed,
               static_cast<int>(rows.size()) - added - changed);
    return 0;
}

} // namespace portfoliod::service
