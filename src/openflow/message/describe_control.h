// Bodies about the connection and the switch as a whole.
#pragma once
#include "openflow/message/describe.h"

namespace ovs::openflow {

template <class A>
void describe(A&, Of<A, Empty>&, const Dialect&) {}

template <class A>
void describe(A& a, Of<A, Undecoded>& m, const Dialect&) {
  a.rest_to(m.body);
}

template <class A>
void describe(A& a, Of<A, Echo>& m, const Dialect&) {
  a.rest_to(m.payload);
}

inline constexpr std::uint16_t kVersionBitmapElement = 1;

inline void read_hello_element(In& element, std::uint16_t type, Hello& hello, Remarks* remarks) {
  if (type != kVersionBitmapElement || element.remaining() < 4) {
    hello.understood = false;
    return;
  }
  auto bitmap = element.read<std::uint32_t>();
  if (bitmap & 1) {
    remark(remarks, "ofp_util", Remark::Level::Warn,
           "peer claims to support invalid OpenFlow version 0x00");
    bitmap &= ~std::uint32_t{1};
  }
  if (bitmap == 0) {
    remark(remarks, "ofp_util", Remark::Level::Warn,
           "peer does not support any OpenFlow version (between 0x01 and 0x1f)");
    hello.understood = false;
    return;
  }
  hello.versions = bitmap;
}
// `versions` comes in as what the header's version alone says.
inline void describe(In& in, Hello& hello, const Dialect& dialect) {
  while (in.remaining() >= 4) {
    const Bytes rest = in.rest();
    const std::uint16_t length = load<Be16>(rest.data() + 2).host();
    const std::size_t padded = (length + 7u) / 8 * 8;
    if (length < 4 || padded > rest.count()) break;
    In element = in.part(length);
    const auto type = element.read<std::uint16_t>();
    element.pad(2);
    read_hello_element(element, type, hello, dialect.remarks);
    in.pad(padded - length);
  }
  if (!in.at_end()) hello.understood = false;
  in.take_rest();
}
inline void describe(Out& out, const Hello& hello, const Dialect&) {
  write_property(out, kVersionBitmapElement, [&](Out& element) { element.be(hello.versions); });
}

inline void describe(In& in, ErrorMessage& m, const Dialect&) {
  in.be(m.code.type);
  in.be(m.code.code);
  m.code.vendor = kOpenVendor;
  if (m.code.type == kExperimenterType && in.version() >= Version::V12) {
    in.be(m.code.vendor);
  } else if (m.code.type == kNiciraErrorType && m.code.code == 0) {
    in.be(m.code.vendor);
    in.be(m.code.type);
    in.be(m.code.code);
  }
  m.error = decode_error(m.code, in.version());
  in.rest_to(m.payload);
}
inline void describe(Out& out, const ErrorMessage& m, const Dialect&) {
  ErrorCode code = m.code;
  if (m.error) {
    code = encode_error(*m.error, out.version())
               .value_or(encode_error(OfError::NXBRC_UNENCODABLE_ERROR, out.version())
                             .value_or(ErrorCode{kOpenVendor, 1, 1}));
  }
  const bool extension = code.vendor != kOpenVendor && code.type != kExperimenterType;
  if (extension) {
    out.be(kNiciraErrorType);
    out.pad(2);
    out.be(code.vendor);
  }
  out.be(code.type);
  out.be(code.code);
  if (code.type == kExperimenterType) out.be(code.vendor);
  out.rest_to(m.payload);
}

template <class A>
void describe(A& a, Of<A, SwitchConfig>& m, const Dialect&) {
  constexpr std::uint16_t kFragmentMask = 3, kInvalidTtl = 4;
  const bool has_ttl = a.version() == Version::V11 || a.version() == Version::V12;
  std::uint16_t flags = std::uint16_t(m.fragments);
  if (m.invalid_ttl_to_controller.value_or(false) && has_ttl) flags |= kInvalidTtl;
  a.be(flags);
  a.be(m.miss_send_length);
  if constexpr (A::kReading) {
    m.fragments = Fragments(flags & kFragmentMask);
    if (has_ttl) m.invalid_ttl_to_controller = (flags & kInvalidTtl) != 0;
    if ((flags & ~(kFragmentMask | (has_ttl ? kInvalidTtl : 0))) != 0) {
      a.fail(OfError::OFPSCFC_BAD_FLAGS);
    }
  }
}

template <class A>
void describe(A& a, Of<A, Desc>& m, const Dialect&) {
  a.text(m.manufacturer, 256);
  a.text(m.hardware, 256);
  a.text(m.software, 256);
  a.text(m.serial, 32);
  a.text(m.datapath, 256);
}

template <class A>
void describe(A& a, Of<A, RoleMessage>& m, const Dialect& dialect) {
  const bool nicira = row(dialect.encoding).carrier == Carrier::Nx;
  std::uint32_t role = std::uint32_t(m.role) - (nicira ? 1 : 0);
  a.be(role);
  if constexpr (A::kReading) {
    if (nicira) ++role;
    if (role > 3) return a.fail(OfError::OFPRRFC_BAD_ROLE);
    m.role = Role(role);
  }
  if (nicira) return;
  a.pad(4);
  std::uint64_t generation = m.generation.value_or(kUnknownCount);
  a.be(generation);
  if constexpr (A::kReading) {
    if (m.role != Role::NoChange && m.role != Role::Equal && generation != kUnknownCount) {
      m.generation = generation;
    }
  }
}

template <class A>
void describe(A& a, Of<A, SetPacketInFormat>& m, const Dialect&) {
  std::uint32_t format = std::uint32_t(m.format);
  a.be(format);
  if constexpr (A::kReading) {
    if (format > 2) return a.fail(OfError::OFPBRC_EPERM);
    m.format = PacketInFormat(format);
  }
}

template <class A>
void describe(A& a, Of<A, SetFlowFormat>& m, const Dialect&) {
  std::uint32_t format = m.nxm ? 2 : 0;
  a.be(format);
  if constexpr (A::kReading) {
    if (format != 0 && format != 2) return a.fail(OfError::OFPBRC_EPERM);
    m.nxm = format == 2;
  }
}

template <class A>
void describe(A& a, Of<A, FlowModTableId>& m, const Dialect&) {
  std::uint8_t on = m.on ? 1 : 0;
  a.be(on);
  a.pad(7);
  if constexpr (A::kReading) m.on = on != 0;
}

template <class A>
void describe(A& a, Of<A, ControllerId>& m, const Dialect&) {
  a.zeros(6, OfError::NXBRC_MUST_BE_ZERO);
  a.be(m.id);
}

template <class A>
void describe(A& a, Of<A, BundleControl>& m, const Dialect&) {
  a.be(m.id);
  a.template as<std::uint16_t>(m.type);
  a.be(m.flags);
  if constexpr (A::kReading) {
    if (m.type > BundleType::DiscardReply) a.fail(OfError::OFPBFC_BAD_TYPE);
    if (m.flags & ~(kBundleAtomic | kBundleOrdered)) a.fail(OfError::OFPBFC_BAD_FLAGS);
    a.take_rest();
  }
}

// What may be part of a bundle.
inline bool is_bundlable(Kind kind) {
  return kind == Kind::FlowMod || kind == Kind::GroupMod || kind == Kind::PortMod ||
         kind == Kind::PacketOut;
}

inline void check_bundled(In& in, const BundleAdd& m, const Dialect& dialect) {
  const Bytes message(m.message.data(), m.message.size());
  if (message.count() < kHeaderSize) return in.fail(OfError::OFPBFC_MSG_BAD_LEN);
  const std::size_t length = load<Be16>(message.data() + 2).host();
  if (length != message.count()) return in.fail(OfError::OFPBFC_MSG_BAD_LEN);
  if (load<Be32>(message.data() + 4).host() != dialect.xid) {
    return in.fail(OfError::OFPBFC_MSG_BAD_XID);
  }
  const Result<Envelope, EnvelopeError> inner = open_envelope(message);
  if (inner.ok() && is_bundlable(kind_of(inner->encoding))) return;
  if (inner.ok()) {
    remark(
        dialect.remarks, "ofp_bundle", Remark::Level::Warn,
        std::string(row(inner->encoding).name) + " message not allowed inside " +
            (dialect.encoding == Encoding::Ofpt14BundleAddMessage ? "OFPT14_BUNDLE_ADD_MESSAGE"
                                                                  : "ONFT13_BUNDLE_ADD_MESSAGE"));
  }
  in.fail(OfError::OFPBFC_MSG_UNSUP);
}

template <class A>
void describe(A& a, Of<A, BundleAdd>& m, const Dialect& dialect) {
  a.be(m.id);
  a.pad(2);
  a.be(m.flags);
  if constexpr (A::kReading) {
    In rest = a.part(a.remaining());
    // Properties may stand behind the message.
    const Bytes all = rest.rest();
    const std::size_t length = all.count() < 4 ? 0 : load<Be16>(all.data() + 2).host();
    const Bytes message = rest.take(std::min(length == 0 ? all.count() : length, all.count()));
    m.message.assign(message.begin(), message.end());
    check_bundled(a, m, dialect);
  } else {
    a.rest_to(m.message);
  }
}

template <class A>
void describe(A& a, Of<A, RoleStatus>& m, const Dialect&) {
  a.template as<std::uint32_t>(m.role);
  a.be(m.reason);
  a.pad(3);
  std::uint64_t generation = m.generation.value_or(kUnknownCount);
  a.be(generation);
  if constexpr (A::kReading) {
    if (m.role > Role::Secondary) a.fail(OfError::OFPRRFC_BAD_ROLE);
    if (generation != kUnknownCount) m.generation = generation;
    a.take_rest();
  }
}

template <class A>
void describe(A& a, Of<A, IdRequest>& m, const Dialect&) {
  a.be(m.id);
  a.pad(4);
}

template <class A>
void describe(A& a, Of<A, ZoneFlush>& m, const Dialect&) {
  a.zeros(6, OfError::NXBRC_MUST_BE_ZERO);
  a.be(m.zone);
}

}  // namespace ovs::openflow
