// Detects forgotten trackers and nodes: no value names them, and only rollcall's actors keep
// their actor system from ending.
#pragma once

#include "rollcall/detail/caf_compat.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace rollcall::actors {

/// Counts an actor of rollcall for its actor system, as long as the object exists.
class one_of_ours {
public:
  explicit one_of_ours(const caf::actor_system&, std::size_t count = 1);
  ~one_of_ours();
  one_of_ours(const one_of_ours&) = delete;
  one_of_ours& operator=(const one_of_ours&) = delete;

private:
  const caf::actor_system* system_;
  std::size_t count_;
};

/// Returns true if only actors of rollcall run in that system.
bool only_ours_run(caf::actor_system&);

/// Time between checks. Several positive checks in a row mean that it is forgotten.
constexpr auto between_looks = std::chrono::seconds{2};

/// Returns a pointer for users; `gone` is called when its last copy is destroyed.
template <class T>
std::shared_ptr<T> held_by_user(std::shared_ptr<T> what, std::function<void(T&)> gone) {
  struct lease {
    lease(std::shared_ptr<T> x, std::function<void(T&)> y)
        : what(std::move(x)), gone(std::move(y)) {}
    ~lease() { gone(*what); }
    lease(const lease&) = delete;
    lease& operator=(const lease&) = delete;
    std::shared_ptr<T> what;
    std::function<void(T&)> gone;
  };
  auto* const raw = what.get();
  return std::shared_ptr<T>{std::make_shared<lease>(std::move(what), std::move(gone)), raw};
}

} // namespace rollcall::actors
