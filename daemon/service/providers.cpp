#include "service/providers.hpp"

#include "base/secrets.hpp"

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

} // namespace

std::vector<market::Declaration> load_providers(Config const& config) {
    std::vector<market::Declaration> declarations;
    auto overrides = config.providers;
    for (auto const& file : declaration_files(config.providers_dir)) {
        auto& declaration = declarations.emplace_back(market::load_declaration(file));
        if (auto const found = overrides.extract(declaration.name))
            market::apply(found.mapped(), declaration);
        if (declaration.key_value.empty() && !declaration.key_name.empty())
            declaration.key_value = secret(declaration.key_name).value_or("");
        keep_secret(declaration.key_value);
    }
    if (!overrides.empty())
        throw ConfigError{fmt::format("providers.{}: there is no {}.yaml in {}",
                                      overrides.begin()->first, overrides.begin()->first,
                                      config.providers_dir.string())};
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
