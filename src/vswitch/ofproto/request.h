// One message of a controller while it is answered: what the functions in requests.cc and groups.cc
// are given.
#pragma once
#include "vswitch/ofproto/ofproto_impl.h"

namespace ovs::vswitch {

struct Request {
  Ofproto::Impl& owner;
  OfConnection& connection;
  const openflow::Message& message;
  Bytes raw;

  void refuse(openflow::OfError error) const { connection.send_error(error, raw); }
  void reply(openflow::Kind kind, openflow::Body body) const {
    connection.reply(kind, message.xid, std::move(body));
  }
  // A reply in Nicira's encoding to a request in Nicira's.
  void reply_as(openflow::Encoding encoding, openflow::Body body) const {
    connection.send(
        openflow::Message{encoding, message.version, message.xid, false, std::move(body)});
  }
  template <class T>
  const T& body() const {
    const T* body = message.as<T>();
    OVS_ASSERT(body != nullptr);
    return *body;
  }
};

// groups.cc
void group_mod(const Request& request);
void group_stats(const Request& request);
void group_desc(const Request& request);
void group_features(const Request& request);
// Whether all groups exist that actions name.
Result<void, openflow::OfError> check_groups(const openflow::Actions& actions,
                                             const Groups& groups);

}  // namespace ovs::vswitch
