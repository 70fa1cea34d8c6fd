"""Common style of the figures: colours, week axis, phases, legends; their files."""

import warnings
from collections.abc import Mapping, Sequence
from io import BytesIO
from itertools import accumulate, pairwise

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hipext.files.checks import check_columns, shortened
from hipext.files.tables import WEEKLY

# Colours that most colour-blind readers can tell apart (Okabe and Ito, 2008).
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#595959"
PALE, BROWN = "#FBE3B3", "#9A6A00"  # deload weeks
SERIES_STYLES = (  # of lifts, or of scenarios, in one figure
    {"color": BLUE, "marker": "o", "linestyle": "-"},
    {"color": VERMILION, "marker": "s", "linestyle": "--"},
    {"color": GREEN, "marker": "^", "linestyle": "-."},
    {"color": BLACK, "marker": "D", "linestyle": ":"},
    {"color": PURPLE, "marker": "v", "linestyle": "-"},
    {"color": ORANGE, "marker": "P", "linestyle": "--"},
)
MAX_SERIES = len(SERIES_STYLES)
DELOAD_STYLE = {"color": PALE, "alpha": 0.55, "linewidth": 0, "zorder": 0}
BORDER_STYLE = {"color": "0.75", "linewidth": 0.8, "zorder": 0}
LEADER_STYLE = {"arrowstyle": "-", "color": "0.7", "linewidth": 0.7, "shrinkB": 3}
LEADER_STYLE |= {"relpos": (0, 0.5)}
NAME_SIZE = 8.0  # pt
_NAME_STYLE = {"fontsize": NAME_SIZE, "parse_math": False}
_LETTER_IN = 0.066  # width of a letter of that size
_LINE_IN = 0.16  # height of a line of names, with a little air
_NAME_RISE_IN = 0.05  # of the names of phases above tall axes
_MAX_WEEK_MARKS = 20
_POINTS_PER_INCH = 72
_MAX_LETTERS = 27  # of a name beside the axes
_SAVING = {  # no date and no version, so that files can be compared
    "png": {
        "dpi": 150,
        "metadata": {"Software": None},
        "pil_kwargs": {"compress_level": 1},  # quick to write, a third larger
    },
    "svg": {"metadata": {"Date": None}},
}
LOOK = {"font.size": 10, "svg.fonttype": "none"}


def axes_or_current(ax: Axes | None) -> Axes:
    """Return the axes to draw on: those given, or the current ones of pyplot."""
    if ax is None:
        from matplotlib.pyplot import gca  # slow to import, and only notebooks need it

        return gca()
    return ax


def spoken(name: str) -> str:
    """Return an id as words."""
    return name.replace("_", " ")


def mark_weeks(ax: Axes, weeks: pd.DataFrame, ylabel: str, *, starts_at: float) -> None:
    """Label the axes, shade deload weeks and name phases, where the table has them."""
    ax.set_ylabel(ylabel)
    weeks = check_columns(weeks, ("week",), name="weekly")
    known = weeks.columns.intersection(["week", "is_deload", "phase"])
    weeks = WEEKLY.check(weeks, known)
    if weeks.empty:
        return
    # Week w begins at w + starts_at on the axis; of its rows the first one counts.
    weeks = weeks.drop_duplicates("week")
    first, last = weeks["week"].min(), weeks["week"].max()
    ax.set_xlim(first + starts_at - 0.1, last + starts_at + 1.1)
    # As many weeks are marked as fit; in long plans lines have fewer markers too.
    fits = (step for step in (1, 2, 4) if last - first < step * _MAX_WEEK_MARKS)
    step = next(fits, 8)
    ax.set_xticks([week for week in range(first, last + 1) if week % step == 0])
    for line in ax.get_lines() if step > 2 else ():
        line.set_markevery(step)
    ax.set_xlabel("week of the plan" if starts_at else "week (the mark is its Monday)")
    if "is_deload" in weeks:
        for week in weeks.loc[weeks["is_deload"], "week"]:
            start = week + starts_at
            ax.axvspan(start, start + 1, **DELOAD_STYLE, label="_deload week")
    if "phase" in weeks:
        _name_phases(ax, weeks, starts_at)


