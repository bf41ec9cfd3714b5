#pragma once

#include "service/condition.hpp"
#include "service/metrics.hpp"
#include "service/stored_figures.hpp"
#include "service/web.hpp"

namespace portfoliod::service {

/// What the daemon serves over HTTP. All it is given outlives it.
class WebPages {
  public:
    WebPages(Condition const& condition, Metrics& metrics, StoredFigures& figures)
        : condition_(condition), metrics_(metrics), figures_(figures) {}

    /// /healthz: the loop runs, or nobody would answer. /readyz: and does its work; 503 with the reason
    /// if not. /metrics: also while the database is away.
    boost::asio::awaitable<WebPage> page(std::string path);

  private:
    boost::asio::awaitable<WebPage> metrics();

    Condition const& condition_;
    Metrics& metrics_;
    StoredFigures& figures_;
};

} // namespace portfoliod::service
