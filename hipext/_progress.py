"""A bar on a terminal for what takes more than a moment, with rate and time left."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm.auto import tqdm

READY = "getting ready (20 s the first time)"  # machine code is made once and kept


@contextmanager
def progress_told(
    total: int, unit: str, *, is_shown: bool, initial: int = 0
) -> Iterator[Callable[[int], None]]:
    """Show a bar; the function it gives is told how many more units are done.

    Parameters
    ----------
    total : int
        Units in all.
    unit : str
        What they are, in the plural.
    is_shown : bool
        Whether to show it; never where there is no terminal.
    initial : int, default 0
        Units that were done before; they do not count in the rate.
    """
    with tqdm(
        total=total,
        initial=initial,
        unit=f" {unit}",
        unit_scale=total > 100_000,
        desc=READY,
        disable=None if is_shown else True,
        leave=False,
    ) as bar:

        def tell(n: int) -> None:
            if bar.n == initial:
                bar.set_description_str("", refresh=False)
            bar.update(n)

        yield tell
