// What differs between CAF 0.17 and CAF 1.x, and the only place where a version
// of CAF is named.
//
// Everything else is written against the names of this file: interfaces as
// `result<Out>(In)`, one struct per message, no atoms, `inspect` by field name,
// `send`, `delayed_send`, `request`, `monitor` with a callback.
//
//     struct ping { std::uint32_t n = 0; };
//     template <class Inspector> auto inspect(Inspector& f, ping& x) {
//       return compat::fields(f, "ping", x, compat::field("n", x.n));
//     }
//     using ping_actor = compat::typed_actor<caf::result<pong>(ping)>;
//
// Part of the interface only as far as messages.hpp and error.hpp need it.
#pragma once

#include "rollcall/detail/caf_includes.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

// CAF_VERSION is 1706 on 0.17.6 but 0100 on 1.1.0.
#if CAF_MAJOR_VERSION < 1
#  define ROLLCALL_CAF_0 1
#else
#  define ROLLCALL_CAF_0 0
#endif

#if ROLLCALL_CAF_0
#  include <caf/message_view.hpp>
#  include <caf/meta/load_callback.hpp>
#  include <caf/meta/type_name.hpp>
#endif

// -- an error category of our own ---------------------------------------------
// In the global namespace, once for an enum. `category`: at most 10 characters.
#if ROLLCALL_CAF_0
#  define ROLLCALL_CAF_ERROR_ENUM(type, category_text)                                             \
    template <>                                                                                    \
    struct rollcall::compat::error_category<type> {                                                \
      static constexpr caf::atom_value value = caf::atom(category_text);                           \
    };
#else
#  define ROLLCALL_CAF_ERROR_ENUM(type, category_text) CAF_ERROR_CODE_ENUM(type)
#endif

// -- messages that stay in the process ---------------------------------------------
// In the global namespace, after the type and before its first use. On 1.x an
// unsafe type is refused on its way out and in. 0.17 writes it as nothing and
// makes a default one of it on the other side: whoever can connect could say it.
// So there it gets an `inspect` that refuses (see `refuse_travel`).
#if ROLLCALL_CAF_0
#  define ROLLCALL_LOCAL_MESSAGE(type)                                                             \
    template <>                                                                                    \
    struct rollcall::compat::is_local_message<type> : std::true_type {};
#else
#  define ROLLCALL_LOCAL_MESSAGE(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(type)
#endif

