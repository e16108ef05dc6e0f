"""The embedded MQTT broker: for one machine only, on loopback, with a generated password.

It keeps the queues of persistent sessions in memory: a killed broker forgets them, and retained states with
them. Nothing rests on either: an outbox row closes on the centre's receipt only, and both sides subscribe and
publish their state again on every connection. It speaks MQTT 3.1.1.
"""

import asyncio
import contextlib
import os
import signal
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import structlog
import typer
from amqtt.broker import Broker
from amqtt.contexts import BrokerConfig
from argon2 import PasswordHasher

from config import logs
from config.load import load_site

_STOP_WITHIN_S = 5.0
_log = structlog.get_logger()


class BrokerRefusedError(Exception):
    """The embedded broker may not run so; says what is expected."""


def add_to(app: typer.Typer) -> None:
    """Add the `broker` commands."""
    broker = typer.Typer(help="The embedded MQTT broker.", no_args_is_help=True)
    broker.callback()(_group)
    broker.command("run")(run_for_site)
    app.add_typer(broker, name="broker")


def _group() -> None:
    """Keep `run` a sub-command."""


def run_for_site(
    site: Annotated[Path, typer.Option(help="The site file.")],
    data: Annotated[Path, typer.Option(help="The data folder.")] = Path("var"),
) -> None:
    """Run the embedded broker of a site until it is told to stop."""
    settings = load_site(site).broker
    if not settings.embedded:
        raise typer.BadParameter("this site uses a broker of its own (broker.embedded = false)")
    run(settings.host, settings.port, settings.username, data / settings.password_file)


def run(
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option()] = 18830,
    username: Annotated[str, typer.Option()] = "redpeak",
    password_file: Annotated[Path, typer.Option()] = Path("var/keys/broker-password"),
) -> None:
    """Serve until SIGTERM or SIGINT."""
    logs.configure("broker")
    try:
        asyncio.run(serve(host, port, username, password_file))
    except BrokerRefusedError as error:
        raise typer.BadParameter(str(error)) from error


async def serve(host: str, port: int, username: str, password_file: Path) -> None:
    """Serve one user on `host` (loopback or BrokerRefusedError) until SIGTERM or SIGINT.

    The password's hash is kept in `broker-users` beside the password file, as amqtt reads it from there.
    """
    configuration = configured(host, port, _write_users(username, password_file))
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    broker = Broker(configuration)
    await broker.start()
    _log.info("broker_started", host=host, port=port)
    await stopping.wait()
    # What it still holds in memory goes with it, so that waiting longer for a clean end gains nothing.
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(broker.shutdown(), _STOP_WITHIN_S)
    _log.info("broker_stopped")


def configured(host: str, port: int, users: Path) -> BrokerConfig:
    """The broker's configuration: one listener, password file, nobody anonymous, no $SYS topics."""
    if not (host == "localhost" or _is_loopback(host)):
        raise BrokerRefusedError(
            f"broker.host: expected a loopback address for the embedded broker, found {host}"
        )
    return BrokerConfig.from_dict(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{host}:{port}"}},
            "plugins": {"amqtt.plugins.authentication.FileAuthPlugin": {"password_file": str(users)}},
        }
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _write_users(username: str, password_file: Path) -> Path:
    """A fresh `user:argon2 hash` file, replaced as a whole."""
    try:
        password = password_file.read_text().strip()
    except OSError as error:
        raise BrokerRefusedError(f"{password_file}: cannot be read ({error.strerror})") from error
    if not password:
        raise BrokerRefusedError(f"{password_file}: expected a password, found nothing")
    users = password_file.with_name("broker-users")
    fresh = password_file.with_name(f"broker-users.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{username}:{PasswordHasher().hash(password)}\n")
    fresh.replace(users)
    return users


if __name__ == "__main__":
    typer.run(run)
