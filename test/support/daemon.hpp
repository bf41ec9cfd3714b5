#pragma once

#include "support/database.hpp"
#include "support/market_server/market_server.hpp"
#include "support/terminal.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <sys/types.h>

namespace portfoliod::test {

/// The real program as a process of its own, in a private folder, against a database and a market
/// server.
class Daemon {
  public:
    /// `schedule` is the configuration's schedule map; everything in it is off unless a test says
    /// otherwise. `more` are further lines of it; calendars are the shipped ones unless a
    /// calendars_dir is among them.
    Daemon(Database const& database, MarketServer const& market,
           std::string const& schedule =
               "{quotes: off, exchange_rates: off, performance: off, upkeep: off}",
           std::string const& more = "log: {level: debug}\n");
    /// `database` is the configuration's database map: another way to the database.
    Daemon(std::string const& database, MarketServer const& market, std::string const& schedule,
           std::string const& more);
    Daemon(Daemon const&) = delete;
    Daemon& operator=(Daemon const&) = delete;
    /// Kills it if it still runs, and removes the folder.
    ~Daemon();

    /// Starts the service and returns when it says that it listens.
    void start();
    /// Starts it without waiting for anything.
    void start_unready();
    /// SIGTERM; returns the exit code.
    int stop();
    /// kill -9
    void kill();
    /// SIGHUP
    void hang_up() const;
    /// Waits until it ends by itself; the exit code.
    int wait_for_exit();
    /// Changes its configuration: `from` must be in it.
    void reconfigure(std::string const& from, std::string const& to) const;
    /// The port of its web server, once it has said so.
    [[nodiscard]] unsigned short web_port() const;

    [[nodiscard]] pid_t process() const { return pid_; }

    /// Waits until the journal holds this text; fails the test after half a minute.
    void wait_for_log(std::string const& text) const;
    /// Waits until it has said as many lines since its last start, or does not go on for `limit`.
    void wait_for_lines(int lines, std::chrono::milliseconds limit) const;
    [[nodiscard]] std::string log() const;
    /// The most memory it ever had resident, while it runs.
    [[nodiscard]] double peak_memory_mb() const;

    /// Runs another command of the program to its end; its output is in `output()`.
    int run(std::string const& arguments);
    [[nodiscard]] std::string output() const;
    /// The same as a person at a terminal has it.
    TerminalRun run_on_terminal(std::string const& arguments) const;

    [[nodiscard]] std::filesystem::path const& folder() const { return folder_; }

  private:
    [[nodiscard]] std::string command(std::string const& arguments) const;
    bool wait_until_log(std::function<bool(std::string const&)> const& is_so,
                        std::chrono::milliseconds limit) const;

    std::filesystem::path folder_;
    pid_t pid_ = 0;
    std::size_t log_start_ = 0; ///< where the last start's lines begin
};

} // namespace portfoliod::test
