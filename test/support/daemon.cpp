#include "support/daemon.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <spawn.h>
#include <sstream>
#include <stdexcept>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

extern char** environ;

namespace portfoliod::test {

namespace {

std::string read(std::filesystem::path const& file) {
    std::ifstream stream{file};
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

} // namespace

Daemon::Daemon(Database const& database, MarketServer const& market, std::string const& schedule,
               std::string const& more)
    : Daemon(fmt::format("{{url: \"{}\"}}", database.url()), market, schedule, more) {}

Daemon::Daemon(std::string const& database, MarketServer const& market, std::string const& schedule,
               std::string const& more) {
    auto pattern = (std::filesystem::temp_directory_path() / "portfoliod-daemon.XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"cannot make " + pattern};
    folder_ = pattern;
    auto const provider = fmt::format(
        "{{base_url: \"{}\", ca_file: \"{}\", limits: {{per_minute: 60000, concurrency: 4}}}}",
        market.url(), market.ca_file().string());
    auto const calendars = more.find("calendars_dir") == std::string::npos
                               ? fmt::format("calendars_dir: \"{}/conf/calendars\"\n", PROJECT_DIR)
                               : "";
    std::ofstream{folder_ / "portfoliod.yaml"} << fmt::format(
        "database: {0}\nproviders_dir: \"{2}/conf/providers\"\n"
        "providers: {{yahoo: {1}, coinbase: {1}, coinbase_rates: {1}, kraken: {1}, ecb: {1}, "
        "frankfurter: {1}}}\n"
        "{5}schedule: {3}\n{4}",
        database, provider, PROJECT_DIR, schedule, more, calendars);
    std::ofstream{folder_ / "log"};
}

Daemon::~Daemon() {
    if (pid_ != 0) kill();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void Daemon::start_unready() {
    log_start_ = read(folder_ / "log").size();
    auto const program = std::string{PORTFOLIOD_PROGRAM};
    auto const config = (folder_ / "portfoliod.yaml").string();
    auto const log = (folder_ / "log").string();
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 2, log.c_str(), O_WRONLY | O_APPEND, 0);
    ::posix_spawn_file_actions_adddup2(&actions, 2, 1);
    char* const arguments[] = {const_cast<char*>(program.c_str()), const_cast<char*>("run"),
                               const_cast<char*>("--config"), const_cast<char*>(config.c_str()),
                               nullptr};
    auto const failed =
        ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments, environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) throw std::runtime_error{"cannot start " + program};
}

void Daemon::start() {
    start_unready();
    wait_for_log("listening");
}

int Daemon::wait_for_exit() {
    int status = 0;
    ::waitpid(std::exchange(pid_, 0), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int Daemon::stop() {
    ::kill(pid_, SIGTERM);
    auto const exit_code = wait_for_exit();
    if (exit_code != 0) MESSAGE("the daemon ended with ", exit_code, " and had said:\n", log());
    return exit_code;
}

void Daemon::kill() {
    ::kill(pid_, SIGKILL);
    wait_for_exit();
}

std::string Daemon::log() const { return read(folder_ / "log").substr(log_start_); }

double Daemon::peak_memory_mb() const {
    auto const status = read(fmt::format("/proc/{}/status", pid_));
    auto const at = status.find("VmHWM:");
    return at == std::string::npos ? 0 : std::atof(status.c_str() + at + 6) / 1024;
}

void Daemon::hang_up() const { ::kill(pid_, SIGHUP); }

void Daemon::reconfigure(std::string const& from, std::string const& to) const {
    auto text = read(folder_ / "portfoliod.yaml");
    auto const at = text.find(from);
    REQUIRE_MESSAGE(at != std::string::npos, from, " is not in:\n", text);
    std::ofstream{folder_ / "portfoliod.yaml"} << text.replace(at, from.size(), to);
}

unsigned short Daemon::web_port() const {
    constexpr std::string_view said = "health and metrics at http://127.0.0.1:";
    wait_for_log(std::string{said});
    auto const text = log();
    return static_cast<unsigned short>(std::atoi(text.c_str() + text.rfind(said) + said.size()));
}

void Daemon::wait_for_log(std::string const& text) const {
    auto const says_so = [&](std::string const& log) {
        return log.find(text) != std::string::npos;
    };
    if (!wait_until_log(says_so, std::chrono::seconds{30}))
        FAIL("the daemon never said '", text, "'; it said:\n", log());
}

void Daemon::wait_for_lines(int lines, std::chrono::milliseconds limit) const {
    wait_until_log([&](std::string const& log) { return std::ranges::count(log, '\n') >= lines; },
                   limit);
}

bool Daemon::wait_until_log(std::function<bool(std::string const&)> const& is_so,
                            std::chrono::milliseconds limit) const {
    auto const watch = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    ::inotify_add_watch(watch, (folder_ / "log").c_str(), IN_MODIFY);
    auto const deadline = std::chrono::steady_clock::now() + limit;
    auto found = false;
    while (!(found = is_so(log())) && std::chrono::steady_clock::now() < deadline) {
        auto changed = pollfd{watch, POLLIN, 0};
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        ::poll(&changed, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
        char events[4096];
        while (::read(watch, events, sizeof events) > 0) {
        }
    }
    ::close(watch);
    return found;
}

std::string Daemon::command(std::string const& arguments) const {
    return fmt::format("{} {} --config {}/portfoliod.yaml", PORTFOLIOD_PROGRAM, arguments,
                       folder_.string());
}

int Daemon::run(std::string const& arguments) {
    auto const piped = fmt::format("{} >{}/output 2>&1", command(arguments), folder_.string());
    return WEXITSTATUS(std::system(piped.c_str()));
}

TerminalRun Daemon::run_on_terminal(std::string const& arguments) const {
    return test::run_on_terminal(command(arguments));
}

std::string Daemon::output() const { return read(folder_ / "output"); }

} // namespace portfoliod::test
