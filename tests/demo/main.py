"""./demo's second half: reads the command line, builds the topology, tells the story, cleans up."""
import argparse
import fcntl
import shutil
import signal
import sys
import time
from pathlib import Path

import hyperv_host
import programs
import report
import scenes
import story
from host import NamespaceHost
from shell import Narrator
from stage import Stage
from topology import PLAN, VMS, Topology

# What each host runs where the command line does not say.
DEFAULT_CHOICE = {"hv1": "ours", "hv2": "ours", "kvm1": "debian"}
OUR_HOSTS = ("hv1", "hv2")
DRIVERS = ("sys", "elf", "none")


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(
        prog="./demo",
        allow_abbrev=False,
        description="VMs in namespaces on three hosts talk over VXLAN and GRE.",
        epilog="CHOICE: a comma-separated list of MAKER, PART=MAKER or PROGRAM=MAKER; makers: "
        "ours, debian, built (ours where there is one); parts: database, daemon, tools. A later "
        "item overrules an earlier one. Example: --hv1=debian,database=ours",
    )
    for name, default in DEFAULT_CHOICE.items():
        parser.add_argument(f"--{name}", metavar="CHOICE", help=f"its switch (default: {default})")
    for part in programs.PARTS:
        parser.add_argument(f"--{part}", choices=programs.MAKERS,
                            help=f"the {part} of {' and '.join(OUR_HOSTS)}")
    parser.add_argument("--driver", choices=DRIVERS, default="sys",
                        help=f"{' and '.join(OUR_HOSTS)} are emulated Hyper-V hosts with "
                        "openvswitch.sys (sys, the default), or with the driver as a shared object "
                        "under ASan and UBSan (elf), or Linux hosts (none)")
    parser.add_argument("--keep", action="store_true", help="leave everything running at the end")
    parser.add_argument("--clean", action="store_true", help="only remove what an earlier run left")
    parser.add_argument("--quiet", action="store_true", help="headings and tables only")
    parser.add_argument("--prefix", default="ovsdemo",
                        help="of the namespaces and of the folder under /run")
    return parser.parse_args(arguments)


def choices(options):
    """{host name: {program: maker}}: defaults, then the parts' options, then the host's own."""
    chosen = {}
    for name, default in DEFAULT_CHOICE.items():
        makers = programs.parse_choice(default)
        for said in _said(options, name):
            makers = programs.parse_choice(said, makers)
        chosen[name] = makers
    return chosen


def _said(options, name):
    """What the command line says about the host `name`, in order of growing weight."""
    if name in OUR_HOSTS:
        for part in programs.PARTS:
            if getattr(options, part):
                yield f"{part}={getattr(options, part)}"
    if getattr(options, name):
        yield getattr(options, name)


class Demo:
    """One run: its folder, its namespaces, its hosts."""

    def __init__(self, options, narrator):
        self.options = options
        self.narrator = narrator
        self.folder = Path("/run") / options.prefix
        self.emulated = () if options.driver == "none" else OUR_HOSTS
        self.topology = Topology(options.prefix, self.emulated)

    def clean(self):
        self.topology.destroy()
        shutil.rmtree(self.folder, ignore_errors=True)

    def build(self, makers):
        """The story, ready to be told."""
        self.topology.create()
        hosts = {}
        for plan in PLAN:
            hosts[plan.name] = self._host(plan, makers[plan.name])
            hosts[plan.name].prepare()
        stage = Stage(hosts, self.topology, self.folder, self.narrator)
        return story.Story(stage, scenes.chosen(bool(self.emulated)))

    def _host(self, plan, makers):
        if plan.name in self.emulated:
            driver = hyperv_host.built_driver(self.options.driver)
            return hyperv_host.HypervHost(plan, makers, self.folder / plan.name, self.topology,
                                          self.narrator, driver)
        namespace = self.topology.namespace(plan.name)
        return NamespaceHost(plan, makers, self.folder / plan.name, namespace, self.narrator)

    def explain_keep(self):
        self.narrator.heading("left running; to enter")
        enter = f"ip netns exec {self.options.prefix}-"
        for plan in PLAN:
            self.narrator.say(f"{enter}{plan.name} bash --rcfile {self.folder / plan.name / 'env'}")
        for vm in VMS:
            self.narrator.say(f"{enter}{vm.name} bash    # {vm.ipv4}, {vm.ipv6}")
        again = "" if self.options.prefix == "ovsdemo" else f" --prefix={self.options.prefix}"
        self.narrator.say(f"to end it:  ./demo --clean{again}")


def run(options, narrator):
    makers = choices(options)
    demo = Demo(options, narrator)
    demo.clean()
    if options.clean:
        return 0
    started = time.monotonic()
    try:
        told = demo.build(makers)
        good = story.run(told, options.keep)
        summarise(told, narrator, time.monotonic() - started)
    finally:
        if options.keep:
            demo.explain_keep()
        else:
            demo.clean()
    return 0 if good else 1


def summarise(told, narrator, seconds):
    narrator.heading("every pair of VMs")
    narrator.say(report.render(told.results))
    for failure in told.failures:
        narrator.say(f"FAILED {failure}")
    verdict = "failed" if told.failures else "passed: no ping lost, every TCP cell carries traffic"
    narrator.say(f"\ndemo {verdict} ({seconds:.0f} s)")


def lock_out_others(prefix):
    """The open file that holds the lock: runs with one prefix would remove each other's hosts."""
    lock = open(f"/run/{prefix}.lock", "w", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"waiting for another run with prefix {prefix}", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def main():
    options = parse_arguments(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    lock = lock_out_others(options.prefix)
    try:
        return run(options, Narrator(quiet=options.quiet))
    except (programs.BadChoice, OSError) as error:
        return f"./demo: {error}"
    except KeyboardInterrupt:
        return 1
    finally:
        lock.close()


if __name__ == "__main__":
    sys.exit(main())
