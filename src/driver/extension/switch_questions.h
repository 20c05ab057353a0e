// What a module asks its switch by itself: what it is, which ports and adapters there are, which
// properties a port has. Answers may outgrow the room that was there for them; then the question is
// asked again. PASSIVE_LEVEL.
#pragma once
#include "driver/extension/oid_requests.h"
#include "driver/extension/port_properties.h"

namespace ovs::driver {

class SwitchQuestions {
 public:
  SwitchQuestions(OidRequests& requests, Passive passive)
      : requests_(requests), passive_(passive) {}
  SwitchQuestions(const SwitchQuestions&) = delete;

  // Errors of all: NoMemory; Io: refused; NoSpace: it grew again and again; and as the parsers have
  // them. What they answer lies in this object's buffer: until the next question.
  Result<SwitchFacts> ask_switch();
  Result<FactsArray> ask_ports();  // only once the switch is active
  Result<FactsArray> ask_nics();   // likewise
  // Under a reference to the port. Empty: it has none of this type.
  Result<Bytes> ask_property(NDIS_SWITCH_PORT_ID port, INT type);

 private:
  template <class Prepare>
  Result<Bytes> ask(NDIS_REQUEST_TYPE type, NDIS_OID oid, Prepare&& prepare);
  Result<void> make_room(std::size_t size);

  OidRequests& requests_;
  Passive passive_;
  OwnedArray<std::uint8_t> buffer_;
};

}  // namespace ovs::driver
