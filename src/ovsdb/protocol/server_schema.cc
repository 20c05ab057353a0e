// See server_schema.h. Clients look for these names and this version (ovsdb-server(5)).
#include "ovsdb/protocol/server_schema.h"

#include "base/core/assert.h"
#include "wire/json/parse.h"

namespace ovs::ovsdb {

Schema server_schema() {
  constexpr std::string_view kText = R"({"name":"_Server","version":"1.2.0",
    "cksum":"3009684573 744","tables":{"Database":{"columns":{
      "name":{"type":"string"},
      "model":{"type":{"key":{"type":"string",
                              "enum":["set",["standalone","clustered","relay"]]}}},
      "connected":{"type":"boolean"},
      "leader":{"type":"boolean"},
      "schema":{"type":{"key":"string","min":0}},
      "cid":{"type":{"key":"uuid","min":0}},
      "sid":{"type":{"key":"uuid","min":0}},
      "index":{"type":{"key":"integer","min":0}}},"isRoot":true}}})";
  auto json = wire::parse_json(kText);
  OVS_ASSERT(json.ok());
  auto schema = Schema::parse(*json);
  OVS_ASSERT(schema.ok());
  return std::move(*schema);
}

}  // namespace ovs::ovsdb
