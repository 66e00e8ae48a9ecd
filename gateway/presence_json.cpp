#include "gateway/presence_json.hpp"

#include "base/json_text.hpp"

namespace rollcall::gateway {

namespace {

constexpr std::string_view reserved[] = {"phx_ref", "phx_ref_prev"};

void append_members(std::string& out, meta_view data) {
  bool plain = true;
  for (auto name : reserved) plain = plain && !data[name];
  if (plain) {
    const auto text = data.to_json(); // "{…}"
    if (text.size() > 2) out.append(text, 1, text.size() - 2).append(",");
    return;
  }
  for (std::size_t i = 0; i < data.size(); ++i) {
    const auto name = data.key_at(i);
    if (name == reserved[0] || name == reserved[1]) continue;
    crdt::append_json_string(out, name);
    out.append(":").append(data.at(i).to_json()).append(",");
  }
}

/// Writes presences. Requires order of key.
class grouped {
public:
  explicit grouped(std::string& out) : out_(out) { out_ += '{'; }

  void add(std::string_view key, meta_view data, const ref& now, const std::optional<ref>& before) {
    if (keys_ > 0 && key == key_) {
      out_ += ',';
    } else {
      out_ += keys_ > 0 ? "]}," : "";
      crdt::append_json_string(out_, key);
      out_ += R"(:{"metas":[)";
      key_ = key;
      ++keys_;
    }
    append_meta(out_, data, now, before);
  }
  void close() { out_ += keys_ > 0 ? "]}}" : "}"; }
  std::size_t keys() const noexcept { return keys_; }
  const std::string& key() const noexcept { return key_; }

private:
  std::string& out_;
  std::string key_;
  std::size_t keys_ = 0;
};

void append_all(std::string& out, const std::vector<presence>& all) {
  grouped by_key(out);
  for (const auto& p : all) by_key.add(p.key, p.meta.view(), p.ref, p.prev_ref);
  by_key.close();
}

} // namespace

void append_meta(std::string& out, meta_view data, const ref& now,
                 const std::optional<ref>& before) {
  out += '{';
  append_members(out, data);
  out.append(R"("phx_ref":")").append(to_string(now)).append("\"");
  if (before) out.append(R"(,"phx_ref_prev":")").append(to_string(*before)).append("\"");
  out += '}';
}

std::string state_json(const presence_list& all) {
  std::string out;
  out.reserve(all.size() * 96 + 2);
  grouped by_key(out);
  for (const auto p : all) by_key.add(p.key(), p.meta(), p.ref(), p.prev_ref());
  by_key.close();
  return out;
}

std::string diff_json(const std::vector<presence>& joins, const std::vector<presence>& leaves) {
  std::string out = R"({"joins":)";
  append_all(out, joins);
  out += R"(,"leaves":)";
  append_all(out, leaves);
  return out + "}";
}

page page_json(const presence_list& all, std::string_view after, std::size_t limit) {
  page result;
  result.presences.clear();
  grouped by_key(result.presences);
  for (const auto p : all) {
    if (!after.empty() && p.key() <= after) continue;
    if (by_key.keys() == limit && p.key() != by_key.key()) {
      result.next = by_key.key();
      break;
    }
    by_key.add(p.key(), p.meta(), p.ref(), p.prev_ref());
  }
  by_key.close();
  result.keys = by_key.keys();
  return result;
}

} // namespace rollcall::gateway
