// The sockets that carry device frames, as Asio sees them. Only for .cc files of this folder.
#pragma once
#include "daemon/run/asio_setup.h"
//
#include <asio/basic_socket_acceptor.hpp>
#include <asio/generic/seq_packet_protocol.hpp>
#include <asio/local/stream_protocol.hpp>
#include <string>

namespace ovs::daemon {

using PacketProtocol = asio::generic::seq_packet_protocol;
using PacketSocket = PacketProtocol::socket;
using PacketAcceptor = asio::basic_socket_acceptor<PacketProtocol>;

// One less than the room for a path in a socket address.
inline constexpr std::size_t kMaxPacketSocketPath = 107;

inline PacketProtocol::endpoint packet_endpoint(const std::string& path) {
  return PacketProtocol::endpoint(asio::local::stream_protocol::endpoint(path));
}

}  // namespace ovs::daemon
