"""Own checks: functions of the user's that are asked after the schema, ``(job, operation) -> faults``.

They are trusted like the config that names them, but not to be free of mistakes: what they raise, and what they return
that is no Fault, becomes a fault of the check. They run on the event loop, so one that is slow cannot be stopped: it is
reported.
"""

import importlib
import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Final, get_args

import orjson
import structlog

from worker.contract.explain import MAX_FAULTS
from worker.contract.operation import Operation
from worker.errors import ConfigError
from worker.job import UNSET, Job
from worker.outcome import Cause, Fault, Place
from worker.ports import Clock
from worker.redaction import redact_text
from worker.settings.kinds import nearest

log = structlog.get_logger(__name__)

_HALVES: Final = re.compile(r"[\ud800-\udfff]")

Function = Callable[[Job, Operation], Iterable[Fault]]

_WINDOW_S: Final = 60.0  # how often a slow check is reported at most: a person reads it, and it is no news by then
_MAX_SHOWN: Final = 200  # characters of what an exception says
_CAUSES: Final = frozenset({Cause.MALFORMED, Cause.MISSING, Cause.INVALID})


def load(names: Sequence[str], origin: str) -> dict[str, Function]:
    """The functions that ``checks`` names, by name; ``origin`` is the key, for messages.

    They are found as Python finds modules: installed, or in a folder of PYTHONPATH. The config's own folder is not
    searched, so that a file that happens to lie there is never run.

    Raises:
        ConfigError: one cannot be used; the message says why and what to do.
    """
    return {name: _function(name, f'{origin} names "{name}"') for name in names}


def _function(name: str, origin: str) -> Function:
    module_name, _, attribute = name.partition(":")
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and error.name in {module_name, module_name.partition(".")[0]}:
            raise ConfigError(
                f"{origin}: there is no module {error.name}: install it, or put its folder into PYTHONPATH"
            ) from None
        raise ConfigError(
            f"{origin}: importing {module_name} raised {type(error).__name__}: {error}; mend the module"
        ) from error
    function = getattr(module, attribute, None)
    if function is None:
        known = [one for one, value in vars(module).items() if inspect.isfunction(value)]
        remedy = nearest(attribute, known) or ": define it, or correct the name"
        raise ConfigError(f"{origin}: {module_name} has no {attribute}{remedy}")
    if not _fits(function):
        raise ConfigError(f"{origin}: it cannot be called with a job: write def {attribute}(job, operation): ...")
    made: Function = function
    return made


def _fits(function: object) -> bool:
    """Whether it can be called with two values, and answers at once."""
    if not callable(function) or inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return False
    try:
        inspect.signature(function).bind(None, None)
    except TypeError:
        return False
    except ValueError:  # written in C, with a signature that nobody can see
        return True
    return True


class OwnChecks:
    """The own checks of one API.

    Args:
        functions: by the names that the config has for them.
        budget_s: what one of them may take for one job before it is reported.
    """

    def __init__(self, functions: Mapping[str, Function], budget_s: float, clock: Clock) -> None:
        self._clock = clock
        self._watched = [(name, function, _Watch(name, budget_s)) for name, function in functions.items()]
        self._known: set[tuple[object, ...]] = set()

    def faults(self, job: Job, operation: Operation) -> list[Fault]:
        """Everything that the checks say is wrong with a job, and what is wrong with the checks."""
        found: list[Fault] = []
        before = _content_of(job)
        for name, function, watch in self._watched:
            started = self._clock.monotonic()
            try:
                found += _all_faults(name, function(job, operation))
            except (Exception, SystemExit, GeneratorExit) as error:  # noqa: BLE001 - whatever a user's function raises
                found.append(self._raised(name, error))
            now = self._clock.monotonic()
            watch.note(now, now - started)
            if _content_of(job) != before:  # it is sent as it stands, and was validated as it was
                found.append(_broken(name, "changed the job"))
                break
        return found

    def _raised(self, name: str, error: BaseException) -> Fault:
        """The fault of a check that raised; its traceback is logged once for each place and type."""
        at = error.__traceback__
        while at and at.tb_next:
            at = at.tb_next
        known = name, type(error), at and at.tb_frame.f_code, at and at.tb_lineno
        if known not in self._known:
            self._known.add(known)
            log.error("own_check_raised", check=name, exc_info=error)
        said = redact_text(_said(error))
        return _broken(name, f"raised {type(error).__name__}: {said[:_MAX_SHOWN]}".rstrip(": "))


class _Watch:
    """How long one check takes: reported when it is too long, at most once in a window."""

    def __init__(self, name: str, budget_s: float) -> None:
        self._name = name
        self._budget_s = budget_s
        self._told_at: float | None = None
        self._jobs, self._over, self._seconds = 0, 0, 0.0

    def note(self, now: float, seconds: float) -> None:
        """Count one job, at ``now`` of the monotonic clock."""
        self._jobs += 1
        self._seconds += seconds
        self._over += seconds > self._budget_s
        if not self._over or (self._told_at is not None and now - self._told_at < _WINDOW_S):
            return
        log.warning(
            "own_check_slow",
            check=self._name,
            budget_ms=round(self._budget_s * 1000, 3),
            jobs=self._jobs,
            over_budget=self._over,
            mean_ms=round(self._seconds / self._jobs * 1000, 3),
            remedy="nothing else is sent while it runs: make it quicker, or raise check_budget",
        )
        self._told_at = now
        self._jobs, self._over, self._seconds = 0, 0, 0.0


def _all_faults(name: str, returned: object) -> list[Fault]:
    """The faults that a check returned, with one of its own for whatever is none."""
    if not isinstance(returned, Iterable):
        return [_broken(name, f"returned {type(returned).__name__}, which is no list of Fault")]
    return [one if _is_fault(one) else _broken(name, _defect(one)) for one in islice(returned, MAX_FAULTS)]


def _content_of(job: Job) -> bytes:
    return orjson.dumps((job.params, None if job.body is UNSET else job.body, job.headers))


def _said(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - the words of a user's exception are a user's function too
        return ""


def _is_text(value: object) -> bool:
    """Whether it is text that can be written: half of a character cannot."""
    return isinstance(value, str) and not _HALVES.search(value)


def _is_fault(one: object) -> bool:
    return (
        isinstance(one, Fault)
        and all(map(_is_text, (one.pointer, one.rule, one.detail, one.hint or "")))
        and one.place in get_args(Place)
        and one.cause in _CAUSES
    )


def _defect(one: object) -> str:
    if not isinstance(one, Fault):
        return f"returned {type(one).__name__} among its faults, where Fault is wanted"
    return "returned a Fault whose members are not what worker.Fault describes"


def _broken(name: str, what: str) -> Fault:
    hint = "mend the check, or take it out of checks in the config"
    return Fault("#", "job", "check", f"{name} {what}; this is a fault of the check", hint)
