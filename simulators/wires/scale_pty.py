"""An in-motion scale that speaks MT-SICS (Mettler-Toledo, level 0) on a serial line.

    S S     1234.5 g CR LF     identifier, space, status, space, weight right-aligned in 10, space, unit
    S D     1234.5 g CR LF     as above, of a load that is not one item at rest: two items at once

One such line leaves by itself for every item that has passed, which is also how it takes SIR (repeat). Other
commands are answered in between: S, SI (weight now), Z (zero), T (tare), I4 (serial number); ES to the rest.
"""

from simulators.wires.pty_port import PtyPort

_END = b"\r\n"
_SERIAL_NUMBER = "B021204786"
_LONGEST_COMMAND = 64


def weight_line(weight_g: float, *, stable: bool = True) -> bytes:
    """One weight as the scale words it."""
    return f"S {'S' if stable else 'D'} {weight_g:10.1f} g".encode() + _END


class Scale:
    """The scale's answers, apart from any line; between items its platform is empty."""

    def __init__(self) -> None:
        self._unfinished = b""

    def answer(self, content: bytes) -> bytes:
        """Take bytes as they come; the answers to the commands they complete."""
        *lines, rest = (self._unfinished + content).replace(b"\r", b"\n").split(b"\n")
        self._unfinished = rest[-_LONGEST_COMMAND:]
        return b"".join(_reply(line.strip()) for line in lines if line.strip())


class ScaleLine:
    """The scale on its line; call `attend` often."""

    def __init__(self, port: PtyPort) -> None:
        self._port = port
        self._scale = Scale()

    def report(self, weight_g: float, *, stable: bool) -> None:
        """An item left the scale."""
        self._port.send(weight_line(weight_g, stable=stable))

    def attend(self) -> None:
        """Answer commands that came in."""
        if (received := self._port.received()) and (answer := self._scale.answer(received)):
            self._port.send(answer)


def _reply(command: bytes) -> bytes:
    match command:
        case b"S" | b"SI":
            return weight_line(0.0)
        case b"SIR":
            return b""
        case b"Z":
            return b"Z A" + _END
        case b"T":
            return f"T S {0.0:10.1f} g".encode() + _END
        case b"I4":
            return f'I4 A "{_SERIAL_NUMBER}"'.encode() + _END
        case _:
            return b"ES" + _END
