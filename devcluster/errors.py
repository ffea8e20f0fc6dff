"""What can go wrong, each error with a sentence that says what to do next."""


class DevclusterError(Exception):
    """Base of everything this package raises on purpose; its text is meant for people."""


class MissingToolError(DevclusterError):
    """A program that is needed (go, kubectl, kind) was not found, or is too old."""


class BuildError(DevclusterError):
    """The control plane could not be built."""


class StartError(DevclusterError):
    """A component died, or did not become ready, while the cluster was starting."""


class AddressInUseError(StartError):
    """A component found its port taken: worth another start on another port."""


class UnsupportedError(DevclusterError):
    """Asked for something that this kind of cluster does not have."""


class CommandError(DevclusterError):
    """kubectl ended with a failure; the text holds the command and what it said."""
