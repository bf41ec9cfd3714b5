#include "db/session.hpp"

#include "db/failure.hpp"
#include "db/pqxx.hpp"
#include "db/watchdog.hpp"

#include <fmt/format.h>

#include <array>
#include <libpq-fe.h>
#include <unordered_map>

namespace portfoliod::db {

namespace {

using Words = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

/// libpq quotes the part it cannot read, which may be one of the password.
std::string complaint_about(std::string const& url, char const* complaint) {
    if (url.find("passw") != std::string::npos || url.find('@') != std::string::npos)
        return "libpq's words are not shown, because they may hold a part of the password; mind "
               "quotes around values with spaces, and %-encoding in URIs";
    return one_line(complaint != nullptr ? complaint : "out of memory");
}

} // namespace

std::vector<std::string> passwords_in(std::string const& url) {
    auto const words = Words{PQconninfoParse(url.c_str(), nullptr), PQconninfoFree};
    std::vector<std::string> passwords;
    for (auto const* word = words.get(); word != nullptr && word->keyword != nullptr; ++word)
        if (word->val != nullptr &&
            std::string_view{word->keyword}.find("password") != std::string_view::npos)
            passwords.emplace_back(word->val);
    return passwords;
}

std::string connection_string(SessionOptions const& options) {
    // A dead peer is noticed within about a minute instead of the kernel's two hours.
    auto text =
        fmt::format("connect_timeout=10 keepalives=1 keepalives_idle=30 keepalives_interval=10 "
                    "keepalives_count=3 tcp_user_timeout=30000 target_session_attrs=read-write "
                    "application_name='{}'",
                    options.application_name);
    char* complaint = nullptr;
    auto const words = Words{PQconninfoParse(options.url.c_str(), &complaint), PQconninfoFree};
    auto const owned = std::unique_ptr<char, decltype(&PQfreemem)>{complaint, PQfreemem};
    if (!words)
        throw ConfigError{fmt::format("database.url is not a PostgreSQL connection string: {}",
                                      complaint_about(options.url, owned.get()))};
    for (auto const* word = words.get(); word->keyword != nullptr; ++word) {
        if (word->val == nullptr) continue;
        text += fmt::format(" {}='", word->keyword);
        for (char const* c = word->val; *c != '\0'; ++c) {
            if (*c == '\'' || *c == '\\') text += '\\';
            text += *c;
        }
        text += '\'';
    }
    return text;
}

struct Session::Impl {
    explicit Impl(SessionOptions const& options)
        : connection(connection_string(options))
        , watchdog(connection.sock())
        , answer_time_max(options.answer_time_max)
        , statement_answer_max(options.statement_time_max + options.answer_time_max) {}

    pqxx::connection connection;
    Watchdog watchdog;
    std::chrono::milliseconds answer_time_max;
    std::chrono::milliseconds statement_answer_max; ///< of one that the server lets run to its end
    std::unordered_map<std::string, std::string> prepared; ///< statement → its name

