#!/usr/bin/env python3
"""Drives `rollcall node` from a script: no C++, no CAF, JSON Lines only.

    drive_node.py PATH/TO/rollcall

Two nodes; the first tracks this script's own child, a process of the operating
system, and the second is told that it came and that it ended.
"""
import json
import subprocess
import sys


class Node:
    """A `rollcall node`: commands in, answers and events out."""

    def __init__(self, program, name, *options):
        self.process = subprocess.Popen(
            [program, "node", "--name", name, "--log-level", "error", *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.events = []
        self.next_id = 0
        self.listen = self.wait_for(lambda e: e["event"] == "ready")["listen"]

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the node has ended")
        return json.loads(line)

    def call(self, op, **members):
        """One command; events that come before its answer are kept."""
        self.next_id += 1
        command = {"op": op, "id": self.next_id, **members}
        print(json.dumps(command), file=self.process.stdin)
        while True:
            line = self.read()
            if line.get("id") == self.next_id:
                break
            self.events.append(line)
        if "error" in line:
            raise RuntimeError(f"{op}: {line['error']}: {line['message']}")
        return line

    def wait_for(self, wanted):
        """The next event that is wanted."""
        while True:
            event = self.events.pop(0) if self.events else self.read()
            if "event" in event and wanted(event):
                return event

    def quit(self):
        self.process.stdin.close()  # the end of input ends the node
        for _ in self.process.stdout:
            pass
        return self.process.wait()


def main():
    program = sys.argv[1]
    a = Node(program, "a")
    b = Node(program, "b", "--seed", a.listen)
    b.call("subscribe", topic="jobs")

    with subprocess.Popen(["sleep", "60"]) as job:
        ref = a.call("track", process=job.pid, topic="jobs", key="backup",
                     meta={"host": "a"})["ref"]
        print("tracked", ref)
        diff = b.wait_for(lambda e: e["event"] == "diff" and e["joins"])
        print("b sees", diff["joins"][0]["key"], diff["joins"][0]["meta"])
        job.kill()  # nobody untracks it: its end is the leave
    diff = b.wait_for(lambda e: e["event"] == "diff" and e["leaves"])
    print("b sees it leave:", diff["leaves"][0]["key"])
    return a.quit() or b.quit()


if __name__ == "__main__":
    sys.exit(main())
