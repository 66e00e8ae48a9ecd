// Options out of a config file of CAF.
#include "rollcall/config.hpp"

#include "test/catch.hpp"

#include <sstream>

using namespace rollcall;
using namespace std::chrono_literals;

namespace {

/// What a file says, in a config that has declared rollcall's options, or in a
/// user's own that has not.
class of_file : public rollcall::config {
public:
  explicit of_file(const std::string& text, bool declared = true) {
    std::istringstream in{text};
    const caf::config_option_set none;
    taken_ = !parse_config(in, declared ? custom_options_ : none, content);
  }
  bool taken() const { return taken_; }

private:
  bool taken_ = false;
};

} // namespace

TEST_CASE("options of a tracker and of the cluster stand in CAF's config file") {
  for (bool declared : {true, false}) {
    const of_file cfg{R"(rollcall {
      name = "lobby"
      pool-size = 8
      broadcast-period = 1s
      down-period = 20s
      permdown-period = 5min
      permdown-on-shutdown = true
      node-name = "a"
      listen = "10.0.0.1:4001"
      seeds = ["10.0.0.2:4001", "10.0.0.3:4001"]
    })",
                      declared};
    REQUIRE(cfg.taken());
    const auto x = read_tracker_options(cfg);
    REQUIRE(x);
    CHECK(x->name == "lobby");
    CHECK(x->pool_size == 8);
    CHECK(x->broadcast_period == 1s);
    CHECK(x->down_period == millis{20s});
    CHECK(x->permdown_period == 5min);
    CHECK(x->permdown_on_shutdown);
    CHECK(x->flush_interval == tracker_options{}.flush_interval); // not said: the default
    CHECK(x->link_grace == 3s);
    const auto y = read_cluster_options(cfg);
    REQUIRE(y);
    CHECK(y->node_name == "a");
    CHECK(y->listen == "10.0.0.1:4001");
    CHECK(y->seeds == std::vector<std::string>{"10.0.0.2:4001", "10.0.0.3:4001"});
    CHECK_FALSE(y->tls);
  }
}

TEST_CASE("what stands in the config wins over the defaults that are passed in") {
  tracker_options defaults;
  defaults.name = "lobby";
  defaults.pool_size = 4;
  const auto x = read_tracker_options(of_file{"rollcall { pool-size = 2 }"}, defaults);
  REQUIRE(x);
  CHECK(x->name == "lobby");
  CHECK(x->pool_size == 2);
}

TEST_CASE("a value that breaks a rule is refused with the rule") {
  const auto x = read_tracker_options(of_file{"rollcall { name = \"t\"\n down-period = 2s }"});
  REQUIRE_FALSE(x);
  CHECK(code_of(x.error()) == errc::bad_option);
  CHECK(text_of(x.error())
        == "down_period must be at least twice as large as the broadcast_period");
  CHECK_FALSE(read_cluster_options(of_file{"rollcall { listen = \"x:1\" }"})); // no node-name
}

TEST_CASE("a value of another kind is refused, and not passed over for the default") {
  struct {
    const char *file, *says;
  } const of_tracker[] = {
      {"pool-size = \"many\"", "rollcall.pool-size must be a number, 0 or more"},
      {"pool-size = -1", "rollcall.pool-size must be a number, 0 or more"},
      {"broadcast-period = 1500", "rollcall.broadcast-period must be a time such as 1500ms"},
      {"link-grace = true", "rollcall.link-grace must be a time such as 1500ms"},
      {"permdown-on-shutdown = 5", "rollcall.permdown-on-shutdown must be true or false"},
  };
  for (auto& one : of_tracker) {
    INFO(one.file);
    const auto text = std::string{"rollcall { name = \"t\"\n"} + one.file + "\n}";
    const auto x = read_tracker_options(of_file{text, false});
    REQUIRE_FALSE(x);
    CHECK(code_of(x.error()) == errc::bad_option);
    CHECK(text_of(x.error()) == one.says);
  }
  const of_file cfg{"rollcall { node-name = \"a\"\n seeds = 7 }", false};
  const auto y = read_cluster_options(cfg);
  REQUIRE_FALSE(y);
  CHECK(text_of(y.error()) == "rollcall.seeds must be a list of texts: [\"...\"]");
}

TEST_CASE("a passphrase file that is not there is named in one line, whatever its name") {
  const of_file cfg{"rollcall { node-name = \"a\"\n tls-passphrase-file = \"no\\nfile\" }"};
  REQUIRE(cfg.taken());
  const auto x = read_cluster_options(cfg);
  REQUIRE_FALSE(x);
  CHECK(code_of(x.error()) == errc::bad_tls);
  CHECK(text_of(x.error()).find("\"no?file\"") != std::string::npos);
}

namespace {

/// An application's own config, prepared with `load`.
class own_config : public caf::actor_system_config {
public:
  own_config() {
    (void)rollcall::load(*this);
    opt_group{custom_options_, "app"}.add<std::string>("motto", "of the application");
  }
};

/// One derived from ours, with options of its own.
class derived_config : public rollcall::config {
public:
  derived_config() { opt_group{custom_options_, "app"}.add<std::string>("motto", "its own"); }
};

template <class Config>
void refuses_what_it_cannot_take(const std::string& before, const std::string& between) {
  const struct {
    const char *line, *says;
  } wrong[] = {
      {"seeds=\"127.0.0.1:4001\"", "rollcall.seeds must be a list of texts: [\"...\"]"},
      {"listen=4001", "rollcall.listen must be a text: \"...\""},
      {"insecure-plain-tcp=\"yes\"", "rollcall.insecure-plain-tcp must be true or false"},
      {"seed=[\"127.0.0.1:4001\"]", "rollcall.seed is no option of rollcall"},
      {"pool-sise=8", "rollcall.pool-sise is no option of rollcall"},
  };
  for (const auto& one : wrong) {
    INFO(before << one.line);
    Config cfg;
    std::istringstream file{before + "node-name=\"a\"" + between + one.line
                            + (before.back() == '{' ? "}\n" : "\n")};
    if (cfg.parse(std::vector<std::string>{}, file)) continue; // CAF itself says so: as well
    const auto x = read_cluster_options(cfg);
    REQUIRE_FALSE(x);
    CHECK(code_of(x.error()) == errc::bad_option);
    CHECK(text_of(x.error()).find(one.says) == 0);
  }
}

} // namespace

TEST_CASE("a value of another kind or an unknown name is refused in every form and class") {
  rollcall::init_types();
  for (const auto& [before, between] :
       {std::pair{"[rollcall]\n", "\n"}, std::pair{"rollcall {", "\n"}}) {
    refuses_what_it_cannot_take<rollcall::config>(before, between);
    refuses_what_it_cannot_take<derived_config>(before, between);
    refuses_what_it_cannot_take<own_config>(before, between);
  }
}

TEST_CASE("what the command line says is of the kind of its option, and is read") {
  rollcall::config cfg;
  std::istringstream none;
  REQUIRE_FALSE(cfg.parse(
      {"--rollcall.node-name=a", "--rollcall.seeds=[\"127.0.0.1:1\"]", "--rollcall.pool-size=4"},
      none));
  const auto x = read_cluster_options(cfg);
  REQUIRE(x);
  CHECK(x->seeds == std::vector<std::string>{"127.0.0.1:1"});
  CHECK(read_tracker_options(cfg)->pool_size == 4);
}
