#include "support/database.hpp"

#include "service/migrate.hpp"
#include "service/schema_files.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <stdexcept>
#include <sys/file.h>
#include <unistd.h>

namespace portfoliod::test {

namespace {

/// CREATE and DROP DATABASE cannot run in a transaction block: psql, as the rest of the world does
/// it.
void administer(Cluster const& cluster, std::string const& sql) {
    auto const command = fmt::format(
        "psql -qAtX -v ON_ERROR_STOP=1 -h {} -U postgres -d postgres -c \"{}\" >/dev/null",
        cluster.folder().string(), sql);
    if (std::system(command.c_str()) != 0) throw std::runtime_error{"failed: " + sql};
}

/// The database with the schema that the others are copied from; made by whichever process comes
/// first.
void ensure_template(Cluster& cluster) {
    auto const lock_file = (cluster.folder() / "template.lock").string();
    auto const done_file = cluster.folder() / "template.done";
    auto const lock = ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0 || ::flock(lock, LOCK_EX) != 0)
        throw std::runtime_error{"cannot lock " + lock_file};
    if (!std::filesystem::exists(done_file)) {
        administer(cluster, "CREATE DATABASE migrated");
        db::Session session{{cluster.url("migrated"), "test"}};
        service::migrate(session, service::schema_files());
        std::ofstream{done_file} << "\n";
    }
    ::close(lock);
}

std::string fresh_name() {
    static std::atomic<int> count{0};
    return fmt::format("test_{}_{}", ::getpid(), ++count);
}

} // namespace

Cluster& shared_cluster() {
    static auto cluster = [] {
        if (char const* const file = std::getenv("PORTFOLIOD_TEST_CLUSTER")) {
            std::ifstream stream{file};
            std::string folder;
            if (std::getline(stream, folder)) return Cluster::attach(folder);
        }
        return Cluster::start();
    }();
    return cluster;
}

Database::Database() : Database(shared_cluster()) {}

Database::Database(Cluster& cluster)
    : cluster_(cluster), name_(fresh_name()), url_(cluster.url(name_)) {
    ensure_template(cluster);
    administer(cluster, fmt::format("CREATE DATABASE {} TEMPLATE migrated", name_));
    // A copy does not inherit what ALTER DATABASE set.
    administer(cluster, fmt::format("ALTER DATABASE {} SET timezone TO 'UTC'", name_));
}

Database::~Database() {
    session_.reset();
    try {
        administer(cluster_, fmt::format("DROP DATABASE {} WITH (FORCE)", name_));
    } catch (std::exception const& e) {
        fmt::print(stderr, "{}\n", e.what());
    }
}

db::Session& Database::session() {
    if (!session_ || !session_->usable())
        session_ = std::make_unique<db::Session>(db::SessionOptions{url_, "test"});
    return *session_;
}

db::Rows Database::run(std::string_view sql, db::Params const& params) {
    auto transaction = session().begin();
    auto rows = transaction.execute(sql, params);
    transaction.commit();
    return rows;
}

std::string Database::value(std::string_view sql, db::Params const& params) {
    auto const rows = run(sql, params);
    if (rows.empty()) return "none";
    auto const row = rows.one();
    return row.is_null(0) ? "NULL" : row.string(0);
}

std::string Database::error_of(std::string_view sql) {
    try {
        run(sql);
    } catch (db::Error const& e) {
        return e.what();
    }
    return "";
}

} // namespace portfoliod::test
