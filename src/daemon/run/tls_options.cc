// See tls_options.h.
#include "daemon/run/tls_options.h"

namespace ovs::daemon {

void add_tls_options(CommandLine& options, TlsSettings& settings) {
  options.text("private-key", 'p', settings.private_key);
  options.text("certificate", 'c', settings.certificate);
  options.text("ca-cert", 'C', settings.ca_cert);
  options.add({"bootstrap-ca-cert", 0, OptionArgument::Required,
               [&settings](std::string_view file, bool) -> Result<void, UsageError> {
                 settings.ca_cert = file;
                 settings.bootstrap_ca_cert = true;
                 return kOk;
               }});
  options.text("peer-ca-cert", 0, settings.peer_ca_cert);
  options.text("ssl-protocols", 0, settings.protocols);
  options.text("ssl-ciphers", 0, settings.ciphers);
  options.text("ssl-ciphersuites", 0, settings.ciphersuites);
}

void apply_tls(Network& network, const TlsSettings& settings) {
  if (!(settings == TlsSettings())) network.set_tls(settings);
}

}  // namespace ovs::daemon
