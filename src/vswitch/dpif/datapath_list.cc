#include "vswitch/dpif/datapath_list.h"

#include "vswitch/dpif/channel.h"

namespace ovs::vswitch {

using wire::DatapathAttr;
using wire::DatapathCommand;
using wire::Family;

DpifResult<std::vector<std::string>> list_datapaths(platform::Device& device) {
  OVS_TRY(const auto channel, Channel::open(device));
  std::vector<std::string> names;
  NetlinkRequest request(Family::Datapath, DatapathCommand::Find, wire::kFlagDump);
  OVS_TRY(channel->dump(request, [&](const wire::MessageView& message) {
    const auto table = wire::AttributeTable<wire::kMaxDatapathAttr>::parse(message.payload);
    if (!table || !table->has(DatapathAttr::Name)) return;
    const auto name = (*table)[DatapathAttr::Name]->string();
    if (name) names.push_back(std::string(*name));
  }));
  return names;
}

DpifResult<void> create_datapath(platform::Device& device, const std::string& name) {
  OVS_TRY(const auto channel, Channel::open(device));
  NetlinkRequest request(Family::Datapath, DatapathCommand::New);
  request.writer().put_string(DatapathAttr::Name, name);
  request.writer().put_u32(DatapathAttr::UpcallPid, 0);
  return channel->transact(request);
}

DpifResult<void> delete_datapath(platform::Device& device, const std::string& name) {
  OVS_TRY(const auto channel, Channel::open(device));
  NetlinkRequest request(Family::Datapath, DatapathCommand::Del);
  request.writer().put_string(DatapathAttr::Name, name);
  return channel->transact(request);
}

}  // namespace ovs::vswitch
