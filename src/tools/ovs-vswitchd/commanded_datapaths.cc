#include "tools/ovs-vswitchd/commanded_datapaths.h"

#include <fmt/format.h>

namespace ovs::vswitchd {

using vswitch::Dpif;
using vswitch::DpifError;
using vswitch::DpifResult;

std::vector<Dpif*> CommandedDatapaths::all() {
  std::vector<Dpif*> all;
  for (const std::string& type : datapaths_.types()) {
    if (vswitch::Backer* backer = switches_.find_datapath(type); backer != nullptr) {
      all.push_back(&switches_.dpif(*backer));
    }
  }
  for (Dpif* dpif : datapaths_.created()) all.push_back(dpif);
  return all;
}

std::vector<Dpif*> CommandedDatapaths::in_process() {
  std::vector<Dpif*> these = all();
  std::erase_if(these, [this](Dpif* dpif) { return datapaths_.is_behind_device(dpif->type()); });
  return these;
}

DpifResult<std::vector<std::string>> CommandedDatapaths::names() {
  std::vector<std::string> names;
  for (const Dpif* dpif : all()) names.push_back(dpif->full_name());
  return names;
}

DpifResult<Dpif*> CommandedDatapaths::open(const std::string& type, const std::string& name) {
  for (Dpif* dpif : all()) {
    if (dpif->type() == type && dpif->name() == name) return dpif;
  }
  return DpifError{Error::NotFound, "no such datapath"};
}

DpifResult<Dpif*> CommandedDatapaths::create(const std::string& type, const std::string& name) {
  if (open(type, name)) return DpifError{Error::Exists, "the datapath exists"};
  return datapaths_.create(type, name);
}

DpifResult<void> CommandedDatapaths::destroy(const std::string& type, const std::string& name) {
  return datapaths_.destroy(type, name);
}

DpifResult<std::string> CommandedDatapaths::sync_routes(Dpif& dpif) {
  return fmt::format("{}: the daemon keeps routes, addresses and neighbours up to date by itself\n",
                     dpif.full_name());
}

}  // namespace ovs::vswitchd
