// A file of its own, so that programs that only read options link nothing else.
#include "cluster/wire/packet.hpp"
#include "rollcall/config.hpp"

#include <fstream>

namespace rollcall {

problem read_passphrase(const std::string& file, tls_options& to) {
  if (file.empty()) return {};
  std::ifstream in{file};
  if (!std::getline(in, to.passphrase) || to.passphrase.empty())
    return {errc::bad_tls, "cannot read a passphrase from \"" + cluster::printable(file)
                               + "\": its first line has to be the passphrase of the key"};
  if (to.passphrase.back() == '\r') to.passphrase.pop_back();
  return {};
}

} // namespace rollcall
