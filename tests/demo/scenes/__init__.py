"""The scenes of the demo beside its main job: each a module with a TITLE and play(stage).

All of them need emulated Hyper-V hosts.
"""
from dataclasses import dataclass
from types import SimpleNamespace

from scenes import (daemon_killed, extension_off, internal_switch, replug, second_switch,
                    single_bridge, unconfigured_switch)


@dataclass(frozen=True)
class Programme:
    """What is played while the VXLAN tunnels stand, and what after all else."""

    over_vxlan: tuple
    at_the_end: tuple


# The last takes the two bridges down. The VMs of one may be those of the one before.
HYPERV = Programme(
    over_vxlan=(daemon_killed,),
    at_the_end=(second_switch, replug, extension_off, internal_switch, unconfigured_switch,
                single_bridge),
)


def chosen(is_hyperv):
    """The Programme for emulated Hyper-V hosts; for Linux hosts one that says what is left out."""
    if is_hyperv:
        return HYPERV
    return Programme(*(tuple(map(_left_out, part)) for part in (HYPERV.over_vxlan,
                                                                HYPERV.at_the_end)))


def _left_out(scene):
    def play(stage):
        stage.narrator.say("skipped: needs an emulated Hyper-V host (--driver=sys or elf)")
    return SimpleNamespace(TITLE=scene.TITLE, play=play)
