"""Runs commands where the name service is silent: a socket that nobody reads.

Started in a network and a mount namespace of its own. Each argument is a command; all run at the same time, and
each prints its seconds, its exit code and its first line.
"""
import fcntl
import os
import shlex
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
# SIOCSIFFLAGS, IFF_UP | IFF_RUNNING: a new network namespace has its loopback down.
fcntl.ioctl(silent, 0x8914, struct.pack("16sh14x", b"lo", 0x41))
silent.bind(("127.0.0.1", 53))
directory = tempfile.mkdtemp()
for name, text in (("resolv.conf", "nameserver 127.0.0.1\n"), ("nsswitch.conf", "hosts: dns\n")):
    path = os.path.join(directory, name)
    with open(path, "w") as file:
        file.write(text)
    subprocess.run(["mount", "--bind", path, "/etc/" + name], check=True)


def run(command):
    started = time.monotonic()
    done = subprocess.run(shlex.split(command), capture_output=True, text=True)
    elapsed = time.monotonic() - started
    print(f"{elapsed:.3f} {done.returncode} {(done.stdout + done.stderr).splitlines()[0]}", flush=True)


threads = [threading.Thread(target=run, args=[command]) for command in sys.argv[1:]]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
