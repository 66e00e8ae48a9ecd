#include "cluster/mesh/names.hpp"

#include <algorithm>

namespace rollcall::cluster::mesh {

std::vector<address> in_dialing_order(std::vector<address> all) {
  std::vector<address> families[2];
  for (auto& x : all) {
    auto& of = families[x.host.find(':') == std::string::npos ? 1 : 0];
    if (std::find(of.begin(), of.end(), x) == of.end()) of.push_back(std::move(x));
  }
  std::vector<address> result;
  const auto most = std::min(families[0].size() + families[1].size(), max_addresses_of_name);
  for (std::size_t i = 0; result.size() < most; ++i)
    for (auto& of : families)
      if (i < of.size() && result.size() < most) result.push_back(std::move(of[i]));
  return result;
}

} // namespace rollcall::cluster::mesh
