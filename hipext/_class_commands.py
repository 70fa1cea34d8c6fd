"""The commands for a class: assignments that are marked, handouts to print."""

from pathlib import Path

import typer

from hipext import _options as options


def assignments(
    notebooks: options.CourseNotebooks = None,
    out: options.CourseFolder = Path("out/course"),
    points: options.Points = 1,
) -> None:
    """Make assignments of the notebooks, for nbgrader.

    Each task becomes a cell to answer and a cell that marks it. An assignment that is
    there already and was edited is never replaced, nor are the settings of a course.
    To mark: pip install 'hipext[class]', and nbgrader in the activated environment.
    """
    from hipext.assignments import course_files, write_course  # reads all notebooks

    files = course_files(notebooks or [], points=points)
    for path in write_course(files, out):
        typer.echo(path)
    typer.echo(f"Next, in {out}: nbgrader generate_assignment NAME")


def handouts(
    notebooks: options.CourseNotebooks = None,
    out: options.HandoutFolder = Path("out/handouts"),
    figures: options.WithFigures = True,
) -> None:
    """Make handouts of the notebooks, to print.

    Questions to predict and tasks, with room to answer; limits, sources, figures. No
    answers, but in the figures. Needs pip install 'hipext[class]'.
    """
    from hipext.handouts import handout_files  # slow to load
    from hipext.records import write_files

    files = handout_files(notebooks or [], figures=figures)
    for path in write_files(files, out):
        typer.echo(path)


COMMANDS = (assignments, handouts)
