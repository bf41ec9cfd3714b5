#include "bench/rest.hpp"

#include "base/time.hpp"
#include "support/daemon.hpp"
#include "support/database.hpp"
#include "support/ledger.hpp"
#include "support/waiting.hpp"

#include <fmt/format.h>

#include <array>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <limits>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace portfoliod::bench {

namespace {

constexpr auto assets = 20;
constexpr auto measured = std::chrono::seconds{60};
/// What was asked for at the start has been answered, and sessions opened for it are idle.
constexpr auto settled = std::chrono::seconds{15};
constexpr auto memory_mb_max = 25.0;
constexpr auto bare_mb_usual = 9.4; // where the goal was set
constexpr auto wakeups_max = 1.0;   // a second

/// Of a line "Name:  value" of a file of /proc.
double field(std::filesystem::path const& file, std::string const& name) {
    std::ifstream stream{file};
    for (std::string word; stream >> word;)
        if (word == name + ":") {
            double value = 0;
            stream >> value;
            return value;
        }
    throw std::runtime_error{fmt::format("{} has no {}", file.string(), name)};
}

double resident_mb(pid_t process) {
    return field(fmt::format("/proc/{}/status", process), "VmRSS") / 1024;
}

/// Of all threads: each time one went to sleep it had been woken.
double wakeups(pid_t process) {
    auto sum = 0.0;
    for (auto const& thread :
         std::filesystem::directory_iterator{fmt::format("/proc/{}/task", process)})
        sum += field(thread.path() / "status", "voluntary_ctxt_switches");
    return sum;
}

/// A calendar whose only session is half a day away, whatever the time is now.
void close_all_exchanges(std::filesystem::path const& folder) {
    std::filesystem::copy(std::filesystem::path{PROJECT_DIR} / "conf/calendars", folder);
    auto const now = SystemClock{}.now();
    auto const hour = (std::chrono::floor<std::chrono::hours>(now) -
                       std::chrono::floor<std::chrono::days>(now) + std::chrono::hours{12})
                          .count() %
                      24;
    std::ofstream{folder / "rest.yaml"} << fmt::format(
        "about: far from now\nzone: UTC\nhours:\n- {{open: \"{0:02}:00\", close: \"{0:02}:30\"}}\n",
        hour);
}

/// The bare loop, a program of its own.
class Reference {
  public:
    explicit Reference(std::string const& url) {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error{"no pipe"};
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
        std::string program{PORTFOLIOD_BARE_LOOP};
        auto address = url;
        char* const arguments[] = {program.data(), address.data(), nullptr};
        auto const failed =
            ::posix_spawn(&process_, program.c_str(), &actions, nullptr, arguments, environ);
        ::posix_spawn_file_actions_destroy(&actions);
        ::close(ends[0]);
        input_ = ends[1];
        if (failed != 0) throw std::runtime_error{"cannot start " + program};
    }

    Reference(Reference const&) = delete;
    Reference& operator=(Reference const&) = delete;

    ~Reference() {
        ::close(input_);
        ::waitpid(process_, nullptr, 0);
    }

    [[nodiscard]] pid_t process() const { return process_; }

  private:
    pid_t process_ = 0;
    int input_ = -1;
};

void hold_some(test::Database& database) {
    auto const portfolio = test::add_portfolio(database, "ann@example.org", "EUR");
    for (auto i = 0; i < assets; ++i)
        test::buy(database, portfolio,
                  test::add_asset(database, fmt::format("S{}", i), "stock", "XETRA", "EUR"), "1",
                  "100", "2026-03-02");
}

} // namespace

void rest(Report& report) {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market, "{}",
                        "calendars_dir: calendars\n"
                        "calendars: {XETRA: rest}\n"};
    close_all_exchanges(daemon.folder() / "calendars");
    hold_some(database);
    daemon.start();
    {
        test::Waiting waiting{database};
        waiting.until("SELECT (SELECT count(*) FROM portfoliod.pending_changes) + "
                      "(SELECT count(*) FROM backfill_queue WHERE status <> 'completed') + "
                      "(SELECT count(*) FROM portfoliod.rate_backfill_queue WHERE status <> "
                      "'completed')",
                      "0");
    }
    Reference const reference{database.url()};
    daemon.wait_for_lines(std::numeric_limits<int>::max(), settled);
    auto const before = wakeups(daemon.process());
    daemon.wait_for_lines(std::numeric_limits<int>::max(), measured);
    auto const rate = (wakeups(daemon.process()) - before) / static_cast<double>(measured.count());
    auto const memory = resident_mb(daemon.process());
    auto const bare = resident_mb(reference.process());
    auto const usual = report.add_reference(
        {"a bare libpq loop at rest, memory", bare, "MB"}, {bare_mb_usual, bare_mb_usual},
        "its own pages and those of the libraries that libpq brings, by their versions");
    auto const met =
        usual ? memory <= memory_mb_max : memory / bare <= memory_mb_max / bare_mb_usual;
    report.add({"the daemon at rest, memory", memory, "MB", "a bare libpq loop", bare,
                usual ? "<= 25" : fmt::format("<= {:.2f} x", memory_mb_max / bare_mb_usual), met});
    report.add({"the daemon at rest, wake-ups of all its threads",
                rate,
                "/s",
                {},
                {},
                "<= 1",
                rate <= wakeups_max});
    if (daemon.stop() != 0) throw std::runtime_error{"the daemon did not end well"};
}

} // namespace portfoliod::bench
