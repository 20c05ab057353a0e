// The options by which every program that speaks TLS is told its files.
#pragma once
#include "daemon/run/command_line.h"
#include "daemon/stream/stream.h"

namespace ovs::daemon {

// -p, --private-key; -c, --certificate; -C, --ca-cert; --bootstrap-ca-cert; --peer-ca-cert;
// --ssl-protocols; --ssl-ciphers; --ssl-ciphersuites. `settings` must outlive the parsing.
void add_tls_options(CommandLine& options, TlsSettings& settings);
// Gives them to the network, if any was given.
void apply_tls(Network& network, const TlsSettings& settings);

}  // namespace ovs::daemon
