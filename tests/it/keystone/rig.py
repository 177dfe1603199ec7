"""A cloud on loopback: Keystone, and a health API behind its middleware in three regions.

    rig.py prepare DIRECTORY    makes the database that every run begins with
    rig.py run DIRECTORY        starts everything, prints one line of JSON, ends with its standard input
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.request
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import keystone.server.wsgi
from gunicorn.app.base import BaseApplication
from keystonemiddleware.auth_token import AuthProtocol

ADMIN = "admin-s3cret-of-the-rig"
PASSWORD = "monitor-s3cret-of-the-rig"


def write_config(directory, database):
    config = directory / "keystone.conf"
    config.write_text(
        f"""[DEFAULT]
log_file = {directory}/keystone.log
[database]
connection = sqlite:///{database}
[fernet_tokens]
key_repository = {directory}/fernet
[credential]
key_repository = {directory}/credential
[identity]
password_hash_rounds = 4
[security_compliance]
lockout_failure_attempts = 1000
[token]
expiration = 3600
[cache]
enabled = false
"""
    )
    return config


def manage(config, *words):
    manage = Path(sys.executable).parent / "keystone-manage"
    subprocess.run([manage, "--config-file", config, *words], check=True, stdout=subprocess.DEVNULL)


def prepare(directory):
    template = directory / "template"
    template.mkdir()
    config = write_config(template, template / "keystone.db")
    user, group = str(os.getuid()), str(os.getgid())
    owner = ["--keystone-user", user, "--keystone-group", group]
    manage(config, "db_sync")
    manage(config, "fernet_setup", *owner)
    manage(config, "credential_setup", *owner)
    manage(config, "bootstrap", "--bootstrap-password", ADMIN, "--bootstrap-region-id", "RegionOne")


def free_port():
    """A port below those of the other daemons (support/daemon.rs), and below the ephemeral range, in which a client that
    polls a port can connect to itself."""
    for port in range(10000 + os.getpid() % 9000, 20000):
        with socket.socket() as probe:
            if port not in free_port.given and probe.connect_ex(("127.0.0.1", port)) != 0:
                free_port.given.add(port)
                return port
    raise SystemExit("no free port")


free_port.given = set()


def serve_keystone(config, port, *tls):
    """Keystone in this process. It parses its server's arguments, so there must be none."""
    options = {"bind": f"127.0.0.1:{port}", "workers": 1, "threads": 4, "loglevel": "error"}
    options["accesslog"] = str(Path(config).parent / "access.log")
    options["access_log_format"] = "%(m)s %(U)s %(s)s %(a)s"
    if tls:
        options["certfile"], options["keyfile"] = tls
    sys.argv = sys.argv[:1]
    os.environ["OS_KEYSTONE_CONFIG_FILES"] = config

    class Server(BaseApplication):
        def load_config(self):
            for key, value in options.items():
                self.cfg.set(key, value)

        def load(self):
            from keystone.wsgi.api import application

            return application

    Server().run()


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


class Threading(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def serve_health(directory, keystone, *endpoints):
    """The health APIs: NAME:PORT each. One whose name is a file's in the directory has lost its back-end."""
    def health(name):
        def answer(environ, start_response):
            if environ["REQUEST_METHOD"] == "HEAD":
                start_response("204 No Content", [])
                return []
            if (Path(directory) / f"down-{name}").exists():
                start_response("503 Service Unavailable", [("Content-Type", "application/json")])
                return [b'{"message": "no connection to the database"}']
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps({"message": "ok"}).encode()]

        return answer

    settings = {
        "auth_url": keystone, "www_authenticate_uri": keystone, "auth_type": "password", "username": "admin",
        "password": ADMIN, "project_name": "admin", "user_domain_id": "default", "project_domain_id": "default",
        "service_type": "metering", "http_connect_timeout": "10", "http_request_max_retries": "0",
    }
    for endpoint in endpoints:
        name, port = endpoint.split(":")
        app = AuthProtocol(health(name), settings)
        server = make_server("127.0.0.1", int(port), app, Threading, Quiet)
        threading.Thread(target=server.serve_forever).start()
    signal.pause()


def wait_for(port):
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"nothing listens on {port}")


