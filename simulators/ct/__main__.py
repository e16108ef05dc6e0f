"""`python -m simulators.ct`: the CT scanner as a process; orders on its input, reports on its output."""

import sys

import cv2

from config import logs
from simulators.ct.renderer import VoxelRenderer
from simulators.ct.scanner import work


def _answer(line: bytes) -> None:
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    logs.configure("ct-simulator")
    cv2.setNumThreads(1)  # the machine is the line's too
    work(sys.stdin.buffer, _answer, VoxelRenderer())
