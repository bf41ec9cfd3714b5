#pragma once

#include "support/database.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace portfoliod::test {

/// A TCP port of the loopback that leads to a database's server, until the wire is cut: then nothing
/// gets through in either direction, and nobody is told. Runs its own thread; every member may be
/// called from any one.
class Proxy {
  public:
    /// Throws std::runtime_error.
    explicit Proxy(Database const& database);
    Proxy(Proxy const&) = delete;
    Proxy& operator=(Proxy const&) = delete;
    ~Proxy();

    /// To the database by this way.
    [[nodiscard]] std::string url() const;

    /// Cuts, for ever, the connections whose application_name contains this, and those that are made
    /// from now on. Returns how many there were.
    int cut(std::string_view application_name = "");
    /// Connections made from now on get through again.
    void mend();
    /// The server learns at last that those which were cut are gone, as its keepalives would tell it.
    void tell_server();

  private:
    struct Running;
    std::unique_ptr<Running> running_;
};

} // namespace portfoliod::test
