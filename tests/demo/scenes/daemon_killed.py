"""ovs-vswitchd is killed under a stream, and started again: the driver goes on by what it has."""
import json
import re
import time
from dataclasses import dataclass

from shell import finish
from topology import VMS

TITLE = "hv1: ovs-vswitchd is killed under iperf3"
STREAM_S, BEFORE_S, DEAD_S = 9, 2, 3
SECOND = 0.5  # more of it than this
GRACE_S = 10  # for iperf3 to end


@dataclass(frozen=True)
class Counters:
    """What must not rise while nobody answers upcalls."""

    missed: int
    lost: int
    dropped: int

    def __str__(self):
        return f"{self.missed} missed, {self.lost} lost, {self.dropped} dropped"


def play(stage):
    vm, peer = VMS[0], VMS[2]
    shell = stage.hub.shell
    command = f"iperf3 -J -R -t {STREAM_S} -c {peer.ipv4}"
    stream = stage.vm_shell(vm).start(command)
    time.sleep(BEFORE_S)
    shell.show("kill -9 $(cat $OVS_RUNDIR/ovs-vswitchd.pid)", "the switch's daemon is dead")
    at_first = counters_of(shell.must("ovs-dpctl show -s"))
    time.sleep(DEAD_S)
    at_last = counters_of(shell.must("ovs-dpctl show -s"))
    stage.narrator.say(f"{at_first} when it was killed\n{at_last} {DEAD_S} s later\n")
    stage.checks.expect(at_first == at_last,
                        f"without ovs-vswitchd: {at_first}, {DEAD_S} s later {at_last}")
    shell.show("ovs-vswitchd --detach --pidfile --log-file", "it runs again")
    rates = rates_of(finish(stream, STREAM_S + GRACE_S)[1])
    stage.narrator.command(vm.name, command, " ".join(f"{rate / 1e6:.0f}" for rate in rates)
                           + " Mbit/s, second by second\n")
    stage.narrator.shows("and no second is without traffic")
    stage.checks.expect(len(rates) >= STREAM_S and min(rates) > 0,
                        f"a second without traffic when ovs-vswitchd was killed: {rates}")


def counters_of(text):
    """The Counters in what `ovs-dpctl show -s` prints."""
    return Counters(*(sum(int(number) for number in re.findall(rf"{word}:(\d+)", text))
                      for word in ("missed", "lost", "dropped")))


def rates_of(output):
    """What arrived in each second, by iperf3's JSON; the rest of one at the end is left out."""
    try:
        sums = [interval["sum"] for interval in json.loads(output)["intervals"]]
        return [each["bits_per_second"] for each in sums if each["seconds"] > SECOND]
    except (ValueError, KeyError, TypeError):
        return []
