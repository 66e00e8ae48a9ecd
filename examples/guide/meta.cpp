// Metas: building them, looking into them, JSON, and what is wrong with one.
#include <fmt/format.h>

#include <rollcall/meta.hpp>
#include <string>

int main() {
  using rollcall::meta_value;
  // A map; values are null, bool, int64, double, string, array, map.
  const rollcall::meta m{{"name", "ada"},
                         {"age", 36},
                         {"tags", meta_value::array{"admin", "early"}},
                         {"place", meta_value::map{{"lat", 51.5}, {"lon", -0.1}}}};

  // A view looks into the encoded bytes: nothing is copied or decoded.
  const auto v = m.view();
  fmt::print("{} {}\n", v["name"].as_string().value_or("?"), v["age"].as_int().value_or(0));
  fmt::print("{} tags, the first is {}\n", v["tags"].size(),
             v["tags"].at(0).as_string().value_or("?"));
  if (!v["shoe size"]) fmt::print("no shoe size\n"); // absent; of no kind
  if (!v["age"].as_double()) fmt::print("an integer is no double\n");
  fmt::print("{}\n", m.to_json());

  // To change one, take it apart and build another.
  auto value = m.to_value();
  auto& members = std::get<meta_value::map>(value.data());
  members.emplace_back("age", 37); // of equal keys the last wins
  const rollcall::meta older{value};
  fmt::print("{}\n", older.view()["age"].as_int().value_or(0));
  fmt::print("{}\n", older == m ? "equal" : "not equal");

  // What breaks a rule is a value all the same: `track` answers why.
  const rollcall::meta big{{"text", std::string(70'000, 'x')}};
  fmt::print("{}: {}\n", big.valid(), to_string(big.why()));
  return big.why() == rollcall::errc::too_large && v["age"].as_int() == 36 ? 0 : 1;
}
