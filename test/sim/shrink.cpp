#include "test/sim/shrink.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace rollcall::sim {

namespace {

class shrinker {
public:
  using clock = std::chrono::steady_clock;

  shrinker(script s, const judge& fails, std::size_t max_tries, std::chrono::seconds most)
      : fails_(fails), left_(max_tries), until_(clock::now() + most) {
    out_.story = std::move(s);
    auto by_time = [](const deed& a, const deed& b) { return a.at < b.at; };
    std::stable_sort(out_.story.deeds.begin(), out_.story.deeds.end(), by_time);
    ++out_.tries;
    out_.invariant = fails_(out_.story);
  }

  shrunk run() {
    if (out_.invariant.empty()) return std::move(out_);
    bool again = true;
    while (again && !over()) {
      again = drop_deeds();
      again = drop_nodes() || again;
      again = calm_weather() || again;
      again = usual_options() || again;
      again = shorten() || again;
    }
    return std::move(out_);
  }

private:
  bool over() const { return left_ == 0 || clock::now() >= until_; }

  /// Takes it when it fails as before.
  bool accept(script candidate) {
    if (over()) return false;
    --left_;
    ++out_.tries;
    if (fails_(candidate) != out_.invariant) return false;
    out_.story = std::move(candidate);
    return true;
  }
  template <class F>
  bool with(F&& change) {
    auto s = out_.story;
    return change(s) && accept(std::move(s));
  }

  /// As delta debugging does (Zeller, Hildebrandt, 2002).
  bool drop_deeds() {
    bool any = false;
    for (auto size = std::max<std::size_t>(1, out_.story.deeds.size() / 2);; size /= 2) {
      for (std::size_t at = 0; at < out_.story.deeds.size() && !over();) {
        auto s = out_.story;
        const auto end = std::min(s.deeds.size(), at + size);
        s.deeds.erase(std::next(s.deeds.begin(), static_cast<std::ptrdiff_t>(at)),
                      std::next(s.deeds.begin(), static_cast<std::ptrdiff_t>(end)));
        if (accept(std::move(s)))
          any = true;
        else
          at = end;
      }
      if (size <= 1) return any;
    }
  }

  bool drop_nodes() {
    bool any = false;
    for (int n = out_.story.cluster.nodes - 1; n >= 0; --n)
      any = with([n](script& s) { return without(s, n); }) || any;
    for (std::size_t n = 0; n < out_.story.ends.size(); ++n)
      any = with([n](script& s) { return std::exchange(s.ends[n], ending::runs) != ending::runs; })
            || any;
    any = with([](script& s) { return std::exchange(s.cluster.shards, 1) != 1; }) || any;
    any = with([](script& s) { return std::exchange(s.cluster.newer, 0u) != 0; }) || any;
    return any;
  }

  static bool without(script& s, int n) {
    if (s.cluster.nodes <= 2) return false;
    --s.cluster.nodes;
    s.ends.erase(std::next(s.ends.begin(), n));
    const auto low = (1u << n) - 1;
    s.cluster.newer = (s.cluster.newer & low) | ((s.cluster.newer >> 1) & ~low);
    std::erase_if(s.deeds, [n](deed& d) {
      auto moved = [n](int x) { return x > n ? x - 1 : x; };
      if (!d.on_links()) {
        if (d.node == n) return true;
        d.node = moved(d.node);
        return false;
      }
      links kept;
      for (auto& [a, b] : d.pairs)
        if (a != n && b != n) kept.insert({moved(a), moved(b)});
      d.pairs = std::move(kept);
      return d.pairs.empty();
    });
    return std::find(s.ends.begin(), s.ends.end(), ending::runs) != s.ends.end();
  }

  bool calm_weather() {
    bool any = false;
    auto usual = [&](auto member, auto value) {
      any =
          with([&](script& s) { return std::exchange(s.cluster.weather.*member, value) != value; })
          || any;
    };
    usual(&weather::loss, 0.);
    usual(&weather::duplication, 0.);
    usual(&weather::corruption, 0.);
    usual(&weather::straggling, 0.);
    usual(&weather::in_order, true);
    usual(&weather::delay, instant{5});
    any = with([](script& s) {
            return std::exchange(s.cluster.links, link_mode::given) != link_mode::given;
          })
          || any;
    return any;
  }

