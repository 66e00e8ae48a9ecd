// Certificates for tests, made anew in a directory of their own: a CA, and
// whatever it or another one signs, in date or not.
#pragma once

#include "rollcall/config.hpp"

#include <filesystem>
#include <string>

namespace rollcall::cluster::test {

struct certificate_wish {
  std::string ca = "ca"; ///< who signs: made when it is first named
  long from_days = -1;   ///< from today
  long to_days = 30;
  std::string key_passphrase{}; ///< encrypts the key file
  const char* usage = "serverAuth,clientAuth";
};

class certs {
public:
  certs();
  ~certs();
  certs(const certs&) = delete;
  certs& operator=(const certs&) = delete;

  /// Files for a node of that name.
  tls_options make(const std::string& name, const certificate_wish& = {});
  std::string path(const std::string& file) const { return (directory_ / file).string(); }
  /// A file with that text.
  std::string write(const std::string& file, const std::string& text) const;

private:
  std::filesystem::path directory_;
};

} // namespace rollcall::cluster::test
