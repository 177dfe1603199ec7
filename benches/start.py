#!/usr/bin/env python3
"""Prints start.functions, the list of what a run of one endpoint executes, which build.rs puts together.

    benches/start.py > new && mv new benches/start.functions

It builds the program with its symbols, and runs it in callgrind (Debian's `valgrind`). A path of modules is listed as a whole
where most of its code is executed, so that the list outlives small changes.
"""

import collections
import os
import re
import socket
import ssl
import subprocess
import tempfile
import threading

TARGET = os.path.join(os.environ.get("CARGO_TARGET_DIR", "target"), "start")
PROGRAM = os.path.join(TARGET, "release", "check_ceilometer")
# A path is listed as a whole where this share of its bytes is executed, or no more than so many bytes are not.
MIN_SHARE = 0.6
MAX_IDLE = 2000

Function = collections.namedtuple("Function", "path size")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\nConnection: close\r\n\r\n{\"status\":\"ok\"}"


def serve(context=None):
    """The address of a server that says that all is well, by TLS if there is a context."""
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=answer, args=[listener, context], daemon=True).start()
    return f"127.0.0.1:{listener.getsockname()[1]}"


def answer(listener, context):
    while True:
        connection, _ = listener.accept()
        with context.wrap_socket(connection, server_side=True) if context else connection as connection:
            request = connection.recv(65536)
            connection.sendall(ANSWER if request.startswith(b"GET") else b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")


def tls(directory):
    """A server's context with a certificate of its own, and the file that a client trusts."""
    path = os.path.join(directory, "certificate.pem")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=api -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([*command.split(), "-keyout", path, "-out", path], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context, path


def executed(*arguments):
    """The names of the functions that a run executes, the C library's among them."""
    with tempfile.NamedTemporaryFile() as profile:
        command = ["valgrind", "--tool=callgrind", "--demangle=no", f"--callgrind-out-file={profile.name}", PROGRAM, *arguments]
        subprocess.run(command, env={"PATH": os.defpath}, stdin=subprocess.DEVNULL, capture_output=True, check=True)
        text = open(profile.name).read()
    # A name comes once, "fn=(12) name", and is a number from then on. Recursion is marked by an apostrophe.
    return {name.split("'")[0] for name in re.findall(r"^c?fn=\(\d+\) (.+)$", text, re.M)}


def module_path(symbol):
    """A function's name as the linker has it, without its hash and cut into modules."""
    legacy = re.fullmatch(r"_ZN(.*)17h[0-9a-f]{16}E", symbol)
    if not legacy:
        # The newer scheme has the hash of each crate before the crate's name.
        return (re.sub(r"Cs[0-9A-Za-z]+_(?=\d)", "Cs*_", symbol),)
    rest, parts = legacy[1], ["_ZN"]
    while rest:
        digits = re.match(r"\d+", rest)[0]
        end = len(digits) + int(digits)
        parts += re.split(r"(?<=\.\.)", rest[:end])
        rest = rest[end:]
    return tuple(parts)


def functions():
    """The functions of the program by their symbol."""
    lines = subprocess.run(["nm", "-S", PROGRAM], check=True, capture_output=True, text=True).stdout.splitlines()
    found = [re.fullmatch(r"\w+ (\w+) [tTwW] (_ZN.+|_R.+|main)", line) for line in lines]
    return {row[2]: Function(module_path(row[2]), int(row[1], 16)) for row in found if row}


def patterns(names, everything):
    """The paths that these functions make up, as far as most of what is below them is executed."""
    used, idle, below = collections.Counter(), collections.Counter(), collections.defaultdict(set)
    for symbol, function in everything.items():
        for depth in range(1, len(function.path) + 1):
            prefix = function.path[:depth]
            (used if symbol in names else idle)[prefix] += function.size
            below[prefix[:-1]].add(prefix)

    def listed(prefix):
        is_whole = idle[prefix] <= MAX_IDLE or used[prefix] >= MIN_SHARE * (used[prefix] + idle[prefix])
        if prefix not in below or len(prefix) > 1 and is_whole:
            return [prefix]
        return [found for longer in below[prefix] if used[longer] for found in listed(longer)]

    return sorted("".join(prefix) for prefix in listed(()))


def main():
    build = ["cargo", "rustc", "--release", "--locked", "--quiet", "--bin", "check_ceilometer", "--target-dir", TARGET]
    subprocess.run([*build, "--", "-C", "strip=none"], check=True)
    everything = functions()
    with tempfile.TemporaryDirectory() as directory:
        context, authority = tls(directory)
        plain, secure = serve(), f"https://{serve(context)}"
        groups = {
            "By HTTP": executed("-m", "get", plain) | executed(plain),
            "By HTTPS": executed("-m", "get", "--cacert", authority, secure),
        }
    print("# Written by benches/start.py: what a run of one endpoint executes, by the names that the linker has, or how they begin.")
    written = set()
    for title, names in groups.items():
        found = patterns(names & everything.keys(), everything)
        print(f"# {title}", *(pattern for pattern in found if pattern not in written), sep="\n")
        written.update(found)


if __name__ == "__main__":
    main()
