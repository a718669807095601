"""Every exception that Preflight raises on purpose.

::

    PreflightError                what a person sees as one line: the culprit and the remedy
    |- UsageError                 exit code 2: the command line or a file named on it
    |  |- ConfigError             preflight.toml, or what it refers to
    |  |- ContractError           a contract document that cannot be used
    |- DependencyError            exit code 3: something that we need is not there
       |- StoreError              the queue's store
       |  |- StoreAwayError       it cannot be used for now: trying again helps
       |  |  |- StoreBusyError    somebody else holds it for longer than we wait
       |  |  |- StoreGoneError    there is no connection to it
       |  |  |- StoreFullError    no room is left in it
       |- ApiUnreachableError     no connection to an API could be made

An exception is for a bug or for broken infrastructure. What becomes of a job is a value: see ``outcome.py``.
"""

from typing import Final

#: What a shell reports for a program that Ctrl-C ended.
INTERRUPTED: Final = 130


class PreflightError(Exception):
    """The base of all; ``str()`` is a message for a person, with culprit and remedy.

    Attributes:
        exit_code: what the command line ends with when nobody handles the error.
    """

    exit_code = 1


class UsageError(PreflightError):
    """The command line, or a file named on it, cannot be used as it stands."""

    exit_code = 2


class ConfigError(UsageError):
    """A key of the configuration is wrong; the message names file, key, value and remedy."""


class ContractError(UsageError):
    """A contract document cannot be used; the message names file, JSON Pointer and remedy."""


class DependencyError(PreflightError):
    """Something outside of us that is needed is not there."""

    exit_code = 3


class StoreError(DependencyError):
    """The queue's store refused or failed."""


class StoreAwayError(StoreError):
    """The store cannot be used for now; trying again helps.

    Whether what was asked for was done is not known where the connection broke: everything that a store offers may be
    asked for twice.
    """


class StoreBusyError(StoreAwayError):
    """Somebody else holds the store for longer than we are willing to wait."""


class StoreGoneError(StoreAwayError):
    """There is no connection to the store: it is down, it restarts, or the network between is cut."""


class StoreFullError(StoreAwayError):
    """The store has no room left, until somebody makes some; nothing of the batch was written."""


class ApiUnreachableError(DependencyError):
    """No connection to an API could be made, however often we tried."""
