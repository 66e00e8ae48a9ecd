// The config and the log of an actor system, on CAF 0.17 and 1.x.
#pragma once

#include "rollcall/detail/caf_version.hpp"

#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace rollcall::compat {

/// Returns the key "middleman.heartbeat-interval" as this series of CAF spells it.
inline std::string config_key(std::string_view key) {
#if ROLLCALL_CAF_0
  return std::string{key};
#else
  return "caf." + std::string{key};
#endif
}

/// Returns the value if the config has one of that type.
template <class T>
std::optional<T> config_value(const caf::actor_system_config& cfg, const std::string& key) {
#if ROLLCALL_CAF_0
  if (auto x = caf::get_if<T>(&cfg, key)) return *x;
#else
  // CAF 1.x converts a text that is not a list to some list.
  if constexpr (std::is_same_v<T, std::vector<std::string>>)
    if (const auto* x = caf::get_if(&cfg.content, key); x && caf::get_if<std::string>(x))
      return std::nullopt;
  if (auto x = caf::get_as<T>(cfg, key)) return *x;
#endif
  return std::nullopt;
}

/// Returns true if the config has a value of any type.
inline bool config_has(const caf::actor_system_config& cfg, const std::string& key) {
  return caf::get_if(&cfg.content, key) != nullptr;
}

template <class T>
void set_config(caf::actor_system_config& cfg, const std::string& key, T value) {
  cfg.set(key, std::move(value));
}

/// Chooses workers that wake at once; the default workers of 0.17 sleep and poll. The
/// command line and the config file override it.
inline void prefer_quick_workers([[maybe_unused]] caf::actor_system_config& cfg) {
#if ROLLCALL_CAF_0
  cfg.set("scheduler.policy", caf::atom("sharing"));
#endif
}

#if !ROLLCALL_CAF_0
/// The same as CAF's own function, but a text that is not a list remains a text, so that the
/// reader of the value can refuse it: CAF 1.x makes ["127", …] of 127.0.0.1:4001, and silently
/// drops a value for which an error is returned.
inline caf::error sync_list(void*, caf::config_value& x) {
  if (const auto* text = caf::get_if<std::string>(&x))
    if (const auto at = text->find_first_not_of(' '); at == text->npos || (*text)[at] != '[')
      return {};
  auto list = caf::get_as<std::vector<std::string>>(x);
  return list ? x.assign(*list) : caf::error{};
}
#endif

/// Declares an option for the command line and the help. If an option is declared with a
/// type, CAF 0.17 silently drops a value of another type from a section of a file. So
/// there it is declared with any type, and the reader of the value checks the type.
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
  // Not by its conversion of a const char*: clang does not find it.
  const auto view = [](const char* x) { return caf::string_view{x, std::strlen(x)}; };
  to.add(caf::config_option{view(category), view(name), view(text), &any_kind});
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

/// Returns the names in that section of the config; nothing if the key is not a section.
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
/// `level`: one of CAF_LOG_LEVEL_*. Called inside an actor, it writes to the log of the
/// actor's system.
inline void log_to_caf([[maybe_unused]] unsigned level, [[maybe_unused]] const std::string& text) {
#if ROLLCALL_CAF_0
  CAF_LOG_IMPL("rollcall", static_cast<int>(level), text);
#else
  caf::logger::log(level, "rollcall", "{}", text);
#endif
}

} // namespace rollcall::compat
