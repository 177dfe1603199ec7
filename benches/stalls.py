#!/usr/bin/env python3
"""Prints time and peak memory of runs whose endpoints all stall: chrt -r 5 unshare -n benches/stalls.py PROGRAM [STATUS].

Each endpoint has an address of its own in 127.0.0.0/8, answers HEAD, and GET with STATUS (503) and 64 KiB of a body that
never ends. The runs are in a network namespace of their own; real-time priority keeps other work out of the times.
"""

import os
import selectors
import socket
import subprocess
import sys
import tempfile
import time

HEAD = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
GET = b"HTTP/1.1 %s X\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 65536
PORT = 8777


def serve(status):
    listener = socket.create_server(("0.0.0.0", PORT), backlog=8192)
    listener.setblocking(False)
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ, None)
    while True:
        for key, _ in selector.select():
            if key.data is None:
                connection, _ = listener.accept()
                connection.setblocking(False)
                selector.register(connection, selectors.EVENT_READ, bytearray())
                continue
            connection, pending = key.fileobj, key.data
            try:
                request = b"" if pending else connection.recv(65536)
                pending += HEAD if request.startswith(b"HEAD") else GET % status if request else b""
                is_over = not pending or request.startswith(b"HEAD")
                del pending[: connection.send(pending)]
                selector.modify(connection, selectors.EVENT_WRITE if pending else selectors.EVENT_READ, pending)
            except OSError:
                is_over = True
            if is_over:
                selector.unregister(connection)
                connection.close()


def measure(program, number, output):
    """The wall-clock time in seconds and the peak memory in MiB of one run."""
    with tempfile.NamedTemporaryFile("w") as endpoints, tempfile.NamedTemporaryFile("w") as token:
        lines = (f"127.{1 + i // 62500}.{i // 250 % 250}.{1 + i % 250}\n" for i in range(number))
        endpoints.writelines(lines)
        token.write("gAAAAABtoken-0123456789abcdefghijklmnopqrstuvwxyz\n")
        endpoints.flush()
        token.flush()
        words = ["--endpoints", endpoints.name, "--token-file", token.name, "-vvv", "-t", "2", "-o", output]
        null = (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)
        began = time.monotonic()
        pid = os.posix_spawn(program, [program, *words], os.environ, file_actions=[null])
        usage = os.wait4(pid, 0)[2]
        return time.monotonic() - began, usage.ru_maxrss / 1024


def main():
    program = os.path.abspath(sys.argv[1])
    status = (sys.argv[2] if len(sys.argv) > 2 else "503").encode()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["sysctl", "-qw", "net.core.somaxconn=16384", "net.ipv4.tcp_max_syn_backlog=16384"], check=True)
    server = os.fork()
    if server == 0:
        serve(status)
    time.sleep(0.5)
    print("| endpoints | nagios | human | json | peak memory |\n|--:|--:|--:|--:|--:|")
    for number in [1, 100, 300, 2000, 20000]:
        runs = [measure(program, number, output) for output in ["nagios", "human", "json"]]
        times = " | ".join(f"{elapsed:.2f} s" for elapsed, _ in runs)
        print(f"| {number:,} | {times} | {max(peak for _, peak in runs):.0f} MiB |", flush=True)
    os.kill(server, 9)


main()
