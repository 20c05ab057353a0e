// Messages to bytes and back. Total: any bytes give a message or the error that the peer should be
// told. A stats reply larger than a message is split.
#pragma once
#include <string>
#include <vector>

#include "base/core/result.h"
#include "openflow/core/error.h"
#include "openflow/core/remarks.h"
#include "openflow/message/body.h"

namespace ovs::openflow {

struct DecodeError {
  OfError error = OfError::OFPBRC_BAD_TYPE;
  std::string text;  // for the log, may be empty
};

// Whether version 1.0's flow-mods name a table in their command (NXT_FLOW_MOD_TABLE_ID was sent).
enum class TableIds : bool { Absent, Present };

// `message` is one whole message, its header's length being its size.
// `remarks`, if given, gets what should be logged.
Result<Message, DecodeError> decode(Bytes message, TableIds table_ids = TableIds::Absent,
                                    Remarks* remarks = nullptr);

// The bytes of a message. `encoding` must be of the body's kind and exist in the version.
std::string encode(const Message& message);
// The same for replies of any length: one or more whole messages.
std::string encode_parts(const Message& message);

// Makes a message of this kind in the version's standard encoding. What goes out must exist there:
// asserts otherwise, as the caller chose both.
Message make_message(Kind kind, Version version, std::uint32_t xid, Body body);
// Flow-mods and requests for flow statistics take their encoding and their handling of table ids
// from the protocol.
std::string encode_flow_mod(const FlowMod& mod, Protocol protocol, std::uint32_t xid);
Message make_flow_stats_request(Kind kind, const FlowStatsRequest& request, Protocol protocol,
                                std::uint32_t xid);

// The reply to `request` (its first bytes suffice) that refuses it.
std::string encode_error(OfError error, Bytes request);
std::string encode_hello(VersionBitmap versions, std::uint32_t xid);

// One whole message at the front of a stream's bytes: its size, 0 if more bytes are needed. A
// length below a header's is an error: the connection cannot go on.
Result<std::size_t> message_size(Bytes stream);

}  // namespace ovs::openflow
