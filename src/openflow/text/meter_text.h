// Meters as people write them: "meter=1 kbps burst bands=type=drop rate=1000 burst_size=50".
#pragma once
#include <string_view>

#include "openflow/text/flow_text.h"

namespace ovs::openflow {

Result<MeterMod, flow::TextError> parse_meter_mod(std::string_view text, MeterCommand command);
// "meter=1", "meter=all": what asks about meters.
Result<std::uint32_t, flow::TextError> parse_meter_request(std::string_view text);

}  // namespace ovs::openflow
