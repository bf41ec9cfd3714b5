#include "db/lane.hpp"

namespace portfoliod::db {

Lane::Lane(SessionOptions options, int threads)
    : options_(std::move(options)), threads_(static_cast<std::size_t>(threads)) {}

Lane::~Lane() { threads_.join(); }

std::unique_ptr<Session> Lane::borrow() {
    {
        auto const lock = std::lock_guard{mutex_};
        if (!idle_.empty()) {
            auto session = std::move(idle_.back());
            idle_.pop_back();
            return session;
        }
    }
    return std::make_unique<Session>(options_);
}

void Lane::give_back(std::unique_ptr<Session> session) {
    auto const lock = std::lock_guard{mutex_};
    if (!session->usable()) {
        idle_.clear(); // whatever ended this one has most likely ended them too
        return;
    }
    idle_.push_back(std::move(session));
}

} // namespace portfoliod::db
