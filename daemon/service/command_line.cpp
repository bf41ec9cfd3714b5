#include "service/command_line.hpp"

#include "base/log.hpp"
#include "base/secrets.hpp"
#include "service/advice.hpp"
#include "service/commands.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <map>

namespace portfoliod::service {

namespace {

struct Arguments {
    std::string config_file;
    std::string url;
    std::string csv_file;
    std::vector<std::string> columns; // OURS=THEIRS
    std::vector<std::string> values;  // OURS=VALUE
    bool starter = false;
    TransactionImport transactions;
    bool repair = false;
    bool probe = false;
    bool json = false;
    Fetch fetch;
    Snapshot snapshot;
};

/// The file named, else the default file where there is one, else the defaults.
Config configuration(Arguments const& arguments) {
    return !arguments.config_file.empty()                 ? load_config(arguments.config_file)
           : std::filesystem::exists(default_config_file) ? load_config(default_config_file)
                                                          : Config{};
}

/// Of a command; the service sets its level itself, time and again.
Config settled(Arguments const& arguments) {
    auto config = configuration(arguments);
    log::set_level(config.log_level);
    return config;
}

/// NAME=VALUE, where NAME is a column of the catalogue.
std::map<std::string, std::string> assignments(std::string_view option,
                                               std::vector<std::string> const& texts) {
    std::map<std::string, std::string> result;
    for (auto const& text : texts) {
        auto const sign = text.find('=');
        auto const name = text.substr(0, sign);
        auto const& known = catalogue_columns();
        if (sign == std::string::npos || std::ranges::find(known, name) == known.end())
            throw ConfigError{fmt::format("{} '{}' is no NAME=VALUE with one of the names {}",
                                          option, text, fmt::join(known, ", "))};
        if (!result.emplace(name, text.substr(sign + 1)).second)
            throw ConfigError{fmt::format("{} says twice what {} is", option, name)};
    }
    return result;
}

int import_assets_command(Arguments const& arguments) {
    if (arguments.starter == !arguments.csv_file.empty())
        throw ConfigError{
            "name a CSV file, or --starter for the catalogue that comes with portfoliod"};
    auto const config = settled(arguments);
    return import_assets(
        config,
        {arguments.starter ? starter_catalogue(config) : std::filesystem::path{arguments.csv_file},
         {assignments("--column", arguments.columns), assignments("--value", arguments.values)}});
}

void describe(CLI::App& command, Fetch& fetch) {
    command.add_option("SYMBOL|CURRENCY", fetch.what, "an asset of the catalogue, or a currency")
        ->required();
    command.add_option("--from", fetch.from, "first day of a range, YYYY-MM-DD; else the latest");
    command.add_option("--to", fetch.to, "its last day; else yesterday");
    command.add_option("--provider", fetch.provider, "this one instead of the configured route");
    command.add_option("--exchange", fetch.exchange, "where the symbol stands on several");
    command.add_option("--type", fetch.asset_type,
                       "stock, crypto, commodity or bond, for a symbol not in the catalogue");
    command.add_option("--currency", fetch.currency, "what such a symbol is priced in");
    command.add_flag("--json", fetch.json, "print JSON");
}

template <class Command>
int guarded(Connects connects, Command const& command) {
    try {
        return command();
    } catch (ConfigError const& e) {
        fmt::print(stderr, "portfoliod: {}\n", without_secrets(e.what()));
        return 2;
    } catch (db::Error const& e) {
        fmt::print(stderr, "portfoliod: {}\n", without_secrets(with_advice(e, connects)));
        return 1;
    } catch (std::exception const& e) {
        fmt::print(stderr, "portfoliod: {}\n", without_secrets(e.what()));
        return 1;
    }
}

} // namespace

int run_command_line(int argc, char const* const* argv, RunDaemon run_daemon) {
    CLI::App app{"portfoliod: keeps a portfolio's prices, figures and history up to date"};
    app.set_version_flag("--version", "portfoliod " PORTFOLIOD_VERSION);
    app.require_subcommand(1);
    app.fallthrough();
    Arguments arguments;
    app.add_option("--config", arguments.config_file,
                   fmt::format("configuration file; default {}", default_config_file));

    auto* const run = app.add_subcommand(
        "run", "the service; SIGTERM drains and stops, SIGHUP reads the files again");
    auto* const migrate =
        app.add_subcommand("migrate", "create or upgrade the schema; safe to repeat");
    migrate->add_option("--url", arguments.url, "the database, instead of the configuration's");
    auto* const reporting = app.add_subcommand(
        "status", "what is tracked, queued and used up, and what needs a person");
    reporting->add_flag("--json", arguments.json, "print JSON");
    auto* const checking =
        app.add_subcommand("check", "look over configuration, database, schema and provider files");
    checking->add_flag("--probe", arguments.probe, "ask each provider in use for one symbol, too");
    auto* const fetching = app.add_subcommand(
        "fetch", "ask a provider, print what it says and what would become of it; store nothing");
    describe(*fetching, arguments.fetch);
    auto* const snapshots = app.add_subcommand(
        "snapshot", "compute the value of past days again, and what rests on them");
    snapshots->add_option("--from", arguments.snapshot.from,
                          "first day, YYYY-MM-DD; else that of the first trade");
    snapshots->add_option("--to", arguments.snapshot.to,
                          "last day; later ones follow only where they rest on something that "
                          "changed; else yesterday");
    snapshots->add_option("--portfolio", arguments.snapshot.portfolio, "this one's id; else all")
        ->check(CLI::PositiveNumber);
    auto* const verification = app.add_subcommand(
        "verify", "compute everything that is kept again, and say where it differs");
    verification->add_flag("--repair", arguments.repair, "mend what differs");
    auto* const import =
        app.add_subcommand("import", "enter a broker's statement: all of it, or nothing");
    import
        ->add_option("FILE", arguments.transactions.file,
                     "CSV: date,type,symbol,quantity,price and, if you like, exchange,fee,id,notes")
        ->required();
    import->add_option("--portfolio", arguments.transactions.portfolio, "the portfolio's id")
        ->required();
    import->add_flag("--dry-run", arguments.transactions.dry_run,
                     "check everything and enter nothing");
    auto* const assets =
        app.add_subcommand("import-assets", "load or update the catalogue of assets");
    assets->add_option("FILE", arguments.csv_file,
                       "CSV: symbol,name,asset_type,native_currency and, if you like, "
                       "exchange,metadata");
    assets
        ->add_option("--column", arguments.columns,
                     "what one of these is called in the file, such as 'name=Company Name'")
        ->allow_extra_args(false);
    assets
        ->add_option("--value", arguments.values,
                     "what one of these is in every line, such as native_currency=USD")
        ->allow_extra_args(false);
    assets->add_flag("--starter", arguments.starter, "the catalogue that comes with portfoliod");

    try {
        app.parse(argc, argv);
    } catch (CLI::ParseError const& e) {
        if (e.get_exit_code() == 0) return app.exit(e); // --help, --version
        fmt::print(stderr, "portfoliod: {}; see portfoliod --help\n", e.what());
        return 2;
    }
    return guarded(migrate->parsed() ? Connects::as_owner : Connects::as_service, [&] {
        if (run->parsed()) return run_daemon([&] { return configuration(arguments); });
        if (migrate->parsed()) // the owner need not have the service's credentials
            return migrate_database(arguments.url.empty() ? settled(arguments) : Config{},
                                    arguments.url);
        if (reporting->parsed()) return status(settled(arguments), arguments.json);
        if (checking->parsed()) return check(settled(arguments), arguments.probe);
        if (fetching->parsed()) return fetch(settled(arguments), arguments.fetch);
        if (snapshots->parsed()) return snapshot(settled(arguments), arguments.snapshot);
        if (verification->parsed()) return verify(settled(arguments), arguments.repair);
        if (import->parsed())
            return import_transactions(settled(arguments), arguments.transactions);
        return import_assets_command(arguments);
    });
}

} // namespace portfoliod::service
