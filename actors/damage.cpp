#include "actors/damage.hpp"

#include "actors/access.hpp"
#include "actors/ask.hpp"
#include "actors/shard.hpp"

#include <string>

namespace rollcall::actors {

expected<void> flip_a_bit(const tracker& t, std::string_view topic, std::string_view key) {
  auto x = ask_shard_later<done>(
      access::pool_of(t), t.shard_of(topic), millis{5000},
      [topic = std::string{topic}, key = std::string{key}](shard& s, const ticket<done>& answer) {
        if (auto why = s.flip_a_bit(topic, key))
          answer(std::move(why));
        else
          answer(done{});
      });
  if (!x) return std::move(x.error());
  return {};
}

} // namespace rollcall::actors
