#pragma once

#include "db/error.hpp"
#include "db/param.hpp"
#include "db/rows.hpp"

#include <chrono>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portfoliod::db {

struct SessionOptions {
    std::string url;              ///< a libpq connection string or URI
    std::string application_name; ///< what pg_stat_activity shows
    /// The server ends a statement that takes longer.
    std::chrono::seconds statement_time_max{60};
    /// For an answer that costs the server nothing, and for the word that it has ended a statement: a
    /// connection on which none came in time is given up, whatever TCP says of it.
    std::chrono::milliseconds answer_time_max{10'000};
    /// Whether a commit waits until the disk has it. Where what it did is done again from the tables
    /// when a crash of the server undoes it, nobody need wait.
    bool await_disk = true;
};

/// A libpq keyword string: our defaults (time-outs, keepalives, a server that accepts writes), then
/// the user's own words, which win. Throws ConfigError for a string libpq cannot read.
std::string connection_string(SessionOptions const& options);

/// The passwords in a connection string or URI, as libpq reads them; none where it cannot be read.
std::vector<std::string> passwords_in(std::string const& url);

class Transaction;

/// One connection, opened at construction; the only door to the database. Used by one thread at a
/// time. Every method throws Error.
class Session {
  public:
    explicit Session(SessionOptions const& options);
    Session(Session const&) = delete;
    Session& operator=(Session const&) = delete;
    ~Session();

    Transaction begin();
    [[nodiscard]] bool usable() const;

  private:
    friend class Transaction;
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// A row for COPY; nullopt is NULL.
using CopyRow = std::vector<std::optional<std::string>>;

/// READ COMMITTED; rolled back unless committed.
class Transaction {
  public:
    Transaction(Transaction&&) noexcept;
    Transaction(Transaction const&) = delete;
    Transaction& operator=(Transaction const&) = delete;
    ~Transaction();

    /// Runs one statement, prepared at its first use in this session.
    Rows execute(std::string_view sql, Params const& params = {});
    /// Runs a text of several statements without parameters. The one call with no deadline of ours:
    /// the server's holds for each statement, and a person waits for the migration.
    void execute_script(std::string_view sql);
    void copy(std::string_view table, std::vector<std::string> const& columns,
              std::vector<CopyRow> const& rows);
    void notify(std::string_view channel, std::string_view payload);
    void commit();

  private:
    friend class Session;
    struct Impl;
    explicit Transaction(Session& session);
    std::unique_ptr<Impl> impl_;
};

} // namespace portfoliod::db
