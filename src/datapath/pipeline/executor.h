// Runs a program over packets that share it, one instruction at a time over all of them. Takes the
// packets over.
#pragma once
#include "datapath/datapath.h"

namespace ovs::datapath {

class Executor {
 public:
  Executor(Datapath& datapath, Processor& processor, const RcuReader& reader)
      : datapath_(datapath), processor_(processor), reader_(reader) {}

  // The packets are in processor.lists[0].
  void run(const Program& program);

 private:
  void step(const Program& program, const Instruction& instruction);
  void output(const Instruction& instruction);
  void userspace(const Program& program, const Instruction& instruction);
  void recirculate(std::uint32_t recirc_id);
  void push_vlan(std::uint32_t tag);
  void hash(std::uint32_t basis);
  // Copies of the list, each with this probability, become the list.
  void begin(std::uint32_t probability);
  void end();
  Packet* copy(const Packet& packet);

  template <class Set>
  void each(const Set& set, void (*apply)(Packet&, const Set&)) {
    for (Packet* packet : list().span()) apply(*packet, set);
  }
  PacketList& list() { return processor_.lists[depth_]; }

  Datapath& datapath_;
  Processor& processor_;
  const RcuReader& reader_;
  unsigned depth_ = 0;
};

// Cuts the frame to `limit` bytes.
void cut(Packet& packet, std::uint32_t limit, PacketHost& host);

}  // namespace ovs::datapath
