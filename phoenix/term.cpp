#include "phoenix/term.hpp"

#include "base/json_text.hpp"

namespace rollcall::phoenix {

const term* term::find(std::string_view name) const noexcept {
  if (!is(kind::map)) return nullptr;
  for (std::size_t i = 0; i + 1 < items.size(); i += 2)
    if (items[i].is_atom(name)) return &items[i + 1];
  return nullptr;
}

erlang_pid term::as_pid() const {
  const auto bits = static_cast<std::uint64_t>(number);
  return {text, static_cast<std::uint32_t>(bits), static_cast<std::uint32_t>(bits >> 32), creation};
}

namespace {

term of(term::kind k) {
  term x;
  x.type = k;
  return x;
}

term of(term::kind k, std::string_view text) {
  auto x = of(k);
  x.text = text;
  return x;
}

term of(term::kind k, std::vector<term> items) {
  auto x = of(k);
  x.items = std::move(items);
  return x;
}

class printer {
public:
  explicit printer(std::size_t most) : most_(most) {}

  void print(const term& x) {
    if (out_.size() >= most_) return;
    switch (x.type) {
    case term::kind::integer:
      out_ += std::to_string(x.number);
      break;
    case term::kind::real:
      crdt::append_json_double(out_, x.real);
      break;
    case term::kind::atom:
      out_ += x.text;
      break;
    case term::kind::binary:
      crdt::append_json_string(out_, std::string_view{x.text}.substr(0, most_));
      break;
    case term::kind::tuple:
      items(x, "{", "}");
      break;
    case term::kind::list:
      items(x, "[", "]");
      break;
    case term::kind::improper:
      items(x, "[", "]");
      break;
    case term::kind::map:
      items(x, "#{", "}");
      break;
    case term::kind::pid: {
      const auto p = x.as_pid();
      out_ += "<" + p.node + "." + std::to_string(p.id) + "." + std::to_string(p.serial) + ">";
      break;
    }
    case term::kind::other:
      other(x.text);
      break;
    }
  }
  std::string take() {
    if (out_.size() > most_) out_.resize(most_);
    return std::move(out_);
  }

private:
  void items(const term& x, const char* open, const char* close) {
    out_ += open;
    for (std::size_t i = 0; i < x.items.size() && out_.size() < most_; ++i) {
      const bool tail = x.is(term::kind::improper) && i + 1 == x.items.size();
      if (i != 0) out_ += x.is(term::kind::map) && i % 2 == 1 ? " => " : tail ? "|" : ",";
      print(x.items[i]);
    }
    out_ += close;
  }
  /// Its kind and its bytes: what it means is known to Erlang alone.
  void other(std::string_view bytes) {
    constexpr const char* digits = "0123456789abcdef";
    const char tag = bytes.empty() ? '\0' : bytes.front();
    out_ += tag == 'Z' || tag == 'r'   ? "#Ref<"
            : tag == 'n' || tag == 'o' ? "#Integer<"
            : tag == 'p' || tag == 'q' ? "#Fun<"
            : tag == 'M'               ? "#Bits<"
                                       : "#Port<";
    for (char c : bytes.substr(0, most_ / 2)) {
      const auto u = static_cast<unsigned char>(c);
      out_ += digits[u >> 4];
      out_ += digits[u & 15];
    }
    out_ += ">";
  }

  std::size_t most_;
  std::string out_;
};

} // namespace

term integer(std::int64_t n) {
  auto x = of(term::kind::integer);
  x.number = n;
  return x;
}

term real(double n) {
  auto x = of(term::kind::real);
  x.real = n;
  return x;
}

term atom(std::string_view name) { return of(term::kind::atom, name); }
term binary(std::string_view bytes) { return of(term::kind::binary, bytes); }
term tuple(std::vector<term> items) { return of(term::kind::tuple, std::move(items)); }
term list(std::vector<term> items) { return of(term::kind::list, std::move(items)); }
term map(std::vector<term> items) { return of(term::kind::map, std::move(items)); }

term pid(const erlang_pid& p) {
  auto x = of(term::kind::pid, p.node);
  x.number = static_cast<std::int64_t>(std::uint64_t{p.serial} << 32 | p.id);
  x.creation = p.creation;
  return x;
}

std::string to_text(const term& x, std::size_t most) {
  printer p(most);
  p.print(x);
  return p.take();
}

} // namespace rollcall::phoenix
