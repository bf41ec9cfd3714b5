#pragma once

#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/verify_context.hpp>

#include <string>

namespace portfoliod::market {

/// The verify callback of one handshake: OpenSSL's verdict on the chain, then whether the
/// certificate is made out to `host` (a name, or an IP address among its addresses). Says in
/// `refusal`, which must outlive the handshake, why it was not accepted: OpenSSL alone reports a
/// wrong name as "unspecified error".
class CertificateCheck {
  public:
    CertificateCheck(std::string const& host, std::string& refusal)
        : is_for_host_(host), refusal_(&refusal) {}

    bool operator()(bool chain_is_good, boost::asio::ssl::verify_context& context) const;

  private:
    boost::asio::ssl::host_name_verification is_for_host_;
    std::string* refusal_;
};

} // namespace portfoliod::market
