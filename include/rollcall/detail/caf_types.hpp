// Errors, interfaces, message types and their inspection, on CAF 0.17 and 1.x.
#pragma once

#include "rollcall/detail/caf_version.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#if ROLLCALL_CAF_0
#  include <caf/meta/load_callback.hpp>
#  include <caf/meta/type_name.hpp>
#endif

// -- an error category of our own ---------------------------------------------
// Use it in the global namespace, once for each enum. `category_text`: at most 10
// characters.
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
// Use it in the global namespace, after the type and before its first use. CAF 1.x
// refuses to send or receive an unsafe type. CAF 0.17 writes it as nothing and reads it
// as a default value, so any host that can connect could send one; there the type gets
// an `inspect` that refuses (see `refuse_travel`).
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

/// Returns true if the error has a code of that enum. Requires an error, not none.
template <class Enum>
bool is_of(const caf::error& x) {
#if ROLLCALL_CAF_0
  return x.category() == error_category<Enum>::value;
#else
  return x.category() == caf::type_id_v<Enum>;
#endif
}

/// Returns true for that error of CAF itself. `code`: a caf::sec or a caf::exit_reason.
template <class Enum>
bool is_caf_error(const caf::error& x, Enum code) {
#if ROLLCALL_CAF_0
  return x == make_error(code);
#else
  return x == code;
#endif
}

/// Returns true if no answer will come because the actor has ended.
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
/// Requires that no actor_system_config has been constructed yet.
template <class Block>
void init_types() {
#if !ROLLCALL_CAF_0
  caf::init_global_meta_objects<Block>();
#endif
}

/// Registers CAF's own types and those of its modules (`caf::io::middleman`). Requires that
/// no actor_system_config has been constructed yet, and comes before `init_types` of
/// blocks that use CAF's types.
template <class... Modules>
void init_core_types() {
#if !ROLLCALL_CAF_0
  caf::core::init_global_meta_objects();
  (Modules::init_global_meta_objects(), ...);
#endif
}

/// Call it for each actor_system_config.
template <class Block>
void add_types([[maybe_unused]] caf::actor_system_config& cfg) {
#if ROLLCALL_CAF_0
  cfg.add_message_types<Block>();
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

/// For values with an encoding of their own. Specialize it with
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

} // namespace rollcall::compat
