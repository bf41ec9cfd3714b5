#include "support/database.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

using namespace portfoliod;

// The whole schema as one text in the repository, so that a reviewer sees every change of it as a
// difference.

namespace {

std::string output_of(std::string const& command) {
    auto* const pipe = ::popen((command + " 2>&1").c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string output;
    char buffer[4096];
    while (auto const size = std::fread(buffer, 1, sizeof buffer, pipe))
        output.append(buffer, size);
    ::pclose(pipe);
    return output;
}

/// pg_dump's text without what differs between versions and machines: its comments, the settings of
/// its session, keys against injection, more than one empty line, and the AS that version 17 writes
/// before the alias of a changed table.
std::string normalised(std::string const& dump) {
    static std::regex const alias{R"((UPDATE|DELETE FROM|INSERT INTO) ([\w.]+) AS (\w+))"};
    std::istringstream lines{std::regex_replace(dump, alias, "$1 $2 $3")};
    std::string result;
    std::string line;
    while (std::getline(lines, line)) {
        auto const is_noise = line.starts_with("--") || line.starts_with("SET ") ||
                              line.starts_with("SELECT pg_catalog.set_config") ||
                              line.starts_with("\\restrict") || line.starts_with("\\unrestrict");
        auto const is_repeated = line.empty() && (result.empty() || result.ends_with("\n\n"));
        if (!is_noise && !is_repeated) result += line + "\n";
    }
    while (result.ends_with("\n\n")) result.pop_back();
    return result;
}

std::string dump(test::Database& database) {
    // The newest program reads every older server. Partitions come with the years.
    return normalised(
        output_of("$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)/pg_dump --schema-only "
                  "--no-owner -T 'public.asset_prices_[0-9]*' -h " +
                  test::shared_cluster().folder().string() + " -U postgres " + database.name()));
}

} // namespace

TEST_CASE("the schema is the one of test/db/schema.dump") {
    test::Database database;
    auto const now = dump(database);
    REQUIRE_MESSAGE(now.find("CREATE TABLE public.transactions") != std::string::npos, now);
    std::filesystem::path const kept{PROJECT_DIR "/test/db/schema.dump"};
    if (std::getenv("PORTFOLIOD_RENEW_DUMP") != nullptr) std::ofstream{kept} << now;

    std::ifstream stream{kept};
    std::string const before{std::istreambuf_iterator<char>{stream}, {}};
    if (now == before) return;
    auto const other = std::filesystem::temp_directory_path() / (database.name() + ".dump");
    std::ofstream{other} << now;
    FAIL_CHECK("the schema has changed:\n",
               output_of("diff -u " + kept.string() + " " + other.string()),
               "if that is meant, renew the file: PORTFOLIOD_RENEW_DUMP=1 db_tests "
               "--test-case='the schema is the one of test/db/schema.dump'");
    std::filesystem::remove(other);
}
