#include "actors/handler_host.hpp"

#include "actors/access.hpp"
#include "actors/inside_handler.hpp"
#include "actors/pool.hpp"

#include <exception>
#include <utility>

namespace rollcall {

tracker_handler::~tracker_handler() = default;
init_result tracker_handler::init() { return init_result::ok(); }
void tracker_handler::handle_diff(const diff&) {}
void tracker_handler::handle_info(const info&) {}
bool tracker_handler::wants_first_and_last() const { return false; }
void tracker_handler::handle_event(const tracker_event&) {}

const caf::message& info::message() const {
  static const caf::message none;
  return content_ ? *content_ : none;
}

namespace actors {

std::string what_of(std::exception_ptr x) noexcept {
  try {
    std::rethrow_exception(std::move(x));
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "something that is no std::exception";
  }
}

namespace {

template <class F>
handler_host::failure guarded(const caf::actor_system& system, F f) {
  const handler_scope here{&system};
  try {
    f();
  } catch (...) {
    return what_of(std::current_exception());
  }
  return std::nullopt;
}

} // namespace

handler_host::handler_host(std::shared_ptr<pool> x)
    : pool_(std::move(x)), tracker_(access::make_tracker(pool_)) {}

init_result handler_host::start(std::size_t shard, caf::actor_addr self) {
  auto result = init_result::ok();
  const auto failed = guarded(pool_->system(), [&] {
    if (pool_->handler()) handler_ = pool_->handler()(shard);
    if (!handler_) return;
    handler_->bind({&tracker_, shard, name_for_number(pool_->name(), shard), pool_->node_name(),
                    &pool_->system(), std::move(self)});
    result = handler_->init();
  });
  if (failed) return init_result::stop(make_error(errc::init_failed, *failed));
  if (result.what() == init_result::kind::stop && !result.why())
    return init_result::stop(make_error(errc::init_failed));
  return result;
}

bool handler_host::wants_first_and_last() {
  bool result = false;
  if (handler_) (void)guarded(pool_->system(), [&] { result = handler_->wants_first_and_last(); });
  return result;
}

handler_host::failure handler_host::handle_diff(const diff& x) {
  return guarded(pool_->system(), [&] { handler_->handle_diff(x); });
}

handler_host::failure handler_host::handle_info(const info& x) {
  return guarded(pool_->system(), [&] { handler_->handle_info(x); });
}

handler_host::failure handler_host::handle_event(const tracker_event& x) {
  return guarded(pool_->system(), [&] { handler_->handle_event(x); });
}

handler_host::failure handler_host::run(const std::function<void()>& f) {
  return guarded(pool_->system(), f);
}

void handler_host::end() noexcept {
  const handler_scope here{&pool_->system()};
  handler_.reset();
}

} // namespace actors
} // namespace rollcall
