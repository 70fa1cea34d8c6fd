"""When a single session has paid for itself, and when it has paid most."""

from math import inf, log

from hipext._impulse import Model

BALANCED = ("OneComponent", "Banister", "SaturatedDose", "Kalman")


def days_until_a_session_pays(model: Model) -> float:
    r"""Return the days after which a single session has paid for its fatigue.

    .. math::

        t = \frac{\ln(k_2 / k_1)}{1/\tau_2 - 1/\tau_1}

    Before, its load makes performance lower than rest would; after, higher.

    Parameters
    ----------
    model : Model
        ``Banister``, ``Kalman``, ``SaturatedDose`` or ``OneComponent``.

    Returns
    -------
    float
        Days, not rounded, whatever the load: 0 if it pays at once, infinite if never.

    Raises
    ------
    ValueError
        If the model has no closed form for it.

    Notes
    -----
    A property of the equations, derived here. It inherits what is uncertain about the
    constants, which are highly correlated when fitted (E04-007).

    Examples
    --------
    >>> from hipext.response import Banister
    >>> taus = {"fitness_tau": 42.0, "fatigue_tau": 7.0}
    >>> model = Banister(baseline=100.0, fitness_gain=1.0, fatigue_gain=2.0, **taus)
    >>> round(days_until_a_session_pays(model), 1)
    5.8
    """
    return _days_to_balance(model, power=0)


def days_to_peak(model: Model) -> float:
    r"""Return the days after which a single session has paid most.

    .. math::

        t = \frac{\ln(k_2 \tau_1 / (k_1 \tau_2))}{1/\tau_2 - 1/\tau_1}

    Parameters
    ----------
    model : Model
        ``Banister``, ``Kalman``, ``SaturatedDose`` or ``OneComponent``.

    Returns
    -------
    float
        Days, not rounded, whatever the load: 0 if it pays most at once, infinite if
        it never pays.

    Raises
    ------
    ValueError
        If the model has no closed form for it.

    Notes
    -----
    A property of the equations, as `days_until_a_session_pays`.

    Examples
    --------
    >>> from hipext.response import Banister
    >>> taus = {"fitness_tau": 42.0, "fatigue_tau": 7.0}
    >>> model = Banister(baseline=100.0, fitness_gain=1.0, fatigue_gain=2.0, **taus)
    >>> round(days_to_peak(model), 1)
    20.9
    """
    return _days_to_balance(model, power=1)


def _days_to_balance(model: Model, *, power: int) -> float:
    """Return when k1/tau1^power e^(-t/tau1) has grown to k2/tau2^power e^(-t/tau2)."""
    if type(model).__name__ not in BALANCED:
        raise ValueError(
            f"{type(model).__name__} has no closed form for it; "
            f"{', '.join(BALANCED)} have. Read it off its respond() of one load."
        )
    values = vars(model)
    cost = values.get("fatigue_gain", 0.0)
    benefit = values["fitness_gain"]
    if cost == 0:
        return 0.0
    if benefit == 0:
        return inf
    fitness_tau, fatigue_tau = values["fitness_tau"], values["fatigue_tau"]
    at_start = log(cost / benefit) + power * log(fitness_tau / fatigue_tau)
    return max(0.0, at_start / (1 / fatigue_tau - 1 / fitness_tau))
