// What a flow does, compiled: instructions over operands that were checked when the flow was
// installed, so that running them checks nothing and parses nothing. Immutable once published. Made
// by compile.cc, run by executor.cc.
#pragma once
#include "base/text/text.h"
#include "datapath/pipeline/header_set.h"
#include "datapath/table/record.h"
#include "flow/action/action.h"
#include "platform/api/memory.h"
#include "platform/api/rcu.h"

namespace ovs::datapath {

inline constexpr unsigned kMaxInstructions = 1024;
inline constexpr unsigned kMaxNesting = 4;  // sample and clone within each other

enum class Op : std::uint8_t {
  Output,       // number: port
  Userspace,    // operand UserspaceOperand; userdata follows it
  Recirc,       // number: recirc_id
  SetPriority,  // operand Masked<u32>, in host order
  SetMark,      // the same
  SetTunnel,    // operand TunnelMetadata
  SetEthernet,  // operand: the struct of this name; from here to PushVlan the frame changes
  SetIpv4,
  SetIpv6,
  SetTcp,
  SetUdp,
  SetSctp,
  SetIcmp,
  SetIcmpv6,
  SetArp,
  SetNd,
  PushVlan,  // number: TPID and TCI, 16 bits each, as they lie in memory, the TPID in the lower
             // half
  PopVlan,
  Trunc,  // number: bytes that the next output or upcall sees at most
  Hash,   // number: basis
  Begin,  // a clone or sample; number: probability of 2^32 - 1; what follows is done to copies,
          // until its End
  End,
};

enum class Last : bool { No, Yes };

struct Instruction {
  Op op;
  Last last = Last::No;  // Output: nothing follows, the packet itself goes
  std::uint16_t reserved = 0;
  std::uint32_t number = 0;
  std::uint32_t operand = 0;  // offset of it
};

struct UserspaceOperand {
  std::uint32_t pid = 0;
  std::uint32_t userdata_size = 0;
  bool has_userdata = false;
  bool has_tunnel_port = false;
  bool with_actions = false;
  std::uint32_t tunnel_port = 0;
};

class Program final : public RcuObject, public FlowProgram {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsP");

  Program(OwnedArray<Instruction> code, OwnedArray<std::uint64_t> operands)
      : code_(std::move(code)), operands_(std::move(operands)) {}

  Span<const Instruction> code() const {
    return Span<const Instruction>(code_.data(), code_.count());
  }
  template <class T>
  const T& operand(const Instruction& instruction) const {
    return *reinterpret_cast<const T*>(bytes() + instruction.operand);
  }
  Bytes userdata(const Instruction& instruction) const {
    const auto& operand = this->operand<UserspaceOperand>(instruction);
    return Bytes(bytes() + instruction.operand + sizeof operand, operand.userdata_size);
  }
  // The port if all that it does is output there, else kNoOnlyPort.
  std::uint32_t only_port() const {
    if (code_.count() != 1 || code_[0].op != Op::Output) return kNoOnlyPort;
    return code_[0].number;
  }

 private:
  const std::uint8_t* bytes() const {
    return reinterpret_cast<const std::uint8_t*>(operands_.data());
  }

  OwnedArray<Instruction> code_;
  OwnedArray<std::uint64_t> operands_;
};

// Why actions were refused.
struct CompileRefusal {
  Error error = Error::Invalid;
  std::uint32_t offset = 0;  // of the action in the list, in bytes
  std::uint16_t type = 0;    // OVS_ACTION_ATTR_*
  Text reason;               // static
};

// The program of a list of actions (their netlink form). Everything that this engine cannot do is
// refused by name.
Result<Owned<Program>, CompileRefusal> compile(Bytes actions);

// The tunnel fields of a key.
flow::TunnelMetadata tunnel_of(const flow::FlowKey& key);

// The name of an action as people write it: "push_mpls". Static.
Text action_name(flow::ActionType type);

}  // namespace ovs::datapath
