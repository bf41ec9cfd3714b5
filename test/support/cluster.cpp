#include "support/cluster.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <pwd.h>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace portfoliod::test {

std::string shell(std::string const& command) {
    auto* const pipe = ::popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error{"cannot run: " + command};
    std::string output;
    std::array<char, 4096> buffer{};
    while (auto const size = std::fread(buffer.data(), 1, buffer.size(), pipe))
        output.append(buffer.data(), size);
    if (::pclose(pipe) != 0) throw std::runtime_error{command + " failed: " + output};
    return output;
}

std::string server_programs() {
    static auto const folder = [] {
        auto found = shell("ls -d /usr/lib/postgresql/*/bin/ 2>/dev/null | sort -V | tail -n 1");
        while (!found.empty() && (found.back() == '\n' || found.back() == '/')) found.pop_back();
        if (found.empty()) throw std::runtime_error{"no PostgreSQL server is installed"};
        return found;
    }();
    return folder;
}

namespace {

/// A command as the user the server runs as: ours, or Debian's postgres when we are root.
std::string as_server_user(std::string const& command) {
    return ::geteuid() == 0 ? "cd / && runuser -u postgres -- " + command : command;
}

} // namespace

Cluster::Cluster(std::filesystem::path folder, bool owned)
    : folder_(std::move(folder)), owned_(owned) {}

Cluster::Cluster(Cluster&& other) noexcept
    : folder_(std::move(other.folder_)), owned_(std::exchange(other.owned_, false)) {}

Cluster Cluster::attach(std::filesystem::path folder) { return {std::move(folder), false}; }

Cluster Cluster::start(Durability durability, std::string const& more) {
    auto pattern = (std::filesystem::temp_directory_path() / "portfoliod-test.XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"cannot make " + pattern};
    Cluster cluster{pattern, true};
    if (::geteuid() == 0) {
        auto const* const user = ::getpwnam("postgres");
        if (user == nullptr || ::chown(pattern.c_str(), user->pw_uid, user->pw_gid) != 0)
            throw std::runtime_error{"cannot hand " + pattern + " to the user postgres"};
    }
    shell(as_server_user(fmt::format("{}/initdb --no-sync --auth=trust --encoding=UTF8 --locale=C "
                                     "--username=postgres -D {}/data",
                                     server_programs(), pattern)));
    // No TCP. The time zone is not UTC, so that whatever
    // forgets to say UTC fails a test.
    auto const settings = fmt::format(
        "listen_addresses = ''\nunix_socket_directories = '{}'\nmax_connections = 100\n"
        "timezone = 'Asia/Tokyo'\nlog_min_messages = warning\n{}{}",
        pattern, durability == Durability::relaxed ? "fsync = off\nfull_page_writes = off\n" : "",
        more);
    shell(as_server_user(fmt::format("tee -a {}/data/postgresql.conf >/dev/null <<'END'\n{}END\n",
                                     pattern, settings)));
    cluster.start_again();
    return cluster;
}

Cluster::~Cluster() {
    if (!owned_) return;
    try {
        remove();
    } catch (std::exception const& e) {
        fmt::print(stderr, "{}\n", e.what());
    }
}

std::string Cluster::url(std::string const& database) const {
    return fmt::format("host={} user=postgres dbname={}", folder_.string(), database);
}

void Cluster::control(std::string const& arguments) const {
    shell(as_server_user(fmt::format("{}/pg_ctl -w -D {}/data -l {}/log {} </dev/null",
                                     server_programs(), folder_.string(), folder_.string(),
                                     arguments)));
}

void Cluster::start_again() { control("start >/dev/null"); }

void Cluster::stop(std::string const& mode) { control("stop -m " + mode); }

void Cluster::restart(std::string const& mode) {
    stop(mode);
    start_again();
}

void Cluster::remove() {
    // A machine that went down leaves the file of a server that is no more.
    auto const pg_ctl =
        as_server_user(fmt::format("{}/pg_ctl -D {}/data", server_programs(), folder_.string()));
    shell(fmt::format("if {0} status >/dev/null; then {0} -w -m immediate stop </dev/null; fi",
                      pg_ctl));
    std::filesystem::remove_all(folder_);
}

} // namespace portfoliod::test
