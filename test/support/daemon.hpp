#pragma once

#include "support/database.hpp"
#include "support/market_server/market_server.hpp"
#include "support/terminal.hpp"

#include <filesystem>
#include <string>
#include <sys/types.h>

namespace portfoliod::test {

/// The real program as a process of its own, in a private folder, against a database and a market
/// server.
class Daemon {
  public:
    /// `schedule` is the configuration's schedule map; everything in it is off unless a test says
    /// otherwise. `more` are further lines of it.
    Daemon(
        Database const& database, MarketServer const& market,
        std::string schedule = "{quotes: off, exchange_rates: off, performance: off, upkeep: off}",
        std::string const& more = "log: {level: debug}\n");
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
    /// Waits until the journal holds this text; fails the test after ten seconds.
    void wait_for_log(std::string const& text) const;
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
    int wait_for_exit();

    std::filesystem::path folder_;
    pid_t pid_ = 0;
    std::size_t log_start_ = 0; ///< where the last start's lines begin
};

} // namespace portfoliod::test
