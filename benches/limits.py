#!/usr/bin/env python3
"""Prints the exit codes under small limits (ulimit) as a Markdown table: benches/limits.py PROGRAM.

Needs root for the limit on processes, which does not hold for root: these rows run as a user without other processes.
"""

import os
import selectors
import socket
import subprocess
import sys
import tempfile
import threading

ANSWERS = {
    b"HEAD": b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
    b"GET ": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
}
LIMITS = {
    "-v": [4000, 8000, 12000, 20000, 40000, 60000, 80000, 200000],
    "-d": [500, 2000, 5000, 20000],
    "-s": [8, 16, 64, 256],
    "-n": [4, 5, 8, 64],
    "-u": [1, 2, 10],
    "-u 1 -v": [8000, 40000],
    "-f": [0, 1],
    "-l": [0, 64],
}
UNUSED_USER = "64321"


def serve(listener):
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                connection, _ = listener.accept()
                selector.register(connection, selectors.EVENT_READ)
                continue
            request = key.fileobj.recv(65536)
            key.fileobj.sendall(ANSWERS.get(request[:4], b""))
            selector.unregister(key.fileobj)
            key.fileobj.close()


def run(program, limit, words):
    """The exit code of a run, and whether it printed a plugin line."""
    command = [program, "-o", "nagios", *words]
    if limit.startswith("-u"):
        user = ["setpriv", f"--reuid={UNUSED_USER}", f"--regid={UNUSED_USER}", "--clear-groups"]
        processes, *memory = limit.removeprefix("-u ").split(" -v ")
        memory = [f"--as={int(size) * 1024}" for size in memory]
        command = user + ["prlimit", f"--nproc={processes}", *memory] + command
    else:
        command = ["bash", "-c", f'ulimit {limit}; exec "$@"', "bash"] + command
    with tempfile.TemporaryFile() as output:
        code = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.DEVNULL).returncode
        output.seek(0)
        line = output.read(64)
    if code < 0:
        return f"signal {-code}"
    if code == 127:
        return "the loader fails"
    return str(code) if line.startswith(b"CEILOMETER ") else f"{code}, no line"


def main():
    program = os.path.abspath(sys.argv[1])
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    threading.Thread(target=serve, args=[listener], daemon=True).start()
    address = f"127.0.0.1:{listener.getsockname()[1]}"
    with tempfile.NamedTemporaryFile("w") as endpoints:
        endpoints.write("".join(f"{address}/p{number}\n" for number in range(3000)))
        endpoints.flush()
        os.chmod(endpoints.name, 0o644)
        cases = [
            [address],
            [address, "--max-output", "100000000000"],
            ["--endpoints", endpoints.name, "--parallel", "20000", "-t", "60"],
            [f"https://{address}", "-k"],
            ["--simulate", "backend-down"],
        ]
        print("| limit | healthy | `--max-output` | 3,000 | `https` | simulated |\n|---|---|---|---|---|---|")
        for kind, sizes in LIMITS.items():
            for size in sizes:
                limit = f"{kind} {size}"
                codes = [run(program, limit, words) for words in cases]
                print(f"| `{limit}` | {' | '.join(codes)} |", flush=True)


main()
