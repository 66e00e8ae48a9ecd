// Sending, requests, monitors and handlers of actors, on CAF 0.17 and 1.x.
#pragma once

#include "rollcall/detail/caf_version.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#if ROLLCALL_CAF_0
#  include <caf/message_view.hpp>
#endif

namespace rollcall::compat {

// -- sending ---------------------------------------------------------------------
// `self`: a pointer to an actor, or a scoped_actor.
template <class Self, class Handle, class Message>
void send(Self&& self, const Handle& to, Message&& x) {
#if ROLLCALL_CAF_0
  self->send(to, std::forward<Message>(x));
#else
  self->mail(std::forward<Message>(x)).send(to);
#endif
}

template <class Handle, class Message>
void anon_send(const Handle& to, Message&& x) {
#if ROLLCALL_CAF_0
  caf::anon_send(to, std::forward<Message>(x));
#else
  caf::anon_mail(std::forward<Message>(x)).send(to);
#endif
}

/// A delayed message cannot be cancelled: number the messages, and ignore old numbers.
template <class Self, class Handle, class Rep, class Period, class Message>
void delayed_send(Self&& self, const Handle& to, std::chrono::duration<Rep, Period> delay,
                  Message&& x) {
#if ROLLCALL_CAF_0
  self->delayed_send(to, delay, std::forward<Message>(x));
#else
  self->mail(std::forward<Message>(x)).delay(delay).send(to);
#endif
}

/// `timeout`: a duration, or caf::infinite. Continue with `.then(ok, failed)` in an actor,
/// with `.receive(ok, failed)` in a scoped_actor.
template <class Self, class Handle, class Timeout, class Message>
auto request(Self&& self, const Handle& to, const Timeout& timeout, Message&& x) {
#if ROLLCALL_CAF_0
  return self->request(to, timeout, std::forward<Message>(x));
#else
  return self->mail(std::forward<Message>(x)).request(to, timeout);
#endif
}

/// `to` answers the present request.
template <class Self, class Handle, class Message>
auto delegate(Self&& self, const Handle& to, Message&& x) {
#if ROLLCALL_CAF_0
  return self->delegate(to, std::forward<Message>(x));
#else
  return self->mail(std::forward<Message>(x)).delegate(to);
#endif
}

/// Answers a request whose interface has `result<void>`.
template <class Promise>
void deliver_done(Promise& x) {
#if ROLLCALL_CAF_0
  x.deliver(caf::message{});
#else
  x.deliver();
#endif
}

/// Makes the response promise for a `result<Out>`.
template <class Out, class Self>
auto make_promise(Self* self) {
#if ROLLCALL_CAF_0
  if constexpr (std::is_void_v<Out>)
    return self->make_response_promise();
  else
    return self->template make_response_promise<Out>();
#else
  return self->template make_response_promise<Out>();
#endif
}

/// Returns true if messages wait in the mailbox. Call it while the actor handles one.
template <class Self>
bool more_waits(Self* self) {
#if ROLLCALL_CAF_0
  return !self->mailbox().empty();
#else
  return self->mailbox().size() > 0;
#endif
}

/// Returns true if the actor runs in this actor system. False for proxies of remote
/// actors, and for actors of another actor system in this process.
inline bool lives_in(const caf::actor_system& system, const caf::actor_addr& who) {
  const auto* block = caf::actor_cast<caf::actor_control_block*>(who);
  return block != nullptr && block->home_system == &system && who.node() == system.node();
}

// -- the bytes of a message ----------------------------------------------------------
/// Returns nothing if the message contains a value that cannot be sent to another node.
std::optional<std::string> message_bytes(caf::actor_system&, const caf::message&);
/// Returns nothing if the bytes are not a message, or one with types that this program does
/// not know.
std::optional<caf::message> message_of_bytes(caf::actor_system&, std::string_view);

// -- monitors --------------------------------------------------------------------
/// Called when a monitored actor has ended. An actor has one down handler, since CAF 0.17
/// allows no more.
using down_handler = std::function<void(const caf::actor_addr&, const caf::error&)>;

template <class Self>
void set_down_handler([[maybe_unused]] Self* self, [[maybe_unused]] const down_handler& handler) {
#if ROLLCALL_CAF_0
  self->set_down_handler([handler](caf::down_msg& x) { handler(x.source, x.reason); });
#endif
}

/// Cancels a monitor. Must not be used in the handler of that monitor: CAF 1.x deadlocks.
class monitor_token {
public:
#if ROLLCALL_CAF_0
  monitor_token() = default;
  monitor_token(caf::local_actor* self, caf::actor_addr who) : self_(self), who_(std::move(who)) {}
  void dispose() {
    if (self_ != nullptr) std::exchange(self_, nullptr)->demonitor(who_);
  }

private:
  caf::local_actor* self_ = nullptr;
  caf::actor_addr who_;
#else
  monitor_token() = default;
  explicit monitor_token(caf::disposable x) : impl_(std::move(x)) {}
  void dispose() {
    if (impl_) std::exchange(impl_, caf::disposable{}).dispose();
  }

private:
  caf::disposable impl_;
#endif
};

/// Requires the handler that was given to `set_down_handler`, and a strong handle `who`. If
/// that actor has ended already, the handler is called at once.
template <class Self, class Handle>
monitor_token monitor(Self* self, const Handle& who, [[maybe_unused]] const down_handler& handler) {
  auto address = caf::actor_cast<caf::actor_addr>(who);
#if ROLLCALL_CAF_0
  self->monitor(who);
  return monitor_token{self, std::move(address)};
#else
  return monitor_token{self->monitor(
      who, [handler, address](const caf::error& reason) { handler(address, reason); })};
#endif
}

/// Sets the handler for messages outside the interface of a typed actor. Requests among
/// them are answered with an empty message.
template <class Self>
void set_default_handler(Self* self, std::function<void(caf::message)> handler) {
#if ROLLCALL_CAF_0
  self->set_default_handler(
      [handler](caf::scheduled_actor*, caf::message_view& x) -> caf::result<caf::message> {
        handler(x.copy_content_to_message());
        return caf::message{};
      });
#else
  // CAF 1.x recommends a handler for `message` instead, which a typed interface cannot
  // have.
#  pragma GCC diagnostic push
#  pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  self->set_default_handler(
      [handler](caf::scheduled_actor*, caf::message& x) -> caf::skippable_result {
        handler(x);
        return caf::message{};
      });
#  pragma GCC diagnostic pop
#endif
}

/// Sets the handler for exit messages; the reason `kill` ends an actor in any case. CAF 1.x
/// recommends a handler in the behavior instead, which 0.17 does not support.
template <class Self>
void set_exit_handler(Self* self, std::function<void(const caf::exit_msg&)> handler) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  self->set_exit_handler([handler](caf::exit_msg& x) { handler(x); });
#pragma GCC diagnostic pop
}

/// An error that is received as a message does not end the actor.
template <class Self>
void ignore_error_messages(Self* self) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  self->set_error_handler([](caf::error&) {});
#pragma GCC diagnostic pop
}

} // namespace rollcall::compat
