// A message of the application, as CAF 1.x wants it.
#pragma once

#include <caf/all.hpp>

#include <string>

struct price;
CAF_BEGIN_TYPE_ID_BLOCK(shop, caf::first_custom_type_id)
CAF_ADD_TYPE_ID(shop, (price))
CAF_END_TYPE_ID_BLOCK(shop)

struct price {
  std::string article;
  int cents = 0;
};

template <class Inspector>
bool inspect(Inspector& f, price& x) {
  return f.object(x).fields(f.field("article", x.article), f.field("cents", x.cents));
}

namespace detail {
struct types_first {
  types_first() { caf::init_global_meta_objects<caf::id_block::shop>(); }
};
} // namespace detail

struct shop_config : private detail::types_first, caf::actor_system_config {};
