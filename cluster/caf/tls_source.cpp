#include "cluster/caf/tls_source.hpp"

#include <sys/stat.h>
#include <utility>

namespace rollcall::cluster {

tls_source::tls_source(tls_options options, std::string node)
    : options_(std::move(options)), node_(std::move(node)) {
  problem_ = read();
}

std::shared_ptr<const tls_context> tls_source::current() const {
  const std::lock_guard lock{mutex_};
  return current_;
}

tls_source::file_stamp tls_source::stamp_of(const std::string& path) noexcept {
  struct stat x {};
  if (path.empty() || ::stat(path.c_str(), &x) != 0) return {};
  return {x.st_mtim.tv_sec, x.st_mtim.tv_nsec, x.st_size, x.st_ino};
}

rollcall::problem tls_source::read() {
  // Taken before the file is read, so that a concurrent change leads to another read.
  const auto stamp = stamp_of(options_.crl);
  auto loaded = tls_context::load(options_);
  if (!loaded.problem && !options_.any_name && !loaded.context->own().has_name(node_))
    loaded.problem = {errc::bad_tls,
                      "the certificate file \"" + options_.certificate
                          + "\" does not hold the name of this node, \"" + node_
                          + "\": make one with that name (as CN, DNS name or URI rollcall:NAME), "
                            "or allow any name on all nodes (tls-any-name)"};
  const std::lock_guard lock{mutex_};
  crl_ = stamp; // so an unreadable file is reported only once
  if (!loaded.problem) current_ = std::move(loaded.context);
  return std::move(loaded.problem);
}

rollcall::problem tls_source::reload() {
  const std::lock_guard reading{reading_};
  auto wrong = read();
  if (!wrong && changed_) changed_();
  return wrong;
}

rollcall::problem tls_source::reload_if_crl_changed() {
  if (!has_crl()) return {};
  const auto now = stamp_of(options_.crl);
  {
    const std::lock_guard lock{mutex_};
    if (now == crl_) return {};
  }
  return reload();
}

} // namespace rollcall::cluster