def _name_phases(ax: Axes, weeks: pd.DataFrame, starts_at: float) -> None:
    """Name the phases along the top, shortened or left out where there is no room."""
    begins = weeks["phase"] != weeks["phase"].shift()
    # A phase that a gate sends the athlete back to is named a second time.
    names = weeks.loc[begins, "phase"]
    starts = [*weeks.loc[begins, "week"], weeks["week"].iloc[-1] + 1]
    starts = [week + starts_at for week in starts]
    low, high = ax.get_xlim()
    week_in = ax.bbox.width / ax.get_figure(root=True).dpi / (high - low)
    for phase, (start, end) in zip(names, pairwise(starts), strict=True):
        if start > starts[0]:
            ax.axvline(start, **BORDER_STYLE)
        name = shortened(phase, int((end - start) * week_in / _LETTER_IN))
        x, y = (start + end) / 2, 1 + min(0.02, _NAME_RISE_IN / _height_in(ax))
        look = {"ha": "center", "va": "bottom", **_NAME_STYLE}
        ax.text(x, y, name, transform=ax.get_xaxis_transform(), **look)


def legend_above(ax: Axes, *, ncols: int = 4, **options: float) -> None:
    """Put the legend above the axes and the names of the phases."""
    # In axes coordinates, which depend on the height of the axes.
    rise = 1 + 1.2 * _LINE_IN / _height_in(ax)
    ax.legend(
        loc="lower right",
        bbox_to_anchor=(1, rise),
        borderaxespad=0,
        frameon=False,
        fontsize=NAME_SIZE + 0.5,
        ncols=ncols,
        **options,
    )


def beside(ax: Axes, y: float, text: str) -> None:
    """Write a text on the right of the axes, at a height of the data."""
    transform = ax.get_yaxis_transform()
    ax.text(1.01, y, text, transform=transform, va="center", **_NAME_STYLE)


def name_rows(ax: Axes, names: Sequence[str]) -> None:
    """Write names on the left at heights 0, 1, ..., smaller where they are many."""
    ax.set_yticks(range(len(names)), labels=names, parse_math=False)
    # At most 0.85 of a row, so that names of neighbouring rows do not touch.
    row_pt = _POINTS_PER_INCH * _height_in(ax) / max(len(names), 1)
    for label in ax.get_yticklabels():
        label.set_fontsize(min(label.get_fontsize(), 0.85 * row_pt))


def name_lines(ax: Axes, lines: Sequence[Line2D]) -> None:
    """Write the name of every line on the right, with a leader from its last point."""
    ends = []
    for line in lines:
        known = pd.Series(line.get_ydata(), index=line.get_xdata()).dropna()
        if len(known):
            ends.append((float(known.iloc[-1]), float(known.index[-1]), line))
    # From the lowest end to the highest, so that leaders do not cross.
    ends.sort(key=lambda end: end[:2])
    low, high = ax.get_ylim()
    gap = (high - low) * _LINE_IN / _height_in(ax)
    heights = _spread([end[0] for end in ends], gap, high)
    for (y, x, line), height in zip(ends, heights, strict=True):
        ax.annotate(
            shortened(spoken(line.get_label()), _MAX_LETTERS),
            xy=(x, y),
            xytext=(1.03, height),
            textcoords=ax.get_yaxis_transform(),
            arrowprops=LEADER_STYLE,
            va="center",
            annotation_clip=False,
            **_NAME_STYLE,
        )


def _spread(heights: list[float], gap: float, top: float) -> list[float]:
    """Return rising heights at least `gap` apart, near those given and below `top`."""
    up = accumulate(heights, lambda below, height: max(height, below + gap))
    # Names above the top are moved down, and push those below them.
    above = top + gap
    down = [above := min(height, above - gap) for height in reversed([*up])]
    return down[::-1]


def _height_in(ax: Axes) -> float:
    return ax.bbox.height / ax.get_figure(root=True).dpi


def figure_files(
    drawn: Mapping[str, Figure], *, kinds: Sequence[str] = tuple(_SAVING)
) -> dict[str, bytes]:
    """Return PNG and SVG files of figures, by file name, without a date in them."""
    files = {}
    with mpl.rc_context(LOOK), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # names in other scripts
        for name, figure in drawn.items():
            # Ids in SVG files differ by this, so that one page can have them all.
            mpl.rcParams["svg.hashsalt"] = name
            files |= {f"{name}.{kind}": _saved(figure, kind) for kind in kinds}
    return files


def _saved(figure: Figure, kind: str) -> bytes:
    stream = BytesIO()
    if engine := figure.get_layout_engine():
        # With an engine, savefig draws twice. One layout serves all kinds of files:
        # a second one would move things slightly.
        figure.set_dpi(_SAVING["png"]["dpi"])
        engine.execute(figure)
        figure.set_layout_engine(None)
    figure.savefig(stream, format=kind, **_SAVING[kind])
    return stream.getvalue()
