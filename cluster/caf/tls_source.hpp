// The TLS files in use. They can be read again while the node runs.
//
//     tls_source source{options, "a"};
//     if (source.problem()) …;                  // bad_tls, says what to do
//     auto context = source.current();          // for the next connection
//     if (auto wrong = source.reload()) …;      // the old ones stay in use
//
// Thread-safety: any thread.
#pragma once

#include "cluster/caf/tls.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace rollcall::cluster {

class tls_source {
public:
  /// Reads the files. `node`: the name that our own certificate must contain.
  tls_source(tls_options, std::string node);

  const rollcall::problem& problem() const noexcept { return problem_; } ///< of the first read
  std::shared_ptr<const tls_context> current() const;
  bool has_crl() const noexcept { return !options_.crl.empty(); }

  /// Reads all files again. If they cannot be used, returns why and changes nothing.
  rollcall::problem reload();
  /// Does the same if the CRL file has changed since the last read.
  rollcall::problem reload_if_crl_changed();
  /// Sets a function that is called after each change, in the thread that made it. Must be
  /// set before the first reload.
  void on_change(std::function<void()> f) { changed_ = std::move(f); }

private:
  /// Identifies a version of a file.
  struct file_stamp {
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
    std::int64_t size = -1;
    std::uint64_t inode = 0;
    friend bool operator==(const file_stamp&, const file_stamp&) = default;
  };
  static file_stamp stamp_of(const std::string& path) noexcept;
  rollcall::problem read();

  const tls_options options_;
  const std::string node_;
  rollcall::problem problem_;
  std::function<void()> changed_;
  std::mutex reading_;       ///< one read at a time; never taken after `mutex_`
  mutable std::mutex mutex_; ///< guards what follows
  std::shared_ptr<const tls_context> current_;
  file_stamp crl_;
};

} // namespace rollcall::cluster
