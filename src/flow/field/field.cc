#include "flow/field/field.h"

namespace ovs::flow {

const Field* find_field(Text name) {
  for (const Field& row : kFieldRows) {
    if (row.name == name || (!row.alias.empty() && row.alias == name)) return &row;
  }
  return nullptr;
}

const Field* find_field(const OxmId& id) {
  if (!id.present) return nullptr;
  for (const Field& row : kFieldRows) {
    if (row.nxm == id || row.oxm == id) return &row;
  }
  return nullptr;
}

}  // namespace ovs::flow
