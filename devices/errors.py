"""The errors of the devices room.

DeviceError            a device did not do what was asked; the message names it
├─ LinkDown            it cannot be reached, or stopped answering
│  └─ ControllerFrozen its link answers, but the controller's program stands still
├─ ContractMismatch    it answers, but is not the machine its profile describes
└─ ProfileError        a profile file is wrong (names the file, key and expectation)
"""


class DeviceError(Exception):
    """A device did not do what was asked."""


class LinkDown(DeviceError):  # noqa: N818  a state, as the interfaces name it
    """The device cannot be reached, or stopped answering."""


class ControllerFrozen(LinkDown):
    """The controller's link answers, but its program stands still: nothing it says is true any more."""


class ContractMismatch(DeviceError):  # noqa: N818
    """The device answers, but is not the machine its profile describes."""


class ProfileError(DeviceError):
    """A profile file is wrong."""
