"""Commands run in one network namespace, printed as a person would type them.

Knows nothing of what they mean.
"""
import os
import subprocess
import sys


class CommandFailed(Exception):
    """A command that ended with a status it should not have; the text holds command and output."""


class Narrator:
    """Writes the demo's text. Quiet: nothing but headings and the final table."""

    def __init__(self, out=sys.stdout, quiet=False):
        self.out = out
        self.quiet = quiet

    def heading(self, text):
        self._write(f"\n=== {text} ===\n")

    def say(self, text):
        self._write(text)

    def command(self, prompt, command, output):
        if not self.quiet:
            self._write(f"{prompt}# {command}\n{output}".rstrip())

    def shows(self, text):
        if not self.quiet:
            self._write(f"   -> {text}\n")

    def _write(self, text):
        print(text, file=self.out, flush=True)


def finish(process, timeout_s):
    """(exit status, output) of a process that was started, and is killed if it takes too long."""
    try:
        output, _ = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        output = process.communicate()[0] + f"(killed after {timeout_s} s)\n"
    return process.returncode, output


class Shell:
    """One machine's command line: a namespace, an environment, a prompt."""

    def __init__(self, prompt, namespace, environment, narrator):
        self.prompt = prompt
        self.namespace = namespace
        self.environment = {**os.environ, **environment}
        self.narrator = narrator

    def start(self, command):
        """The running process of `command`, with its output in pipes."""
        return subprocess.Popen(
            ["ip", "netns", "exec", self.namespace, "bash", "-c", command],
            env=self.environment,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def run(self, command, timeout_s=30):
        """(exit status, output) of `command`; one that takes too long is killed, and has failed."""
        return finish(self.start(command), timeout_s)

    def must(self, command, timeout_s=30):
        """The output of a command that must succeed; not shown."""
        status, output = self.run(command, timeout_s)
        if status != 0:
            raise CommandFailed(f"{self.prompt}# {command}\n{output}exit status {status}")
        return output

    def show(self, command, shows=None):
        """Runs, prints and explains a command that must succeed."""
        status, output = self.show_any(command, shows if shows else None)
        if status != 0:
            raise CommandFailed(f"{self.prompt}# {command}: exit status {status}")
        return output

    def show_any(self, command, shows=None):
        """The same for a command that may fail; (exit status, output)."""
        status, output = self.run(command)
        self.narrator.command(self.prompt, command, output)
        if shows:
            self.narrator.shows(shows)
        return status, output