  bool usual_options() {
    bool any = false;
    const tracker_options normal;
    auto usual = [&](auto of) {
      any = with([&](script& s) {
              const auto value = of(normal);
              return std::exchange(of(s.cluster.options), value) != value
                     && !validate(s.cluster.options);
            })
            || any;
    };
    usual([](auto& o) -> auto& { return o.permdown_period; });
    usual([](auto& o) -> auto& { return o.down_period; });
    usual([](auto& o) -> auto& { return o.max_silent_periods; });
    usual([](auto& o) -> auto& { return o.clock_sample_periods; });
    usual([](auto& o) -> auto& { return o.flush_interval; });
    usual([](auto& o) -> auto& { return o.link_grace; });
    usual([](auto& o) -> auto& { return o.limits.max_frame_presences; });
    usual([](auto& o) -> auto& { return o.limits.max_frame_bytes; });
    usual([](auto& o) -> auto& { return o.limits.max_removal_log; });
    usual([](auto& o) -> auto& { return o.limits.max_outstanding_bytes; });
    usual([](auto& o) -> auto& { return o.limits.max_beyond; });
    usual([](auto& o) -> auto& { return o.limits.batch; });
    usual([](auto& o) -> auto& { return o.limits.max_ended; });
    usual([](auto& o) -> auto& { return o.limits.max_replicas; });
    usual([](auto& o) -> auto& { return o.limits.max_presences; });
    usual([](auto& o) -> auto& { return o.limits.max_presences_per_replica; });
    return any;
  }

  /// Fewer links, shorter times.
  bool shorten() {
    bool any = false;
    for (std::size_t i = 0; i < out_.story.deeds.size(); ++i) {
      const auto pairs = out_.story.deeds[i].pairs;
      for (auto& pair : pairs)
        any = with([&](script& s) {
                auto& p = s.deeds[i].pairs;
                return p.size() > 1 && p.erase(pair) > 0;
              })
              || any;
      any = with([i](script& s) {
              auto& t = s.deeds[i].length;
              t /= 2;
              return t > instant{100};
            })
            || any;
      any = with([i](script& s) {
              auto& n = s.deeds[i].amount;
              if (s.deeds[i].what != deed::type::track_many || n < 2) return false;
              n /= 2;
              return true;
            })
            || any;
    }
    const auto last = out_.story.deeds.empty() ? instant{0} : out_.story.deeds.back().at;
    any = with([last](script& s) { return std::exchange(s.span, last + instant{1}) > s.span; })
          || any;
    return any;
  }

  const judge& fails_;
  std::size_t left_;
  clock::time_point until_;
  shrunk out_;
};

} // namespace

shrunk shrink(script s, const judge& fails, std::size_t max_tries, std::chrono::seconds most) {
  return shrinker{std::move(s), fails, max_tries, most}.run();
}

shrunk shrink(script s, std::size_t max_tries, std::chrono::seconds most) {
  constexpr std::uint64_t lucks = 3;
  const auto seed = s.seed;
  auto first_that_fails = [seed](script x) {
    std::pair<std::uint64_t, std::string> found{seed, {}};
    for (std::uint64_t i = 0; i < lucks && found.second.empty(); ++i) {
      x.seed = seed + i;
      const auto was = play(x);
      auto broken = was.invariant();
      if (was.passed() && i == 0 && play_in_other_order(x, was).invariant() == "S8") broken = "S8";
      if (!broken.empty()) found = {x.seed, std::move(broken)};
    }
    return found;
  };
  auto out = shrink(
      std::move(s), [&](const script& x) { return first_that_fails(x).second; }, max_tries, most);
  out.story.seed = first_that_fails(out.story).first;
  return out;
}

} // namespace rollcall::sim
