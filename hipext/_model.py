"""The constants of the day loop as one record."""

import numpy as np

from hipext.parameters import values_in_use

MODEL = np.dtype([(name.replace(".", "_"), "f8") for name in values_in_use()])


def shipped_model(**changes: float) -> np.void:
    """Return the constants in use as one record; `a.b` is called ``a_b`` here.

    They are those of `data/parameters.toml` but for `parameters.parameters_changed`.

    Parameters
    ----------
    **changes : float
        Constants to change, by those names; infinite ceilings are allowed.

    Raises
    ------
    ValueError
        If there is no constant of such a name.
    """
    model = np.array([tuple(values_in_use().values())], dtype=MODEL).view(np.recarray)
    for name, value in changes.items():
        model[name] = value
    return model[0]
