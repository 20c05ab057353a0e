"""A host of the demo: a network namespace in which a chosen switch runs. The story drives it.

A host of another kind is another class with the same members: plan, description, shell, prepare,
start, add_bridges, add_tunnel, remove_tunnel, tunnel_name, stop, log_complaints.
"""
import shutil

import programs
from shell import Shell
from topology import UNDERLAY_MTU

FOLDERS = ("run", "log", "db")
DEBIAN_DATA = "/usr/share/openvswitch"


class NamespaceHost:
    """Open vSwitch with datapath_type=netdev in a namespace, folders and daemons its own."""

    def __init__(self, plan, makers, folder, namespace, narrator):
        self.plan = plan
        self.makers = makers
        self.folder = folder
        self.narrator = narrator
        self.shell = Shell(plan.name, namespace, self._environment(), narrator)

    @property
    def description(self):
        return f"a Linux host, netdev datapath, programs: {programs.describe(self.makers)}"

    def _environment(self):
        return {
            "OVS_RUNDIR": str(self.folder / "run"),
            "OVS_LOGDIR": str(self.folder / "log"),
            "OVS_DBDIR": str(self.folder / "db"),
            "OVS_SYSCONFDIR": str(self.folder / "db"),
            "OVS_PKGDATADIR": str(self.folder / "share"),
            "OVS_SYSLOG_METHOD": "null",
            "PATH": f"{self.folder / 'bin'}:/usr/sbin:/usr/bin:/sbin:/bin",
            "PS1": f"{self.plan.name}# ",
        }

    def prepare(self):
        """Makes folders, links to the chosen programs, and the file by which people enter."""
        for name in FOLDERS:
            (self.folder / name).mkdir(parents=True)
        shutil.copytree(DEBIAN_DATA, self.folder / "share")
        programs.link_all(self.makers, self.folder / "bin")
        lines = [f"export {name}='{value}'\n" for name, value in self._environment().items()]
        (self.folder / "env").write_text("".join(lines), encoding="utf-8")

    def start(self):
        show = self.shell.show
        show("ovsdb-tool create $OVS_DBDIR/conf.db $OVS_PKGDATADIR/vswitch.ovsschema",
             "an empty configuration database, with Open vSwitch's schema, is in a file")
        show("ovsdb-server --detach --pidfile --log-file --remote=punix:db.sock",
             "a server answers for the database on a socket")
        show("ovs-vsctl --no-wait init", "the database holds its one root row")
        show("ovs-vswitchd --detach --pidfile --log-file",
             "the switch runs and follows the database")

    def add_bridges(self):
        self._add_external_bridge()
        show = self.shell.show
        show("ovs-vsctl add-br br-int -- set bridge br-int datapath_type=netdev",
             "the bridge of the VMs exists")
        for vm in self.plan.vms:
            show(f"ovs-vsctl add-port br-int {vm.name}", f"{vm.name}'s NIC is a port of br-int")
        show("ovs-vsctl show", f"{self.plan.name}'s configuration, as the database holds it")

    def _add_external_bridge(self):
        show = self.shell.show
        show("ovs-vsctl add-br br-ex -- set bridge br-ex datapath_type=netdev "
             f"-- set interface br-ex mtu_request={UNDERLAY_MTU} -- add-port br-ex eth0",
             "the physical NIC is a port of br-ex, in user space")
        show(f"ip address add {self.plan.underlay_ip}/24 dev br-ex && ip link set br-ex up",
             "the bridge's local port owns the host's underlay address")
        show("echo 1 > /proc/sys/net/ipv4/conf/eth0/rp_filter",
             "the kernel, which sees the NIC's frames too, leaves what is for br-ex to br-ex")

    def add_tunnel(self, kind, peer, options):
        name = self.tunnel_name(kind, peer)
        self.shell.show(
            f"ovs-vsctl add-port br-int {name} -- set interface {name} "
            f"type={kind} options:remote_ip={peer.underlay_ip} {options}",
            f"a {kind.upper()} tunnel leads to {peer.name}")

    def remove_tunnel(self, kind, peer):
        self.shell.show(f"ovs-vsctl del-port br-int {self.tunnel_name(kind, peer)}",
                        f"the tunnel to {peer.name} is gone")

    @staticmethod
    def tunnel_name(kind, peer):
        return f"{kind}-{peer.name}"

    def stop(self):
        """Nothing to look at: its daemons end with its namespace."""

    def log_complaints(self):
        """Lines at WARN and above of every log of this host."""
        return [
            f"{self.plan.name}: {line.strip()}"
            for path in sorted((self.folder / "log").glob("*.log"))
            for line in path.read_text(errors="replace").splitlines()
            if any(level in line for level in ("|WARN|", "|ERR|", "|EMER|"))
        ]
