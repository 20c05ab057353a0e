#include "driver/extension/switch_questions.h"

namespace ovs::driver {
namespace {

constexpr std::size_t kFirstRoom = 8 * 1024;
constexpr std::size_t kMaxRoom = 256 << 20;  // 65,536 adapters of 2,224 bytes, and as much again
constexpr int kMaxQuestions = 32;            // of one kind, each with more room

bool wants_room(NDIS_STATUS status) {
  return status == NDIS_STATUS_BUFFER_TOO_SHORT || status == NDIS_STATUS_INVALID_LENGTH ||
         status == NDIS_STATUS_BUFFER_OVERFLOW || status == STATUS_BUFFER_TOO_SMALL;
}

}  // namespace

Result<void> SwitchQuestions::make_room(std::size_t size) {
  if (size <= buffer_.count()) return kOk;
  if (size > kMaxRoom) return Error::NoSpace;
  buffer_ = OwnedArray<std::uint8_t>();
  OVS_TRY(buffer_, try_make_array<std::uint8_t>(size, memory_tag("ovsq")));
  return kOk;
}

template <class Prepare>
Result<Bytes> SwitchQuestions::ask(NDIS_REQUEST_TYPE type, NDIS_OID oid, Prepare&& prepare) {
  OVS_TRY(make_room(kFirstRoom));
  for (int i = 0; i < kMaxQuestions; ++i) {
    const MutableBytes buffer(buffer_.data(), buffer_.count());
    for (std::uint8_t& byte : buffer_) byte = 0;
    prepare(buffer);
    OVS_TRY(const OidAnswer answer, requests_.ask(type, oid, buffer, passive_));
    if (NT_SUCCESS(answer.status)) return Bytes(buffer_.data(), buffer_.count());
    if (!wants_room(answer.status)) return Error::Io;
    // One that does not say how much is given twice as much.
    const bool says = answer.needed > buffer_.count();
    OVS_TRY(make_room(says ? answer.needed : 2 * buffer_.count()));
  }
  return Error::NoSpace;
}

Result<SwitchFacts> SwitchQuestions::ask_switch() {
  OVS_TRY(const Bytes answer,
          ask(NdisRequestQueryInformation, OID_SWITCH_PARAMETERS, [](MutableBytes) {}));
  return parse_switch(answer);
}

Result<FactsArray> SwitchQuestions::ask_ports() {
  OVS_TRY(const Bytes answer,
          ask(NdisRequestQueryInformation, OID_SWITCH_PORT_ARRAY, [](MutableBytes) {}));
  return FactsArray::parse(answer);
}

Result<FactsArray> SwitchQuestions::ask_nics() {
  OVS_TRY(const Bytes answer,
          ask(NdisRequestQueryInformation, OID_SWITCH_NIC_ARRAY, [](MutableBytes) {}));
  return FactsArray::parse(answer);
}

Result<Bytes> SwitchQuestions::ask_property(NDIS_SWITCH_PORT_ID port, INT type) {
  OVS_TRY(const Bytes answer,
          ask(NdisRequestMethod, OID_SWITCH_PORT_PROPERTY_ENUM,
              [&](MutableBytes buffer) { begin_property_query(buffer, port, type); }));
  return parse_property_answer(answer);
}

}  // namespace ovs::driver
