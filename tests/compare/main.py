#!/usr/bin/env python3
"""Runs commands.txt on switches made of different makers' programs and compares what they print.

    main.py                    the reference against itself: shows that the rules are enough
    main.py --daemons=ours     Debian's tools against our daemons, compared with their own
    main.py --tools=ours       our tools against Debian's daemons

A choice is as in ./demo: MAKER, PART=MAKER or PROGRAM=MAKER, comma-separated. Needs no root.
"""
import argparse
import difflib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "demo"))
import programs  # noqa: E402  beside the demo, which chooses programs in the same way
from normalise import describe, normalise  # noqa: E402

SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
COMMAND_TIMEOUT_S = 15
START = (
    "ovsdb-tool create $OVS_DBDIR/conf.db $SCHEMA",
    "ovsdb-server --detach --no-chdir --pidfile --log-file --remote=punix:$OVS_RUNDIR/db.sock",
    "ovs-vsctl --no-wait init",
    "ovs-vswitchd --enable-dummy=override --disable-system --disable-system-route "
    "--detach --no-chdir --pidfile --log-file",
    "ovs-appctl time/stop",
)
STOP = "kill $(cat $OVS_RUNDIR/*.pid)"


class Switch:
    """One run: a folder, its programs, its daemons."""

    def __init__(self, makers, folder):
        self.folder = folder
        programs.link_all(makers, folder / "bin")
        places = ("OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR")
        self.environment = {
            **os.environ,
            **{place: str(folder) for place in places},
            "SCHEMA": SCHEMA,
            "OVS_CTL_TIMEOUT": "10",
            "OVS_SYSLOG_METHOD": "null",
            "PATH": f"{folder / 'bin'}:/usr/sbin:/usr/bin:/sbin:/bin",
        }

    def start(self):
        for command in START:
            status, output = self.run(command)
            if status != 0:
                sys.exit(f"compare: {command}: exit status {status}\n{output}")

    def stop(self):
        self.run(STOP)

    def run(self, command):
        """(exit status, output)."""
        process = subprocess.Popen(
            ["bash", "-c", command], env=self.environment, cwd=self.folder, errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            output, _ = process.communicate(timeout=COMMAND_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            output = process.communicate()[0] + "(took too long)\n"
        return process.returncode, output


def read_commands(path):
    """[(passage, command)]."""
    passage, commands = "", []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            passage = line[3:]
        elif line and not line.startswith("#"):
            commands.append((passage, line))
    return commands


def outputs(makers, commands):
    """What each command printed, with its exit status as a last line."""
    with tempfile.TemporaryDirectory(prefix="compare.") as folder:
        switch = Switch(makers, Path(folder))
        try:
            switch.start()
            return [normalised(switch, command) for _, command in commands]
        finally:
            switch.stop()


def normalised(switch, command):
    status, output = switch.run(command)
    return [*normalise(command, output), f"exit status {status}"]


def differences(commands, expected, actual):
    """{command: diff} of those that differ."""
    return {
        command: "\n".join(difflib.unified_diff(one, other, "reference", "compared", "", "", 1, ""))
        for (_, command), one, other in zip(commands, expected, actual)
        if one != other
    }


def read_known(path, sides):
    """{command: reason} of the differences that are known on these sides."""
    known = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        side, rest = line.split(" | ", 1)
        command, reason = rest.rsplit(" | ", 1)
        if side in sides:
            known[command] = reason
    return known


def judge(judged, found, known):
    """Prints what is new, what is known and what is known no more; the number of failures."""
    failed = 0
    for command in judged:
        if command in found and command not in known:
            failed += 1
            print(f"$ {command}\n{found[command]}\n")
        elif command in found:
            print(f"known to differ: {command} ({known[command]})")
        elif command in known:
            print(f"no longer differs, so known_differences.txt need not say so: {command}")
    return failed


def show(commands, printed):
    for (_, command), lines in zip(commands, printed):
        print("\n".join([f"$ {command}", *lines, ""]))


def parse_arguments(arguments=None):
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    parser.add_argument("--reference", default="debian", help="whose programs say what is right")
    parser.add_argument("--daemons", default="debian", help="choice for ovsdb-server and ovs-vswitchd")
    parser.add_argument("--tools", default="debian", help="choice for the tools")
    parser.add_argument("--only", default="", help="only passages whose name holds this")
    parser.add_argument("--show", action="store_true", help="print the reference's output as well")
    parser.add_argument("--rules", action="store_true", help="list what the normalisation excuses")
    return parser.parse_args(arguments)


def compared_makers(options):
    """The tools' choice for tools, the daemons' for daemons."""
    tools, daemons = programs.parse_choice(options.tools), programs.parse_choice(options.daemons)
    return {**daemons, **{name: tools[name] for name in programs.PARTS["tools"]}}


def main():
    options = parse_arguments()
    if options.rules:
        print("\n".join(describe()))
        return 0
    commands = read_commands(HERE / "commands.txt")
    expected = outputs(programs.parse_choice(options.reference), commands)
    actual = outputs(compared_makers(options), commands)
    found = differences(commands, expected, actual)
    if options.show:
        show(commands, expected)
    judged = [command for passage, command in commands if options.only in passage]
    sides = {side for side in ("daemons", "tools") if getattr(options, side) != "debian"}
    failed = judge(judged, found, read_known(HERE / "known_differences.txt", sides))
    print(f"{len(judged) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except programs.BadChoice as error:
        sys.exit(f"compare: {error}")
