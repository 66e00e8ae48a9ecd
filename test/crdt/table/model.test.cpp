// The whole table against a dumb model, with lists held at random moments.
#include "test/crdt/table/model.hpp"

#include "test/catch.hpp"

#include <rapidcheck.h>

using namespace rollcall;
using namespace rollcall::crdt;
using rollcall::test::held_list;
using rollcall::test::table_model;

namespace {

const std::vector<std::string> topics{"lobby", "room:1", std::string(300, 't')};
const std::vector<std::string> keys{"a",
                                    "b",
                                    "same-twelve-bytes-1",
                                    "same-twelve-bytes-2",
                                    "same-twelve-bytes-2-and-more",
                                    "same-twelve",
                                    "zz",
                                    std::string("zz\0", 3),
                                    "long-long-long-long-long-long-long-1",
                                    "long-long-long-long-long-long-long-2"};

table_model::identity draw_identity(const table_model& m) {
  auto topic = *rc::gen::elementOf(topics);
  auto key = *rc::gen::elementOf(keys);
  auto slice = *rc::gen::inRange<std::size_t>(0, m.slices.size());
  auto actor = *rc::gen::inRange<std::uint64_t>(1, 6);
  return {topic, key, slice, actor};
}

void check_reads(const table_model& m) {
  std::map<std::string, std::size_t> counts;
  for (auto& topic : topics) {
    auto shown = m.list(topic, false);
    RC_ASSERT(m.table->list(topic).to_vector() == shown);
    RC_ASSERT(m.table->count(topic) == shown.size());
    RC_ASSERT(m.table->dirty_list(topic).to_vector() == m.list(topic, true));
    if (!shown.empty()) counts[topic] = shown.size();
    for (auto& key : keys) {
      auto run = m.table->get_by_key(topic, key);
      auto expected = m.list(topic, false, &key);
      RC_ASSERT(run.size() == expected.size());
      RC_ASSERT(run.to_vector() == expected);
    }
  }
  RC_ASSERT(m.table->topics() == counts);
}

void check_writer(const table_model& m) {
  RC_ASSERT(m.table->size() == m.members.size());
  RC_ASSERT(m.table->sound());
  std::map<std::uint64_t, std::size_t> of_actor;
  for (auto& [id, x] : m.members) {
    auto& [topic, key, slice, actor] = id;
    RC_ASSERT(m.table->find(m.slices[slice].number, topic, key, actor) == x.h);
    RC_ASSERT(m.table->visible(x.h) == x.visible);
    RC_ASSERT(m.table->slice_of(x.h) == m.slices[slice].number);
    RC_ASSERT(m.table->view(x.h).to_presence() == x.what);
    if (m.slices[slice].local) ++of_actor[actor];
  }
  for (std::uint64_t actor = 1; actor < 6; ++actor) {
    std::size_t n = 0;
    for (auto h = m.table->first_of_actor(actor); h; h = m.table->next_of_actor(h)) ++n;
    RC_ASSERT(n == of_actor[actor]);
    RC_ASSERT(m.table->count_of_actor(actor) == n);
  }
}

} // namespace

TEST_CASE("a table agrees with a model, and lists that are held keep showing their moment") {
  CHECK(rc::check("random steps", [] {
    table_model m;
    m.open("a", true);
    m.open("b", false);
    m.open("c", false);
    std::vector<held_list> held;
    auto steps = *rc::gen::inRange(1, 120);
    for (int i = 0; i < steps; ++i) {
      switch (*rc::gen::inRange(0, 12)) {
      default: {
        static const std::vector<meta> metas{
            {}, {{"n", 1}}, {{"text", std::string(100, 'm')}, {"more", nullptr}}};
        auto about = *rc::gen::elementOf(metas);
        auto flags = *rc::gen::inRange(0, 16);
        RC_ASSERT(
            m.insert(draw_identity(m), about.bytes(), flags % 4 != 0, flags == 5, flags % 3 == 1));
        break;
      }
      case 6:
      case 7:
        if (!m.members.empty()) {
          auto it = m.any(*rc::gen::inRange<std::size_t>(0, 1000));
          m.table->erase(it->second.h);
          m.members.erase(it);
        }
        break;
      case 8:
        if (!m.members.empty()) {
          auto it = m.any(*rc::gen::inRange<std::size_t>(0, 1000));
          it->second.visible = !it->second.visible;
          m.table->set_visible(it->second.h, it->second.visible);
        }
        break;
      case 9:
      case 10: {
        check_writer(m);
        m.publish();
        check_reads(m);
        break;
      }
      case 11: {
        if (!held.empty() && *rc::gen::inRange(0, 3) == 0) {
          auto n = *rc::gen::inRange<std::size_t>(0, held.size());
          RC_ASSERT(held[n].same());
          held.erase(held.begin() + static_cast<std::ptrdiff_t>(n));
          break;
        }
        auto topic = *rc::gen::elementOf(topics);
        auto key = *rc::gen::elementOf(keys);
        auto kind = *rc::gen::inRange(0, 3);
        held.push_back(
            kind == 0   ? held_list{m.table->list(topic), m.list(topic, false)}
            : kind == 1 ? held_list{m.table->dirty_list(topic), m.list(topic, true)}
                        : held_list{m.table->get_by_key(topic, key), m.list(topic, false, &key)});
        break;
      }
      }
      for (auto& x : held) RC_ASSERT(x.same());
    }
    // Everything goes, then the lists: nothing is left but the table itself.
    while (!m.members.empty()) {
      m.table->erase(m.members.begin()->second.h);
      m.members.erase(m.members.begin());
    }
    for (int i = 0; i < 4; ++i) m.publish();
    for (auto& x : held) RC_ASSERT(x.same());
    if (*rc::gen::inRange(0, 2) == 0) {
      m.table.reset(); // the lists outlive it
      for (auto& x : held) RC_ASSERT(x.same());
      return;
    }
    held.clear();
    for (int i = 0; i < 4; ++i) m.publish();
    RC_ASSERT(m.table->objects() == 0u);
    RC_ASSERT(m.table->topics().empty());
  }));
}
