#include "support/market_server/certificates.hpp"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace portfoliod::test {

namespace {

template <auto free>
struct Free {
    template <class T>
    void operator()(T* object) const {
        free(object);
    }
};

using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;
using File = std::unique_ptr<BIO, Free<BIO_free_all>>;

constexpr long day = 24L * 60 * 60;

void must(bool good, char const* what) {
    if (good) return;
    auto const* const reason = ERR_reason_error_string(ERR_get_error());
    throw std::runtime_error(
        fmt::format("{} failed: {}", what, reason == nullptr ? "unknown reason" : reason));
}

/// What a certificate says.
struct Contents {
    char const* name;
    std::string alternative_names; ///< OpenSSL's notation, "DNS:localhost,IP:127.0.0.1"
    bool is_ca = false;
    long valid_from = -day; ///< seconds from now
    long valid_until = 3650 * day;
};

void extend(X509* certificate, X509* issuer, int kind, std::string const& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    auto const extension = Extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
    must(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1,
         "a certificate's extension");
}

/// Signed by `issuer`, or by itself without one; the issuer's key and the certificate's own are
/// given.
Certificate certificate(Contents const& contents, EVP_PKEY* key, X509* issuer, EVP_PKEY* signer) {
    auto made = Certificate(X509_new());
    auto* const x = made.get();
    must(x != nullptr && X509_set_version(x, 2) == 1, "a new certificate");
    std::uint64_t serial = 0;
    must(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "a serial");
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1);
    X509_gmtime_adj(X509_getm_notBefore(x), contents.valid_from);
    X509_gmtime_adj(X509_getm_notAfter(x), contents.valid_until);
    auto* const subject = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               reinterpret_cast<unsigned char const*>(contents.name), -1, -1, 0);
    auto* const by = issuer == nullptr ? x : issuer;
    must(X509_set_issuer_name(x, X509_get_subject_name(by)) == 1 && X509_set_pubkey(x, key) == 1,
         "a certificate's names");
    extend(x, by, NID_subject_key_identifier, "hash");
    extend(x, by, NID_basic_constraints, contents.is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    extend(x, by, NID_key_usage,
           contents.is_ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
    if (!contents.alternative_names.empty())
        extend(x, by, NID_subject_alt_name, contents.alternative_names);
    must(X509_sign(x, signer, EVP_sha256()) > 0, "signing a certificate");
    return made;
}

File open(std::filesystem::path const& file) {
    auto bio = File(BIO_new_file(file.c_str(), "w"));
    if (!bio) throw std::runtime_error(fmt::format("cannot write {}", file.string()));
    return bio;
}

void write(std::filesystem::path const& file, X509* certificate) {
    auto const bio = open(file);
    must(PEM_write_bio_X509(bio.get(), certificate) == 1, "writing a certificate");
}

void write_key(std::filesystem::path const& file, EVP_PKEY* key) {
    auto const bio = open(file);
    std::filesystem::permissions(file, std::filesystem::perms::owner_read |
                                           std::filesystem::perms::owner_write);
    must(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
         "writing a key");
}

} // namespace

Certificates::Certificates(std::filesystem::path where) : directory(std::move(where)) {
    std::filesystem::create_directories(directory);
    auto const ca_key = Key(EVP_EC_gen("P-256"));
    auto const key = Key(EVP_EC_gen("P-256"));
    must(ca_key && key, "making a key");
    std::string const here = "DNS:localhost,IP:127.0.0.1,IP:::1";
    auto const issuer =
        certificate({"market server test CA", "", true}, ca_key.get(), nullptr, ca_key.get());
    auto const signed_by_ca = [&](Contents const& contents) {
        return certificate(contents, key.get(), issuer.get(), ca_key.get());
    };
    write(ca(), issuer.get());
    write(file(Shown::good), signed_by_ca({"localhost", here}).get());
    write(file(Shown::expired),
          signed_by_ca({"localhost", here, false, -30 * day, -1 * day}).get());
    write(file(Shown::wrong_name), signed_by_ca({"wrong.example", "DNS:wrong.example"}).get());
    write(file(Shown::self_signed),
          certificate({"localhost", here}, key.get(), nullptr, key.get()).get());
    write_key(this->key(), key.get());
}

std::filesystem::path Certificates::file(Shown which) const {
    switch (which) {
    case Shown::expired:
        return directory / "expired.pem";
    case Shown::wrong_name:
        return directory / "wrong_name.pem";
    case Shown::self_signed:
        return directory / "self_signed.pem";
    case Shown::good:
        break;
    }
    return directory / "server.pem";
}

} // namespace portfoliod::test
