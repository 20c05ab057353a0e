// Commands about TLS (the keys and certificates that ovs-vswitchd uses) and auto attach.
#include "tools/ovs-vsctl/edit.h"

namespace ovs::vsctl {
namespace {

// The row of SSL that Open_vSwitch refers to; none: the zero UUID.
Uuid find_ssl(Context& context) {
  const TableSchema& root = context.table_named("Open_vSwitch");
  const Datum& ssl = context.transaction().read(root, context.model().root(), "ssl");
  return ssl.empty() ? Uuid() : ssl.key(0).uuid();
}

CommandResult<void> run_get_ssl(Context& context) {
  const Uuid row = find_ssl(context);
  if (row.is_zero()) return kOk;
  const TableSchema& table = context.table_named("SSL");
  auto text = [&](const char* column) {
    return text_in(context.transaction().read(table, row, column));
  };
  const Datum& bootstrap = context.transaction().read(table, row, "bootstrap_ca_cert");
  context.output = fmt::format(
      "Private key: {}\nCertificate: {}\nCA Certificate: {}\nBootstrap: {}\n", text("private_key"),
      text("certificate"), text("ca_cert"), !bootstrap.empty() && bootstrap.key(0).boolean());
  return kOk;
}

CommandResult<void> run_del_ssl(Context& context) {
  const Uuid row = find_ssl(context);
  if (row.is_zero()) return kOk;
  context.transaction().erase(context.table_named("SSL"), row);
  context.transaction().write(context.table_named("Open_vSwitch"), context.model().root(), "ssl",
                              Datum::empty(AtomType::Uuid));
  return kOk;
}

CommandResult<void> run_set_ssl(Context& context) {
  OVS_TRY(run_del_ssl(context));
  const TableSchema& table = context.table_named("SSL");
  const Uuid row = context.transaction().insert(table);
  const char* const columns[] = {"private_key", "certificate", "ca_cert"};
  for (std::size_t i = 0; i < 3; ++i) {
    context.transaction().write(table, row, columns[i],
                                Datum::scalar(std::string_view(context.argument(i + 1))));
  }
  context.transaction().write(table, row, "bootstrap_ca_cert",
                              Datum::scalar(context.has("--bootstrap")));
  context.transaction().write(context.table_named("Open_vSwitch"), context.model().root(), "ssl",
                              Datum::scalar(row));
  return kOk;
}

CommandResult<ModelBridge*> find_attaching_bridge(Context& context) {
  OVS_TRY(ModelBridge* const bridge, find_bridge(context, context.argument(1), false));
  if (bridge->parent != nullptr) return fail("{} is not a real bridge", bridge->name);
  return bridge;
}

// The row of AutoAttach of a bridge; none: the zero UUID.
Uuid find_auto_attach(Context& context, const ModelBridge& bridge) {
  const TableSchema& bridges = context.table_named("Bridge");
  const Datum& row = context.transaction().read(bridges, bridge.row, "auto_attach");
  return row.empty() ? Uuid() : row.key(0).uuid();
}

CommandResult<Datum> parse_mapping(Context& context) {
  std::int64_t isid = 0, vlan = 0;
  if (!parse_decimal(context.argument(2), isid)) {
    return fail("invalid isid value {}", context.argument(2));
  }
  if (!parse_decimal(context.argument(3), vlan)) {
    return fail("invalid vlan value {}", context.argument(3));
  }
  ovsdb::DatumBuilder mapping(AtomType::Integer, AtomType::Integer);
  mapping.add(Atom(isid), Atom(vlan));
  return mapping.build();
}

CommandResult<void> run_add_aa_mapping(Context& context) {
  OVS_TRY(const Datum mapping, parse_mapping(context));
  OVS_TRY(const ModelBridge* const bridge, find_attaching_bridge(context));
  const TableSchema& table = context.table_named("AutoAttach");
  Uuid row = find_auto_attach(context, *bridge);
  if (row.is_zero()) {
    row = context.transaction().insert(table);
    context.transaction().write(context.table_named("Bridge"), bridge->row, "auto_attach",
                                Datum::scalar(row));
  }
  const Datum now = context.transaction().read(table, row, "mappings");
  context.transaction().write(table, row, "mappings", ovsdb::datum_union(now, mapping));
  return kOk;
}

CommandResult<void> run_del_aa_mapping(Context& context) {
  OVS_TRY(const Datum mapping, parse_mapping(context));
  OVS_TRY(const ModelBridge* const bridge, find_attaching_bridge(context));
  const Uuid row = find_auto_attach(context, *bridge);
  if (row.is_zero()) return kOk;
  const TableSchema& table = context.table_named("AutoAttach");
  const Datum now = context.transaction().read(table, row, "mappings");
  context.transaction().write(table, row, "mappings", ovsdb::datum_subtract(now, mapping));
  return kOk;
}

CommandResult<void> run_get_aa_mapping(Context& context) {
  OVS_TRY(const ModelBridge* const bridge, find_attaching_bridge(context));
  const Uuid row = find_auto_attach(context, *bridge);
  if (row.is_zero()) return kOk;
  const Datum& mappings =
      context.transaction().read(context.table_named("AutoAttach"), row, "mappings");
  for (std::size_t i = 0; i < mappings.count(); ++i) {
    context.output +=
        fmt::format("{} {}\n", mappings.key(i).integer(), mappings.value(i).integer());
  }
  return kOk;
}

constexpr Command kCommands[] = {
    {"get-ssl", 0, 0, "", "", run_get_ssl},
    {"del-ssl", 0, 0, "", "", run_del_ssl},
    {"set-ssl", 3, 3, "PRIVATE-KEY CERTIFICATE CA-CERT", "--bootstrap", run_set_ssl},
    {"add-aa-mapping", 3, 3, "BRIDGE ARG ARG", "", run_add_aa_mapping},
    {"del-aa-mapping", 3, 3, "BRIDGE ARG ARG", "", run_del_aa_mapping},
    {"get-aa-mapping", 1, 1, "BRIDGE", "", run_get_aa_mapping},
};

}  // namespace

std::span<const Command> service_commands() {
  return kCommands;
}

}  // namespace ovs::vsctl
