// A message of the application, as CAF 0.17 wants it.
#pragma once

#include <caf/all.hpp>

#include <string>

struct price {
  std::string article;
  int cents = 0;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, price& x) {
  return f(caf::meta::type_name("price"), x.article, x.cents);
}

struct shop_config : caf::actor_system_config {
  shop_config() { add_message_type<price>("price"); }
};
