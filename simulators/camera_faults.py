"""Faults a belt camera can be told to have; all are off unless a test or a drill turns them on.

They hold as long as they are on: turning them off again heals the camera.
"""

from msgspec import Struct


class CameraFaults(Struct, frozen=True, forbid_unknown_fields=True):
    """How a camera misbehaves."""

    frozen: bool = False  # it sends nothing and answers nothing; its connections stay open
    stuck: bool = False  # the same picture again and again, clock and all
    black: bool = False  # a covered lens: nothing but the burnt-in clock and a little noise
    small: bool = False  # another resolution, as after somebody has changed the camera's settings
    jump_s: float = 0.0  # its time stamps are off by so much
    closed: bool = False  # it hangs up, and on everybody who calls again
