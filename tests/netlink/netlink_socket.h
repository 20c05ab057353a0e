// A generic netlink socket as a program knows it, over one handle of the device: a message sent is
// a request made, its answers wait in order. Any thread may use it. Who calls: preload.cc.
#pragma once
#include <deque>
#include <mutex>

#include "netlink/device_link.h"
#include "netlink/trace.h"
#include "wire/netlink/error_numbers.h"
#include "wire/netlink/message.h"

namespace ovs::netlink {

enum class Protocol : std::uint8_t { Generic, Netfilter };

class NetlinkSocket {
 public:
  // Null, with errno set.
  static std::unique_ptr<NetlinkSocket> open(const char* device, Protocol protocol, Trace& trace);

  int descriptor() const { return link_->descriptor(); }
  std::uint32_t pid() const { return link_->pid(); }

  // Makes the requests in `bytes`, one after another. Closed: the device has gone.
  Result<void> send(Bytes bytes);
  // The next datagram: an answer, the next part of a dump, an event or an upcall, whichever this
  // socket is for. WouldBlock: there is none; the descriptor is readable when there may be one.
  Result<Buffer> receive();
  // Of a multicast group. Not to be left again: no program here does.
  Result<void> join(std::uint32_t group);
  // From now on upcalls come to this socket.
  Result<void> take_upcalls();

 private:
  enum class Use : std::uint8_t { Requests, Events, Upcalls };

  NetlinkSocket(std::unique_ptr<DeviceLink> link, Protocol protocol, Trace& trace)
      : link_(std::move(link)), protocol_(protocol), trace_(trace) {}
  Result<void> make_request(Bytes request);
  Result<void> ask_device(Bytes request);
  void take_answer(Bytes request, const Result<Buffer>& answer);
  void refuse(Bytes request, wire::ErrorNumber number, Text why);
  Result<Buffer> continue_dump();
  Result<Buffer> next_news();
  static wire::ControlCommand pend_command(Use use);
  Result<void> subscribe(wire::ControlCommand command, Bytes attributes, Use use);

  std::mutex mutex_;
  std::unique_ptr<DeviceLink> link_;
  Protocol protocol_;
  Trace& trace_;
  Use use_ = Use::Requests;
  bool is_dumping_ = false;
  std::deque<Buffer> answers_;
};

// The PIDs that a request makes receivers of a port's upcalls.
std::vector<std::uint32_t> upcall_pids(Bytes request);

}  // namespace ovs::netlink
