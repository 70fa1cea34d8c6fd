"""What a gate between two phases saw, in words."""

from collections.abc import Iterator, Sequence

from hipext._phrases import apart, counted, told
from hipext._reasons import OF_GATE
from hipext.plan import Gate, Plan

_CLUMSY, _PAINFUL, _STIFF, _UNEVEN = 1, 2, 4, 8  # of the sum that the gate writes down
_LIMITS = ("technique_min", "pain_max", "range_min_deg", "asymmetry_max_deg")


def about_gate(plan: Plan, reason: int, seen: Sequence[float]) -> tuple[str, str]:
    """Return observations and sentence of a decision at a gate."""
    faults, n_sessions, technique, pain, left, right, phase, _ = seen
    own = plan.phase[int(phase)]
    observed = {"sessions": n_sessions}
    if n_sessions:
        observed |= {"technique_rated": technique, "pain_reported": pain}
    observed |= {"range_left": left, "range_right": right}
    limits = {name: getattr(own.advance, name) for name in _LIMITS}
    observed |= {name: value for name, value in limits.items() if value is not None}
    shown = "; ".join(_faults(own.advance, int(faults), seen))
    met = "; ".join(_met(own.advance, seen)) or "its gate asks for nothing else"
    sentence = OF_GATE[reason].format(phase=own.name, faults=shown, seen=met)
    return told(observed.items()), sentence


def _faults(gate: Gate, faults: int, seen: Sequence[float]) -> Iterator[str]:
    """Yield what does not meet the gate."""
    _, n_sessions, technique, pain, left, right, _, _ = seen
    if faults & _CLUMSY and n_sessions < gate.over_sessions:
        yield (
            f"technique was rated in {n_sessions:g} of "
            f"{counted(gate.over_sessions, 'session')} asked for"
        )
    if faults & _CLUMSY and technique < gate.technique_min:
        yield (
            f"technique of {apart(technique, gate.technique_min, 2)} "
            f"{_within(n_sessions)} is below {gate.technique_min:.2f}"
        )
    if faults & _PAINFUL:
        yield (
            f"reported pain of {apart(pain, gate.pain_max, 1)} {_within(n_sessions)} "
            f"is above {gate.pain_max:g}"
        )
    if faults & _STIFF:
        side, least = ("left", left) if left < right else ("right", right)
        yield (
            f"the {side} hip extends {apart(least, gate.range_min_deg, 1)} degrees, "
            f"fewer than {gate.range_min_deg:g}"
        )
    if faults & _UNEVEN:
        gap = apart(abs(left - right), gate.asymmetry_max_deg, 1)
        yield (
            f"the hips differ by {gap} degrees, more than {gate.asymmetry_max_deg:g}"
        )


def _met(gate: Gate, seen: Sequence[float]) -> Iterator[str]:
    """Yield what meets the gate, of what it asks for."""
    _, n_sessions, technique, pain, left, right, _, _ = seen
    if gate.technique_min is not None:
        yield f"technique was {technique:.2f} or more {_within(n_sessions)}"
    if gate.pain_max is not None and n_sessions:
        yield f"reported pain was {pain:.1f} at most {_within(n_sessions)}"
    if gate.range_min_deg is not None or gate.asymmetry_max_deg is not None:
        yield f"the hips extend {left:.1f} (left) and {right:.1f} degrees (right)"


def _within(n_sessions: float) -> str:
    return (
        "in the last session"
        if n_sessions == 1
        else f"in the last {n_sessions:g} sessions"
    )
