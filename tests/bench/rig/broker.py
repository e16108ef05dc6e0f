"""A broker of the benchmark's own on loopback: mosquitto where it is installed, else the embedded one."""

import getpass
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from paho.mqtt.client import Client

from config.settings import Site
from simulators.processes import Program

_PLACES = "/usr/sbin:/usr/local/sbin:/usr/local/bin:/usr/bin"


def broker_program(site: Site, site_file: Path, data: Path, name: str = "broker") -> tuple[Program, str]:
    """What to run, and what it is called in a figure's conditions. Sessions and queues live in memory."""
    mosquitto, hasher = _find("mosquitto"), _find("mosquitto_passwd")
    if mosquitto is None or hasher is None:
        words = ("broker", "run", "--site", str(site_file), "--data", str(data))
        return Program(name, redpeak(*words)), "embedded broker (amqtt)"
    users = data / "mosquitto-users"
    password = (data / site.broker.password_file).read_text("utf-8").strip()
    if not users.exists():
        subprocess.run(
            [hasher, "-b", "-c", str(users), site.broker.username, password], check=True, capture_output=True
        )
    configuration = data / "mosquitto.conf"
    configuration.write_text(
        f"listener {site.broker.port} 127.0.0.1\nallow_anonymous false\npassword_file {users}\n"
        f"max_queued_messages 0\npersistence false\nset_tcp_nodelay true\nuser {getpass.getuser()}\n",
        "utf-8",
    )
    return Program(name, (mosquitto, "-c", str(configuration))), _version(mosquitto)


def send_at_once(_client: Client, _data: object, connection: object) -> None:
    """For `Client.on_socket_open`: small packets do not wait for the peer's delayed acknowledgement."""
    if isinstance(connection, socket.socket):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def redpeak(*words: str) -> tuple[str, ...]:
    """The redpeak command as a process's arguments."""
    return (sys.executable, "-P", "-m", "config.command", *words)


def part(module: str, *words: str) -> tuple[str, ...]:
    """A process of the benchmark's own: a module below tests.bench."""
    return (sys.executable, "-m", f"tests.bench.{module}", *words)


def _find(program: str) -> str | None:
    return shutil.which(program) or shutil.which(program, path=_PLACES)


def _version(mosquitto: str) -> str:
    said = subprocess.run([mosquitto, "-h"], check=False, capture_output=True, text=True).stdout
    return f"{said.partition(chr(10))[0].replace('version ', '').strip()} (set_tcp_nodelay true)"
