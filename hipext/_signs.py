"""What about a person speaks for a change of a plan, in words; "" where nothing does.

The limits are judgements of ours, tested in no trial.
"""

from hipext.athlete import Athlete
from hipext.parameters import parameter

PAIN_FROM = 3  # of 10, usual low-back pain
SHORT_HOLD_S = 60  # Biering-Sorensen test
MANY_SESSIONS = 4  # runs or matches a week
SKILLED = 0.8  # rated technique of the hip hinge
SHORT_SLEEP_H, HIGH_STRESS = 6.5, 0.6
USUAL_FOOT_DEG = (5, 15)  # outwards


def sensitive_back(athlete: Athlete) -> str:
    """Return what speaks for a gentle start; "" for nothing."""
    hold_s = athlete.biering_sorensen_s
    return _both(
        (athlete.activity == "desk_work", "work is at a desk"),
        (athlete.pain_nprs >= PAIN_FROM, f"pain is {athlete.pain_nprs:g} of 10"),
        (hold_s < SHORT_HOLD_S, f"the static back hold lasts {hold_s:g} s"),
    )


def busy_legs(athlete: Athlete) -> str:
    """Return how often the legs run besides; "" for seldom."""
    n, activity = athlete.other_sessions_per_week, athlete.activity
    is_busy = activity in ("running", "field_sport") and n >= MANY_SESSIONS
    words = activity.replace("_", " ")
    return f"{words} already takes {n} sessions a week" if is_busy else ""


def experience(athlete: Athlete) -> str:
    """Return what speaks for a faster start; "" if nothing or a sensitive back."""
    status, technique = athlete.training_status, athlete.technique
    is_used = status == "trained" or athlete.activity == "lifting"
    if not is_used or technique < SKILLED or sensitive_back(athlete):
        return ""
    return f"training status is {status} and rated technique is {technique:g}"


def poor_recovery(athlete: Athlete) -> str:
    """Return what slows recovery; "" for nothing."""
    sleep_h, stress = athlete.recovery.sleep_h, athlete.recovery.stress
    return _both(
        (sleep_h < SHORT_SLEEP_H, f"sleep is {sleep_h:g} h a night"),
        (stress > HIGH_STRESS, f"stress is rated {stress:g} of 1"),
    )


def uneven_legs(athlete: Athlete) -> str:
    """Return how far the bridge test of the legs differs; "" for little."""
    test = athlete.single_leg_bridge_reps
    gap_pct = 100 * abs(test.left - test.right) / max(test.left, test.right, 1)
    words = f"the {athlete.weaker_side} leg does {gap_pct:.0f} % fewer bridges"
    return words if gap_pct > parameter("rule.strength_gap_pct") else ""


def stiff_hip(athlete: Athlete) -> str:
    """Return how little a hip extends; "" where both extend enough."""
    low, sides = parameter("rule.range_low_deg"), athlete.hip_extension_deg
    return _both(
        (sides.left < low, f"the left hip extends only {sides.left:g} degrees"),
        (sides.right < low, f"the right hip extends only {sides.right:g} degrees"),
    )


def own_stance(athlete: Athlete) -> str:
    """Return that the build asks for a stance of its own; "" for the usual one."""
    low, high = USUAL_FOOT_DEG
    is_usual = athlete.stance_width == "hip" and low <= athlete.foot_angle_deg <= high
    return "" if is_usual else "that suits the build"


def stance_cue(athlete: Athlete) -> str:
    """Return the cue for the stance of a person."""
    width = {"hip": "hip-wide"}.get(athlete.stance_width, athlete.stance_width)
    angle_deg = athlete.foot_angle_deg
    way = "outwards" if angle_deg >= 0 else "inwards"
    return f"Stance: {width}, feet {abs(angle_deg):g} degrees {way}."


def _both(*signs: tuple[bool, str]) -> str:
    *first, last = [words for is_so, words in signs if is_so] or [""]
    return f"{', '.join(first)} and {last}" if first else last
