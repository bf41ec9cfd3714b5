#pragma once

#include "base/blocking.hpp"
#include "db/session.hpp"

#include <boost/asio/thread_pool.hpp>

#include <memory>
#include <mutex>
#include <vector>

namespace portfoliod::db {

/// A few threads, each job with a session of its own while it runs. Work that must not wait for
/// other work gets another lane. Sessions are opened when first needed and dropped when they broke.
class Lane {
  public:
    Lane(SessionOptions options, int threads);
    Lane(Lane const&) = delete;
    Lane& operator=(Lane const&) = delete;
    ~Lane(); ///< waits for the jobs at hand

    /// Runs job(Session&) on a thread of this lane and resumes where it was awaited, with its
    /// result or exception.
    template <class Job>
    boost::asio::awaitable<std::invoke_result_t<Job&, Session&>> run(Job job) {
        auto borrowing = Borrowing<Job>{this, std::move(job)};
        return run_blocking(threads_, std::move(borrowing));
    }

    /// Runs job(Transaction&) and commits.
    template <class Job>
    boost::asio::awaitable<std::invoke_result_t<Job&, Transaction&>> transact(Job job) {
        auto committing = Committing<Job>{std::move(job)};
        return run(std::move(committing));
    }

  private:
    template <class Job>
    struct Borrowing {
        Lane* lane;
        Job job;

        auto operator()() {
            auto session = lane->borrow();

            // On an exception the session is dropped unless it is still good: see give_back().
            struct Return {
                Lane* lane;
                std::unique_ptr<Session>& session;

                ~Return() { lane->give_back(std::move(session)); }
            } const guard{lane, session};

            return job(*session);
        }
    };

    template <class Job>
    struct Committing {
        Job job;

        auto operator()(Session& session) {
            auto transaction = session.begin();
            if constexpr (std::is_void_v<std::invoke_result_t<Job&, Transaction&>>) {
                job(transaction);
                transaction.commit();
            } else {
                auto result = job(transaction);
                transaction.commit();
                return result;
            }
        }
    };

    std::unique_ptr<Session> borrow();
    void give_back(std::unique_ptr<Session> session);

    SessionOptions options_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Session>> idle_;
    boost::asio::thread_pool threads_;
};

} // namespace portfoliod::db
