// A Stream over a connected socket of any kind. Made by SystemNetwork; includes Asio, so only for
// .cc files of stream/.
#pragma once
#include "daemon/run/asio_setup.h"
//
#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "daemon/stream/stream.h"

namespace ovs::daemon {

using Socket = asio::generic::stream_protocol::socket;

// What the streams of one loop share: bytes are handed over before the next stream reads.
using ReadBuffer = std::shared_ptr<std::vector<char>>;
inline constexpr std::size_t kReadSize = 65536;

std::unique_ptr<Stream> make_socket_stream(Socket socket, std::string name, ReadBuffer buffer);

}  // namespace ovs::daemon
