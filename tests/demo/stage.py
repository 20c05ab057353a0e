"""What a scene of the demo has at hand: the hosts, the VMs' shells, the underlay, the checks."""
from checks import Checks
from shell import Shell
from topology import HUB


class Stage:
    """Needs a topology that stands and hosts that are prepared."""

    def __init__(self, hosts, topology, folder, narrator):
        self.hosts = hosts
        self.topology = topology
        self.folder = folder
        self.narrator = narrator
        self.hub = hosts[HUB.name]
        self.underlay = self._shell("underlay")
        self.checks = Checks(narrator)
        self._vm_shells = {}

    def vm_shell(self, vm):
        return self._vm_shells.setdefault(vm, self._shell(vm.name))

    def ping(self, vm, peer, shows):
        self.checks.expect_ping(self.vm_shell(vm), peer.ipv4, shows)

    def ping_soon(self, vm, peer, shows):
        self.checks.expect_ping_soon(self.vm_shell(vm), peer.ipv4, shows)

    def silence(self, vm, peer, shows):
        self.checks.expect_silence(self.vm_shell(vm), peer.ipv4, shows)

    def _shell(self, machine):
        return Shell(machine, self.topology.namespace(machine), {}, self.narrator)
