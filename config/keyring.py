"""A site's keys: what makes waybill keys, seals personal data and signs commands.

One folder, files of mode 0600, made once by `create`. The edge needs `join.key`, `seal.key`, `command.pub`,
the broker's password and `edge-token` (its HTTP bearer token); only the centre holds `command.key`, so that
an edge cannot forge an officer's answer.
"""

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
_SEPARATORS = re.compile(r"[\s\-_.]+")


class KeyringError(Exception):
    """A key is missing, unreadable or does not fit; the message names the file, never its content."""


class Keyring:
    """The keys of one site.

    Args:
        join: 32 bytes, for the keyed hash that joins records without naming the waybill.
        seal: 32 bytes, AES-256-GCM for personal data at rest.
        verifier: checks the centre's commands.
        signer: signs them; None at an edge.
        nonce: makes that many bytes which never come again; a simulation computes them from its seed.
    """

    def __init__(
        self,
        join: bytes,
        seal: bytes,
        verifier: Ed25519PublicKey,
        signer: Ed25519PrivateKey | None = None,
        *,
        nonce: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._join = join
        self._seal = AESGCM(seal)
        self._verifier = verifier
        self._signer = signer
        self._nonce = nonce

    def waybill_key(self, number: str) -> str:
        """The keyed hash (32 hex digits) under which everything about a waybill or alias is joined."""
        return hmac.digest(self._join, normalised(number).encode(), "sha256").hex()[:32]

    def seal(self, plain: bytes, context: str) -> bytes:
        """Encrypt personal data; `context` (table and column, or kind of message) must match to unseal."""
        nonce = self._nonce(_NONCE)
        return nonce + self._seal.encrypt(nonce, plain, context.encode())

    def unseal(self, sealed: bytes, context: str) -> bytes:
        """Decrypt what `seal` made; KeyringError if key or context differ or it was altered."""
        try:
            return self._seal.decrypt(sealed[:_NONCE], sealed[_NONCE:], context.encode())
        except (InvalidTag, ValueError) as error:
            raise KeyringError(f"sealed data of {context} does not open with this site's key") from error

    def sign(self, payload: bytes) -> bytes:
        """Ed25519 signature of a command; KeyringError where this process may not sign."""
        if self._signer is None:
            raise KeyringError("this process holds no command.key and may not sign commands")
        return self._signer.sign(payload)

    def verify(self, payload: bytes, signature: bytes) -> bool:
        """Whether the centre signed exactly this."""
        try:
            self._verifier.verify(signature, payload)
        except InvalidSignature:
            return False
        return True


def normalised(number: str) -> str:
    """A waybill number as it is compared: capitals, without spaces, dashes, dots and underscores."""
    return _SEPARATORS.sub("", number).upper()


def create(folder: Path) -> None:
    """Make a site's keys in `folder`; files that exist are kept."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (folder / "command.key").exists():
        signer = Ed25519PrivateKey.generate()
        _write(folder / "command.key", signer.private_bytes_raw())
        _write(folder / "command.pub", signer.public_key().public_bytes_raw())
    for name in ("join.key", "seal.key"):
        if not (folder / name).exists():
            _write(folder / name, secrets.token_bytes(32))
    for name in ("broker-password", "edge-token"):
        if not (folder / name).exists():
            _write(folder / name, secrets.token_urlsafe(24).encode())


def load(folder: Path, *, signing: bool) -> Keyring:
    """Read a site's keys; `signing` also reads the centre's private key."""
    signer = Ed25519PrivateKey.from_private_bytes(_read(folder / "command.key")) if signing else None
    verifier = Ed25519PublicKey.from_public_bytes(_read(folder / "command.pub"))
    return Keyring(_read(folder / "join.key"), _read(folder / "seal.key"), verifier, signer)


def for_tests(seed: str, *, nonce: Callable[[int], bytes] = secrets.token_bytes) -> Keyring:
    """Keys computed from a seed, for runs that must repeat bit for bit; never for a site.

    What is sealed repeats only if `nonce` does, too.
    """
    signer = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"{seed} sign".encode()).digest())
    join, seal = (hashlib.sha256(f"{seed} {use}".encode()).digest() for use in ("join", "seal"))
    return Keyring(join, seal, signer.public_key(), signer, nonce=nonce)


def _read(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise KeyringError(
            f"{path}: cannot read the key ({error.strerror}); `redpeak site keys` makes them"
        ) from error
    if len(content) != 32:
        raise KeyringError(f"{path}: expected 32 bytes, found {len(content)}")
    return content


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