namespace rollcall::compat {

template <class T>
struct is_local_message : std::false_type {};

/// The `inspect` of a local message, for 0.17:
///     template <class Inspector, class T>
///       requires compat::is_local_message<T>::value
///     auto inspect(Inspector& f, T&) { return compat::refuse_travel(f); }
template <class Inspector>
auto refuse_travel([[maybe_unused]] Inspector& f) {
#if ROLLCALL_CAF_0
  using result = decltype(f(caf::meta::type_name("local")));
  if constexpr (std::is_same_v<result, caf::error>)
    return caf::error{caf::sec::unknown_type};
  else
    return f(caf::meta::type_name("local")); // text for a log
#else
  return false;
#endif
}

/// Nodes whose middlemen understand each other have the same one: "0.17".
inline std::string caf_release() {
  return std::to_string(CAF_MAJOR_VERSION) + "." + std::to_string(CAF_MINOR_VERSION);
}

// -- errors ----------------------------------------------------------------------
template <class Enum>
struct error_category;

template <class Enum>
caf::error make_error(Enum code, std::string text) {
#if ROLLCALL_CAF_0
  return caf::error{static_cast<std::uint8_t>(code), error_category<Enum>::value,
                    text.empty() ? caf::message{} : caf::make_message(std::move(text))};
#else
  return text.empty() ? caf::error{code} : caf::error{code, std::move(text)};
#endif
}

/// Whether the error is one of that enum. `x` is an error, not none.
template <class Enum>
bool is_of(const caf::error& x) {
#if ROLLCALL_CAF_0
  return x.category() == error_category<Enum>::value;
#else
  return x.category() == caf::type_id_v<Enum>;
#endif
}

/// Whether CAF itself says so: `code` is a caf::sec or a caf::exit_reason.
template <class Enum>
bool is_caf_error(const caf::error& x, Enum code) {
#if ROLLCALL_CAF_0
  return x == make_error(code);
#else
  return x == code;
#endif
}

/// Whether CAF says that no answer will come, since the actor has ended.
inline bool is_receiver_down(const caf::error& x) {
#if ROLLCALL_CAF_0
  return is_caf_error(x, caf::sec::request_receiver_down);
#else
  return is_caf_error(x, caf::sec::request_receiver_down)
         || is_caf_error(x, caf::sec::broken_promise);
#endif
}

/// Lets the actor system render errors of that enum.
template <class Enum>
void add_error_category([[maybe_unused]] caf::actor_system_config& cfg,
                        [[maybe_unused]] std::string (*render)(Enum, const std::string&)) {
#if ROLLCALL_CAF_0
  cfg.add_error_category(error_category<Enum>::value, [render](std::uint8_t code, caf::atom_value,
                                                               const caf::message& text) {
    return render(static_cast<Enum>(code),
                  text.match_elements<std::string>() ? text.get_as<std::string>(0) : std::string{});
  });
#endif
}

// -- interfaces ------------------------------------------------------------------
#if ROLLCALL_CAF_0
template <class Signature>
struct signature;
template <class... Out, class... In>
struct signature<caf::result<Out...>(In...)> {
  using type = typename caf::replies_to<In...>::template with<Out...>;
};
template <class... Signatures>
using typed_actor = caf::typed_actor<typename signature<Signatures>::type...>;
template <class Base, class... Signatures>
using extended = typename Base::template extend<typename signature<Signatures>::type...>;
#else
template <class... Signatures>
using typed_actor = caf::typed_actor<Signatures...>;
template <class Base, class... Signatures>
using extended = typename Base::template extend<Signatures...>;
#endif

// -- type ids --------------------------------------------------------------------
/// Before any actor_system_config is made.
template <class Block>
void init_types() {
#if !ROLLCALL_CAF_0
  caf::init_global_meta_objects<Block>();
#endif
}

/// Before any actor_system_config is made, and before `init_types` of what uses
/// CAF's own types: CAF's types, and those of its modules (`caf::io::middleman`).
template <class... Modules>
void init_core_types() {
#if !ROLLCALL_CAF_0
  caf::core::init_global_meta_objects();
  (Modules::init_global_meta_objects(), ...);
#endif
}

/// On each actor_system_config.
template <class Block>
void add_types([[maybe_unused]] caf::actor_system_config& cfg) {
#if ROLLCALL_CAF_0
  cfg.add_message_types<Block>();
#endif
}

// -- config ----------------------------------------------------------------------
/// "middleman.heartbeat-interval" as the CAF at hand calls it.
inline std::string config_key(std::string_view key) {
#if ROLLCALL_CAF_0
  return std::string{key};
#else
  return "caf." + std::string{key};
#endif
}

/// What the config says, if it does, and in the type that is asked for.
template <class T>
std::optional<T> config_value(const caf::actor_system_config& cfg, const std::string& key) {
#if ROLLCALL_CAF_0
  if (auto x = caf::get_if<T>(&cfg, key)) return *x;
#else
  // 1.x makes some list of a text that is none.
  if constexpr (std::is_same_v<T, std::vector<std::string>>)
    if (const auto* x = caf::get_if(&cfg.content, key); x && caf::get_if<std::string>(x))
      return std::nullopt;
  if (auto x = caf::get_as<T>(cfg, key)) return *x;
#endif
  return std::nullopt;
}

/// Whatever kind of value it is.
inline bool config_has(const caf::actor_system_config& cfg, const std::string& key) {
  return caf::get_if(&cfg.content, key) != nullptr;
}

template <class T>
void set_config(caf::actor_system_config& cfg, const std::string& key, T value) {
  cfg.set(key, std::move(value));
}

/// Workers that wake at once: the default ones of 0.17 sleep and look now and
/// then. The command line and the config file override it.
inline void prefer_quick_workers([[maybe_unused]] caf::actor_system_config& cfg) {
#if ROLLCALL_CAF_0
  cfg.set("scheduler.policy", caf::atom("sharing"));
#endif
}

#if !ROLLCALL_CAF_0
/// As CAF's own, but a text that is no list stays one, so that whoever reads it can
/// refuse it: 1.x makes ["127", …] of 127.0.0.1:4001, and drops what an error is
/// returned for in silence.
inline caf::error sync_list(void*, caf::config_value& x) {
  if (const auto* text = caf::get_if<std::string>(&x))
    if (const auto at = text->find_first_not_of(' '); at == text->npos || (*text)[at] != '[')
      return {};
  auto list = caf::get_as<std::vector<std::string>>(x);
  return list ? x.assign(*list) : caf::error{};
}
#endif

/// Declares an option for the command line and the help. 0.17 drops a value of
/// another kind out of a file's section in silence if the option was declared: there
/// it is declared as one that takes any kind, so that whoever reads it can refuse it.
template <class T>
void declare_option(caf::config_option_set& to, const char* category, const char* name,
                    const char* text) {
#if ROLLCALL_CAF_0
  static const auto any_kind = [] {
    auto x = *caf::detail::option_meta_state_instance<T>();
    x.check = [](const caf::config_value&) -> caf::error { return caf::none; };
    x.store = [](void*, const caf::config_value&) {};
    return x;
  }();
  to.add(caf::config_option{category, name, text, &any_kind});
#else
  if constexpr (std::is_same_v<T, std::vector<std::string>>) {
    static const auto lists = [] {
      auto x = *caf::detail::option_meta_state_instance<T>();
      x.sync = sync_list;
      return x;
    }();
    to.add(caf::config_option{category, name, text, &lists});
  } else {
    to.add<T>(category, name, text);
  }
#endif
}

/// The names under that key of the config; nothing if it is no section.
inline std::optional<std::vector<std::string>> config_names(const caf::actor_system_config& cfg,
                                                            const std::string& key) {
  std::vector<std::string> result;
  const auto* section = caf::get_if(&cfg.content, key);
  if (section == nullptr) return result;
  const auto* names = caf::get_if<caf::config_value::dictionary>(section);
  if (names == nullptr) return std::nullopt;
  for (const auto& x : *names) result.push_back(x.first);
  return result;
}

// -- CAF's log ---------------------------------------------------------------------
/// `level`: one of CAF_LOG_LEVEL_*. Inside an actor: to the log of its system.
inline void log_to_caf([[maybe_unused]] unsigned level, [[maybe_unused]] const std::string& text) {
#if ROLLCALL_CAF_0
  CAF_LOG_IMPL("rollcall", static_cast<int>(level), text);
#else
  caf::logger::log(level, "rollcall", "{}", text);
#endif
}

// -- inspect ---------------------------------------------------------------------
template <class T>
struct field_ref {
  const char* name;
  T* value;
};
template <class T>
field_ref<T> field(const char* name, T& value) {
  return {name, &value};
}

template <class Inspector, class T, class... Fields>
auto fields(Inspector& f, [[maybe_unused]] const char* type_name, [[maybe_unused]] T& x,
            field_ref<Fields>... xs) {
#if ROLLCALL_CAF_0
  return f(caf::meta::type_name(type_name), *xs.value...);
#else
  return f.object(x).fields(f.field(xs.name, *xs.value)...);
#endif
}

/// For values that have bytes of their own: specialise with
/// `static std::string pack(const T&)` and `static bool unpack(std::string_view, T&)`.
template <class T>
struct packer;

template <class Inspector, class T>
auto packed(Inspector& f, [[maybe_unused]] const char* type_name, T& x) {
#if ROLLCALL_CAF_0
  std::string bytes;
  if constexpr (Inspector::reads_state) bytes = packer<T>::pack(x);
  auto load = [&]() -> caf::error {
    if (packer<T>::unpack(bytes, x)) return caf::none;
    return caf::sec::invalid_argument;
  };
  return f(caf::meta::type_name(type_name), bytes, caf::meta::load_callback(load));
#else
  auto get = [&x] { return packer<T>::pack(x); };
  auto set = [&x](std::string bytes) { return packer<T>::unpack(bytes, x); };
  return f.object(x).fields(f.field("bytes", get, set));
#endif
}

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

/// There is no taking back: number what you send, and ignore old numbers.
template <class Self, class Handle, class Rep, class Period, class Message>
void delayed_send(Self&& self, const Handle& to, std::chrono::duration<Rep, Period> delay,
                  Message&& x) {
#if ROLLCALL_CAF_0
  self->delayed_send(to, delay, std::forward<Message>(x));
#else
  self->mail(std::forward<Message>(x)).delay(delay).send(to);
#endif
}

/// `timeout`: a duration, or caf::infinite. Go on with `.then(ok, failed)` in an
/// actor, `.receive(ok, failed)` in a scoped_actor.
template <class Self, class Handle, class Timeout, class Message>
auto request(Self&& self, const Handle& to, const Timeout& timeout, Message&& x) {
#if ROLLCALL_CAF_0
  return self->request(to, timeout, std::forward<Message>(x));
#else
  return self->mail(std::forward<Message>(x)).request(to, timeout);
#endif
}

/// The one who asked gets the answer of `to`.
template <class Self, class Handle, class Message>
auto delegate(Self&& self, const Handle& to, Message&& x) {
#if ROLLCALL_CAF_0
  return self->delegate(to, std::forward<Message>(x));
#else
  return self->mail(std::forward<Message>(x)).delegate(to);
#endif
}

/// Answers with unit a request whose interface says `result<void>`.
template <class Promise>
void deliver_done(Promise& x) {
#if ROLLCALL_CAF_0
  x.deliver(caf::message{});
#else
  x.deliver();
#endif
}

/// What `make_response_promise` takes for a `result<Out>`.
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

/// Whether other messages wait for the actor, which handles one at this moment.
template <class Self>
bool more_waits(Self* self) {
#if ROLLCALL_CAF_0
  return !self->mailbox().empty();
#else
  return self->mailbox().size() > 0;
#endif
}

/// Whether that actor runs in this actor system. A proxy of a remote one does
/// not, and neither does one of another actor system in this process.
inline bool lives_in(const caf::actor_system& system, const caf::actor_addr& who) {
  const auto* block = caf::actor_cast<caf::actor_control_block*>(who);
  return block != nullptr && block->home_system == &system && who.node() == system.node();
}

// -- the bytes of a message ----------------------------------------------------------
/// Nothing when it holds what cannot be sent to another node.
std::optional<std::string> message_bytes(caf::actor_system&, const caf::message&);
/// Nothing for bytes that are no message, or one of types that this program does
/// not know.
std::optional<caf::message> message_of_bytes(caf::actor_system&, std::string_view);

// -- monitors --------------------------------------------------------------------
/// What an actor does when one that it monitors has ended. Not more than one
/// for each actor: 0.17 has no other.
using down_handler = std::function<void(const caf::actor_addr&, const caf::error&)>;

template <class Self>
void set_down_handler([[maybe_unused]] Self* self, [[maybe_unused]] const down_handler& handler) {
#if ROLLCALL_CAF_0
  self->set_down_handler([handler](caf::down_msg& x) { handler(x.source, x.reason); });
#endif
}

/// Takes a monitor back. Not in the handler of that monitor: 1.x locks up there.
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

/// `handler` must be the one that `set_down_handler` got. Of an actor that has
/// ended already, it hears at once. `who`: a strong handle.
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

/// What a typed actor does with messages outside its interface. A request among
/// them is answered with an empty message.
template <class Self>
void set_default_handler(Self* self, std::function<void(caf::message)> handler) {
#if ROLLCALL_CAF_0
  self->set_default_handler(
      [handler](caf::scheduled_actor*, caf::message_view& x) -> caf::result<caf::message> {
        handler(x.copy_content_to_message());
        return caf::message{};
      });
#else
  // It would rather have a handler for `message`, which no typed interface can
  // hold.
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

/// What an actor does when another one tells it to end; `kill` ends it anyway.
/// 1.x would rather have this in the behavior, where 0.17 does not look.
template <class Self>
void set_exit_handler(Self* self, std::function<void(const caf::exit_msg&)> handler) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  self->set_exit_handler([handler](caf::exit_msg& x) { handler(x); });
#pragma GCC diagnostic pop
}

/// An error that somebody sends as a message does not end the actor.
template <class Self>
void ignore_error_messages(Self* self) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  self->set_error_handler([](caf::error&) {});
#pragma GCC diagnostic pop
}

} // namespace rollcall::compat
