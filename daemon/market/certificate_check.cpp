#include "market/certificate_check.hpp"

#include <fmt/format.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <memory>

namespace portfoliod::market {

namespace {

std::string_view advice(int error) {
    switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return "; look at this machine's clock, else the provider has to renew it";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return "; name the CA that signed it in ca_file if you trust it";
    default:
        return "";
    }
}

/// "example.com, www.example.com", or "" when it holds no host name
std::string host_names(X509* certificate) {
    auto const free_names = [](GENERAL_NAMES* names) { GENERAL_NAMES_free(names); };
    auto const names = std::unique_ptr<GENERAL_NAMES, decltype(free_names)>(
        static_cast<GENERAL_NAMES*>(
            X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
        free_names);
    std::string text;
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        auto const* const name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type != GEN_DNS) continue;
        if (!text.empty()) text += ", ";
        text.append(reinterpret_cast<char const*>(ASN1_STRING_get0_data(name->d.dNSName)),
                    static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    }
    return text;
}

} // namespace

bool CertificateCheck::operator()(bool chain_is_good,
                                  boost::asio::ssl::verify_context& context) const {
    auto* const store = context.native_handle();
    if (!chain_is_good) {
        auto const error = X509_STORE_CTX_get_error(store);
        *refusal_ = fmt::format("{}{}", X509_verify_cert_error_string(error), advice(error));
        return false;
    }
    if (is_for_host_(chain_is_good, context)) return true;
    auto const names = host_names(X509_STORE_CTX_get_current_cert(store));
    *refusal_ = names.empty() ? "it is made out to no host name"
                              : fmt::format("it is made out to {}", names);
    return false;
}

} // namespace portfoliod::market
