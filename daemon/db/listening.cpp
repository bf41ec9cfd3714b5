#include "db/listening.hpp"

#include "db/failure.hpp"
#include "db/pqxx.hpp"
#include "db/watchdog.hpp"

#include <fmt/format.h>

namespace portfoliod::db {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace {

class Receiver final : public pqxx::notification_receiver {
  public:
    Receiver(pqxx::connection& connection, std::string const& channel,
             std::vector<Notification>& arrived)
        : pqxx::notification_receiver(connection, channel), arrived_(arrived) {}

    void operator()(std::string const& payload, int) override {
        arrived_.push_back({channel(), payload});
    }

  private:
    std::vector<Notification>& arrived_;
};

} // namespace

struct Listening::Impl {
    explicit Impl(SessionOptions const& options)
        : connection(connection_string(options))
        , watchdog(connection.sock())
        , answer_time_max(options.answer_time_max) {}

    /// Runs a question that costs the server nothing.
    template <class Call>
    auto ask(Call call) -> decltype(call()) {
        return watchdog.within(answer_time_max, call);
    }

    pqxx::connection connection;
    Watchdog watchdog;
    std::chrono::milliseconds answer_time_max;
    std::vector<Notification> arrived;
    std::vector<std::string> channels;
    bool locked = false;
    std::vector<std::unique_ptr<Receiver>> receivers; ///< destroyed before the connection
};

Listening::Listening(SessionOptions const& options, std::vector<std::string> channels) {
    translating([&] { impl_ = std::make_unique<Impl>(options); });
    impl_->channels = std::move(channels);
    forbid_reactivation(impl_->connection);
    impl_->ask([&] {
        pqxx::nontransaction{impl_->connection}.exec(notice_our_end);
        for (auto const& channel : impl_->channels)
            impl_->receivers.push_back(
                std::make_unique<Receiver>(impl_->connection, channel, impl_->arrived));
    });
    probe();
}

Listening::~Listening() {
    // libpqxx takes back each LISTEN, and waits for the answers.
    auto const wait = Watchdog::Wait{impl_->watchdog, impl_->answer_time_max};
    impl_->receivers.clear();
}

int Listening::socket() const { return impl_->connection.sock(); }

std::vector<Notification> Listening::take() {
    return translating([&] {
        impl_->connection.get_notifs();
        return std::exchange(impl_->arrived, {});
    });
}

void Listening::probe() {
    impl_->ask([&] {
        pqxx::nontransaction question{impl_->connection};
        auto const answer = question.exec("SELECT pg_listening_channels()");
        for (auto const& channel : impl_->channels) {
            auto known = false;
            for (auto const& row : answer) known = known || channel == row[0].c_str();
            if (!known)
                throw Error{fmt::format("the server no longer sends us {}", channel), "", true};
        }
    });
}

bool Listening::try_lock(AdvisoryLock lock) {
    if (impl_->locked) return true;
    return impl_->ask([&] {
        pqxx::nontransaction question{impl_->connection};
        auto const answer = question.exec(
            fmt::format("SELECT pg_try_advisory_lock({}, {})", lock.classid, lock.objid));
        // Asked once only: an advisory lock taken twice must be given back twice.
        return impl_->locked = answer[0][0].as<bool>();
    });
}

#pragma GCC diagnostic pop

} // namespace portfoliod::db
