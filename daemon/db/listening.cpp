#include "db/listening.hpp"

#include "db/failure.hpp"
#include "db/pqxx.hpp"

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
    explicit Impl(std::string const& text) : connection(text) {}

    pqxx::connection connection;
    std::vector<Notification> arrived;
    std::vector<std::string> channels;
    bool locked = false;
    std::vector<std::unique_ptr<Receiver>> receivers; ///< destroyed before the connection
};

Listening::Listening(SessionOptions const& options, std::vector<std::string> channels) {
    auto const text = connection_string(options);
    translating([&] {
        impl_ = std::make_unique<Impl>(text);
        impl_->channels = std::move(channels);
        forbid_reactivation(impl_->connection);
        for (auto const& channel : impl_->channels)
            impl_->receivers.push_back(
                std::make_unique<Receiver>(impl_->connection, channel, impl_->arrived));
    });
    probe();
}

Listening::~Listening() = default;

int Listening::socket() const { return impl_->connection.sock(); }

std::vector<Notification> Listening::take() {
    return translating([&] {
        impl_->connection.get_notifs();
        return std::exchange(impl_->arrived, {});
    });
}

void Listening::probe() {
    translating([&] {
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
    return translating([&] {
        pqxx::nontransaction question{impl_->connection};
        auto const answer = question.exec(
            fmt::format("SELECT pg_try_advisory_lock({}, {})", lock.classid, lock.objid));
        // Asked once only: an advisory lock taken twice must be given back twice.
        return impl_->locked = answer[0][0].as<bool>();
    });
}

#pragma GCC diagnostic pop

} // namespace portfoliod::db
