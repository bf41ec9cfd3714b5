#pragma once

#include "db/session.hpp"
#include "support/cluster.hpp"

#include <string>

namespace portfoliod::test {

/// The cluster that the tests of this process use: the one of the ctest run, else one of their own.
Cluster& shared_cluster();

/// A database of the test's own with the schema in it, dropped at the end. Copied from one migrated
/// once.
class Database {
  public:
    /// In the shared cluster.
    Database();
    explicit Database(Cluster& cluster);
    Database(Database const&) = delete;
    Database& operator=(Database const&) = delete;
    ~Database();

    [[nodiscard]] std::string const& url() const { return url_; }

    [[nodiscard]] std::string const& name() const { return name_; }

    [[nodiscard]] Cluster const& cluster() const { return cluster_; }

    /// One statement in a transaction of its own, as superuser.
    db::Rows run(std::string_view sql, db::Params const& params = {});
    /// The single value a query returns, as text; "NULL" for NULL, "none" for no row.
    std::string value(std::string_view sql, db::Params const& params = {});
    /// The error message of a statement that must fail; "" when it does not.
    std::string error_of(std::string_view sql);
    db::Session& session();

    /// After a restart of the server.
    void reconnect() { session_.reset(); }

  private:
    Cluster& cluster_;
    std::string name_;
    std::string url_;
    std::unique_ptr<db::Session> session_;
};

} // namespace portfoliod::test
