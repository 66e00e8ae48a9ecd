#!/usr/bin/env python3
"""Runs the game lobby: a gateway, example_match beside it, and three players.

    run_match.py PATH/TO/rollcall PATH/TO/example_match

The players come by HTTP, as things without a socket do; browsers that join the
topic "lobby" with phoenix.js are the same to the game.
"""
import json
import subprocess
import sys
import time
import urllib.request


def call(method, path, **body):
    request = urllib.request.Request(f"http://{http}{path}", method=method,
                                     data=json.dumps(body).encode() if body else None)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def come(name):
    return call("POST", "/api/topics/lobby/presences", key=name, ttl="10min")["lease"]


def tables():
    return {p["key"]: sorted(p["meta"].values())
            for p in call("GET", "/api/topics/tables")["presences"]}


def wait_for(expected):
    for _ in range(600):
        if tables() == expected:
            return print("tables:", expected)
        time.sleep(0.1)
    sys.exit(f"the tables are {tables()}, and not {expected}")


rollcall, match = sys.argv[1:]
gateway = subprocess.Popen([rollcall, "gateway", "--name", "web", "--log-level", "error"],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
ready = json.loads(gateway.stdout.readline())
http = ready["http"]
game = subprocess.Popen([match, ready["listen"]], stdin=subprocess.PIPE)
try:
    ada = come("ada")
    bob = come("bob")
    wait_for({"table-1": ["ada", "bob"]})
    come("eve")
    call("DELETE", f"/api/leases/{ada}")
    wait_for({"table-2": ["bob", "eve"]})
    game.stdin.close()
    game.wait(60)
    wait_for({})
finally:
    for process in (game, gateway):
        process.stdin.close()
        process.wait(60)
sys.exit(game.returncode)
