// Certificates by script/certs, in a directory of their own.
#pragma once

#include "test/catch.hpp"
#include "test/hostile/member.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

namespace rollcall::test {

class certificates {
public:
  explicit certificates(const std::string& names)
      : directory_((std::filesystem::temp_directory_path()
                    / ("rollcall-hostile-" + std::to_string(::getpid())))
                       .string()) {
    ok_ = make(names + " d");
    if (!ok_) WARN("skipped: script/certs does not work here (is there an openssl?)");
  }
  ~certificates() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  certificates(const certificates&) = delete;
  certificates& operator=(const certificates&) = delete;

  bool ok() const noexcept { return ok_; }
  /// Again: a new one.
  bool make(const std::string& names) const { return run(names); }
  /// Writes crl.pem; of nobody: an empty one.
  bool revoke(const std::string& name) const { return run("--revoke " + name); }

  std::string path(const std::string& file) const { return directory_ + "/" + file; }
  std::vector<std::string> options(const std::string& name) const {
    return {"--tls-cert",        path(name + ".pem"), "--tls-key",
            path(name + ".key"), "--tls-ca",          path("ca.pem")};
  }
  member::identity of(const std::string& name) const {
    member::identity x;
    x.name = name;
    x.certificate = path(name + ".pem");
    x.key = path(name + ".key");
    x.ca = path("ca.pem");
    return x;
  }

private:
  bool run(const std::string& rest) const {
    const auto command = std::string{ROLLCALL_SOURCE "/script/certs "} + directory_ + " " + rest
                         + " >/dev/null 2>&1";
    return std::system(command.c_str()) == 0;
  }

  std::string directory_;
  bool ok_ = false;
};

} // namespace rollcall::test