class Admin:
    def __init__(self, url):
        self.url, self.token = url, None
        user = {"name": "admin", "domain": {"id": "default"}, "password": ADMIN}
        project = {"name": "admin", "domain": {"id": "default"}}
        self.token = self.login(
            {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": {"project": project}}
        )

    def request(self, method, path, body=None, token=None):
        headers = {"Content-Type": "application/json", "X-Auth-Token": token or self.token or ""}
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return answer.headers, json.loads(answer.read() or b"{}")

    def login(self, auth):
        return self.request("POST", "/v3/auth/tokens", {"auth": auth})[0]["X-Subject-Token"]

    def make(self, path, name, token=None, /, **fields):
        return self.request("POST", f"/v3/{path}", {name: fields}, token)[1][name]

    def find(self, path, query):
        return self.request("GET", f"/v3/{path}?{query}")[1][path][0]["id"]


def populate(url, apis):
    """A user that may read, two application credentials, and the catalogue."""
    admin = Admin(url)
    reader = admin.find("roles", "name=reader")
    project = admin.make("projects", "project", name="monitoring", domain_id="default")["id"]
    user = admin.make("users", "user", name="monitor", domain_id="default", password=PASSWORD)["id"]
    admin.request("PUT", f"/v3/projects/{project}/users/{user}/roles/{reader}")
    service = admin.make("services", "service", type="metering", name="ceilometer")["id"]
    for region in ["RegionTwo", "RegionThree"]:
        admin.make("regions", "region", id=region)
    identity = admin.make("services", "service", type="identity", name="keystone")["id"]
    for interface in ["public", "internal"]:
        fields = {"service_id": identity, "region_id": "RegionOne", "interface": interface, "url": f"{url}/v3"}
        admin.make("endpoints", "endpoint", **fields)
    for (region, interface), port in apis.items():
        url = f"http://127.0.0.1:{port}" + ("/v2" if region == "RegionTwo" else "")
        endpoint = {"service_id": service, "region_id": region, "interface": interface, "url": url}
        admin.make("endpoints", "endpoint", **endpoint)
    scope = {"project": {"id": project}}
    identity = {"methods": ["password"], "password": {"user": {"id": user, "password": PASSWORD}}}
    own = admin.login({"identity": identity, "scope": scope})
    rules = [{"service": "metering", "method": method, "path": "/v2/health"} for method in ["GET", "HEAD"]]
    path, name = f"users/{user}/application_credentials", "application_credential"
    credentials = {
        "rules": admin.make(path, name, own, name="rules", access_rules=rules),
        "wrong": admin.make(path, name, own, name="wrong", access_rules=[dict(rules[0], path="/v2/meters")]),
    }
    credentials = {key: {"id": value["id"], "secret": value["secret"]} for key, value in credentials.items()}
    return own, credentials


def warm_up(token, ports):
    """Has the middleware of each API fetch its own token before anyone's time is measured."""
    for port in ports:
        request = urllib.request.Request(f"http://127.0.0.1:{port}/v2/health", headers={"X-Auth-Token": token})
        urllib.request.urlopen(request).read()


def make_certificate(directory):
    """A certificate by a private authority."""
    openssl = lambda *words: subprocess.run(["openssl", *words], check=True, cwd=directory, capture_output=True)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    authority = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=keyCertSign"]
    openssl("req", "-x509", *key, "-subj", "/CN=rig CA", "-keyout", "ca.key", "-out", "ca.pem", *authority)
    leaf = ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=CA:FALSE"]
    sign = ["-CA", "ca.pem", "-CAkey", "ca.key", "-keyout", "tls.key", "-out", "tls.pem"]
    openssl("req", "-x509", *key, "-subj", "/CN=127.0.0.1", *leaf, *sign)


def run(directory):
    here = Path(tempfile.mkdtemp(prefix="run.", dir=directory))
    children = []

    def start(serve, *words):
        """Serves in a child: imported once, Keystone starts in half the time."""
        child = os.fork()
        if child:
            children.append(child)
            return
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        log = os.open(here / "rig.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        try:
            serve(*map(str, words))
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(1)

    try:
        shutil.copytree(directory / "template", here, dirs_exist_ok=True)
        config = write_config(here, here / "keystone.db")
        (here / "broken").mkdir()
        shutil.copytree(here / "fernet", here / "broken/fernet")
        broken_config = write_config(here / "broken", "/nonexistent/keystone.db")
        make_certificate(here)
        keystone, tls, broken, stopped = free_port(), free_port(), free_port(), free_port()
        hung = socket.create_server(("127.0.0.1", free_port()))
        regions = ["RegionOne", "RegionTwo", "RegionThree"]
        apis = {(region, interface): free_port() for region in regions for interface in ["public", "internal"]}
        start(serve_keystone, config, keystone)
        start(serve_keystone, config, tls, here / "tls.pem", here / "tls.key")
        start(serve_keystone, broken_config, broken)
        url = f"http://127.0.0.1:{keystone}"
        of_region = lambda keep: [f"{region}-{of}:{port}" for (region, of), port in apis.items() if keep(region)]
        start(serve_health, here, url, *of_region(lambda region: region != "RegionThree"))
        start(serve_health, here, f"http://127.0.0.1:{stopped}", *of_region(lambda region: region == "RegionThree"))
        for port in [keystone, tls, broken, *apis.values()]:
            wait_for(port)
        token, credentials = populate(url, apis)
        warm_up(token, [port for (region, _), port in apis.items() if region != "RegionThree"])
        facts = {
            "directory": str(here), "keystone": url, "tls": f"https://127.0.0.1:{tls}", "ca": str(here / "ca.pem"),
            "broken": f"http://127.0.0.1:{broken}", "stopped": f"http://127.0.0.1:{stopped}",
            "hung": f"http://127.0.0.1:{hung.getsockname()[1]}", "password": PASSWORD, "credentials": credentials,
            "apis": {f"{region} {interface}": port for (region, interface), port in apis.items()},
        }
        print(json.dumps(facts), flush=True)
        sys.stdin.read()
    finally:
        for child in children:
            os.kill(child, signal.SIGTERM)
        for child in children:
            os.waitpid(child, 0)
        shutil.rmtree(here, ignore_errors=True)


if __name__ == "__main__":
    command, *words = sys.argv[1:]
    {"prepare": prepare, "run": run}[command](Path(words[0]))
