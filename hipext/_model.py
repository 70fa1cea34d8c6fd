"""The constants of the day loop as one record."""

import numpy as np

from hipext.parameters import parameter_table

_TABLE = parameter_table().set_index("id")["value"]

MODEL = np.dtype([(name.replace(".", "_"), "f8") for name in _TABLE.index])


def shipped_model(**changes: float) -> np.void:
    """Return the constants of `data/parameters.toml`; `a.b` is called ``a_b`` here.

    Parameters
    ----------
    **changes : float
        Constants to change, by those names; infinite ceilings are allowed.

    Raises
    ------
    ValueError
        If there is no constant of such a name.
    """
    model = np.array([tuple(_TABLE)], dtype=MODEL).view(np.recarray)
    for name, value in changes.items():
        model[name] = value
    return model[0]