    std::string const& prepare(std::string_view sql) {
        auto const [at, is_new] = prepared.try_emplace(std::string{sql}, "");
        if (is_new) {
            auto name = fmt::format("s{}", prepared.size());
            try {
                connection.prepare(name, at->first);
            } catch (...) {
                prepared.erase(at);
                throw;
            }
            at->second = std::move(name);
        }
        return at->second;
    }
};

Session::Session(SessionOptions const& options) {
    translating([&] { impl_ = std::make_unique<Impl>(options); });
    auto& connection = impl_->connection;
    forbid_reactivation(connection);
    impl_->watchdog.within(impl_->answer_time_max, [&] {
        pqxx::nontransaction setup{connection};
        // Settings a role or database may have changed; our statements and the reading of dates
        // rely on them. Compiled plans are for statements that run for seconds: the costs by which a plan is forced to take
        // an index would have those of ours compiled too, which takes longer than they do.
        setup.exec(fmt::format("SET timezone TO 'UTC'; SET datestyle TO 'ISO'; "
                               "SET client_encoding TO 'UTF8'; SET intervalstyle TO 'postgres'; "
                               "SET standard_conforming_strings TO on; "
                               "SET search_path TO public, pg_temp; SET jit TO off; "
                               "SET idle_in_transaction_session_timeout TO '5min'; "
                               "SET statement_timeout TO '{}s'; {}; {}",
                               options.statement_time_max.count(), notice_our_end,
                               options.await_disk ? "" : "SET synchronous_commit TO off"));
    });
}

Session::~Session() = default;

bool Session::usable() const { return impl_->connection.is_open(); }

namespace {

/// libpqxx 6 streams rows whose width is known to the compiler only: an array of each width up to
/// ten.
template <std::size_t Width>
void put_row(pqxx::stream_to& stream, CopyRow const& row) {
    std::array<char const*, Width> fields{};
    for (std::size_t i = 0; i < Width; ++i) {
        auto const& field = row.at(i);
        fields.at(i) = field ? field->c_str() : nullptr;
    }
    stream << fields;
}

using RowWriter = void (*)(pqxx::stream_to&, CopyRow const&);

RowWriter row_writer(std::size_t width) {
    constexpr RowWriter writers[] = {put_row<1>, put_row<2>, put_row<3>, put_row<4>, put_row<5>,
                                     put_row<6>, put_row<7>, put_row<8>, put_row<9>, put_row<10>};
    if (width < 1 || width > std::size(writers))
        throw Error{fmt::format("COPY of {} columns is not supported", width), "", false};
    return writers[width - 1];
}

} // namespace

struct Transaction::Impl {
    explicit Impl(Session::Impl& session) : session(session), work(session.connection) {}

    /// Runs a call that waits for the end of a statement.
    template <class Call>
    auto statement(Call call) -> decltype(call()) {
        return session.watchdog.within(session.statement_answer_max, call);
    }

    Session::Impl& session;
    pqxx::work work;
};

Transaction Session::begin() { return Transaction{*this}; }

Transaction::Transaction(Session& session) {
    // BEGIN costs nothing: a connection that went while it was idle is found here, and soon.
    session.impl_->watchdog.within(session.impl_->answer_time_max,
                                   [&] { impl_ = std::make_unique<Impl>(*session.impl_); });
}

Transaction::Transaction(Transaction&&) noexcept = default;

Transaction::~Transaction() {
    if (!impl_) return;
    auto& session = impl_->session;
    auto const rollback = Watchdog::Wait{session.watchdog, session.answer_time_max};
    impl_.reset();
}

Rows Transaction::execute(std::string_view sql, Params const& params) {
    return impl_->statement([&] {
        auto const& name = impl_->session.prepare(sql);
        std::vector<char const*> values;
        values.reserve(params.size());
        for (auto const& param : params) values.push_back(param.c_str());
        auto result = std::make_shared<pqxx::result>(execute_prepared(impl_->work, name, values));
        auto const size = static_cast<int>(result->size());
        auto const affected = static_cast<int>(result->affected_rows());
        return Rows{std::move(result), size, affected};
    });
}

void Transaction::execute_script(std::string_view sql) {
    translating([&] { impl_->work.exec(std::string{sql}); });
}

void Transaction::copy(std::string_view table, std::vector<std::string> const& columns,
                       std::vector<CopyRow> const& rows) {
    impl_->statement([&] {
        auto stream = open_copy(impl_->work, std::string{table}, columns);
        auto const put = row_writer(columns.size());
        for (auto const& row : rows) put(stream, row);
        stream.complete();
    });
}

void Transaction::notify(std::string_view channel, std::string_view payload) {
    execute("SELECT pg_notify($1, $2)", {channel, payload});
}

void Transaction::commit() {
    impl_->statement([&] { impl_->work.commit(); });
}

} // namespace portfoliod::db
