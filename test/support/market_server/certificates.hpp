#pragma once

#include <filesystem>

namespace portfoliod::test {

/// What the server shows: a good certificate, or one no client may accept.
enum class Shown { good, expired, wrong_name, self_signed };

/// A private CA and what it signed, made anew at run time and valid for ten years. All use the one
/// server.key.
struct Certificates {
    /// Writes ca.pem, server.pem (localhost, 127.0.0.1, ::1), expired.pem, wrong_name.pem
    /// (wrong.example), self_signed.pem and server.key into the directory, which is created. Throws
    /// std::runtime_error.
    explicit Certificates(std::filesystem::path directory);

    [[nodiscard]] std::filesystem::path ca() const { return directory / "ca.pem"; }

    [[nodiscard]] std::filesystem::path key() const { return directory / "server.key"; }

    [[nodiscard]] std::filesystem::path file(Shown which) const;

    std::filesystem::path directory;
};

} // namespace portfoliod::test
