#include "service/providers.hpp"

#include "base/secrets.hpp"
#include "market/https.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace portfoliod::service {

namespace {

/// The declaration files, by name; the examples in a folder below are not ours to load.
std::vector<std::filesystem::path> declaration_files(std::filesystem::path const& folder) {
    std::error_code failed;
    std::vector<std::filesystem::path> files;
    for (auto const& entry : std::filesystem::directory_iterator{folder, failed})
        if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    if (failed || files.empty())
        throw ConfigError{fmt::format("providers_dir {}: holds no provider files (NAME.yaml); set "
                                      "providers_dir to the folder that does",
                                      folder.string())};
    std::ranges::sort(files);
    return files;
}

[[noreturn]] void complain(Config const& config, std::string const& key, std::string const& what) {
    if (auto const found = config.written.find(key); found != config.written.end())
        found->second.fail(what);
    throw ConfigError{fmt::format("{}: {}", key, what)};
}

/// Those of the configuration; the market looks at the others, for a folder of one's own need not serve every default.
void check_written_routes(Config const& config,
                          std::vector<market::Declaration> const& declarations) {
    for (auto const& [what, names] : config.routes) {
        if (!config.written.contains("routes." + what)) continue;
        for (auto const& name : names)
            if (std::ranges::find(declarations, name, &market::Declaration::name) ==
                declarations.end())
                complain(config, "routes." + what,
                         fmt::format("there is no provider '{}': no {}.yaml in {}", name, name,
                                     config.providers_dir.string()));
    }
}

/// The market reads it too, but does not know where it is named.
void check_ca_file(Config const& config, market::Declaration const& declaration) {
    if (!declaration.ca_file) return;
    auto const complaint = market::complaint_about(*declaration.ca_file);
    if (!complaint) return;
    config.written.at("providers." + declaration.name).find("ca_file")->fail(*complaint);
}

} // namespace

std::vector<market::Declaration> load_providers(Config const& config) {
    std::vector<market::Declaration> declarations;
    auto overrides = config.providers;
    for (auto const& file : declaration_files(config.providers_dir)) {
        auto& declaration = declarations.emplace_back(market::load_declaration(file));
        if (auto const found = overrides.extract(declaration.name))
            market::apply(found.mapped(), declaration);
        check_ca_file(config, declaration);
        if (declaration.key_value.empty() && !declaration.key_name.empty())
            declaration.key_value = secret(declaration.key_name).value_or("");
        keep_secret(declaration.key_value);
    }
    if (!overrides.empty())
        complain(config, "providers." + overrides.begin()->first,
                 fmt::format("there is no {}.yaml in {}", overrides.begin()->first,
                             config.providers_dir.string()));
    check_written_routes(config, declarations);
    return declarations;
}

market::Routes routes(Config const& config) {
    market::Routes routes;
    for (auto const& [what, providers] : config.routes) {
        if (what == "rates_latest")
            routes.rates_latest = providers;
        else if (what == "rates_history")
            routes.rates_history = providers;
        else
            routes.prices[what] = providers;
    }
    return routes;
}

} // namespace portfoliod::service
